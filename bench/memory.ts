// What the kernel counts of one process, without its children. Linux only.
import { existsSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { Bench, RowSpec } from "./measure.ts";
import type { Peer } from "./peers.ts";

export const hasMemory = existsSync("/proc/self/status");

/**
 * The peak, which is held to the bar, and what of the memory at the end is no file's: a program that several processes
 * run is counted for each of them in the first, and for none in the second.
 */
export function memoryRows(id: string, when: string, bar: number): RowSpec[] {
  return [
    { id, what: `peak memory ${when}`, unit: "MB", bar },
    { id: `${id}.anon`, what: `  of no file, ${when}`, unit: "MB", bar: null },
  ];
}

export function addMemory({ results }: Bench, id: string, peer: Peer, pid: number): void {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  results.add(id, peer, kibOf(status, "VmHWM") / 1024);
  results.add(`${id}.anon`, peer, kibOf(status, "RssAnon") / 1024);
}

/** Of the memory that a peer has at one moment, in MB. */
export function memoryOf(pid: number): number {
  return kibOf(readFileSync(`/proc/${pid}/status`, "utf8"), "VmRSS") / 1024;
}

/** By how much the peak of a process is above what it had before, as `memoryOf` told. */
export function growthRow(id: string, when: string, limit: number): RowSpec {
  return { id: `${id}.growth`, what: `  by how much it grew, ${when}`, unit: "MB", bar: null, limit };
}

export function addGrowth({ results }: Bench, id: string, peer: Peer, facts: { pid: number; before: number }): void {
  const status = readFileSync(`/proc/${facts.pid}/status`, "utf8");
  results.add(`${id}.growth`, peer, kibOf(status, "VmHWM") / 1024 - facts.before);
}

/** The peak of a process that ends by itself, in MB: looked at until it is gone, since nobody tells it afterwards. */
export async function peakWhile(pid: number): Promise<number> {
  const lookEveryMs = 2;
  for (let peak = 0; ; await setTimeout(lookEveryMs)) {
    const now = peakOf(pid);
    if (now === null) return peak;
    peak = Math.max(peak, now);
  }
}

/** Null for a process that is gone, or on its way out: then it has no memory, and nothing is said of it. */
function peakOf(pid: number): number | null {
  try {
    const peak = kibOf(readFileSync(`/proc/${pid}/status`, "utf8"), "VmHWM") / 1024;
    return Number.isNaN(peak) ? null : peak;
  } catch {
    return null;
  }
}

function kibOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
}
