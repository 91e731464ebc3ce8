// Names a process so that another one with the same number, later, is not taken for it.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { kill, pid } from "node:process";

/** Of this process: its number, and the time of its start where the system tells it. */
export function ownIdentity(): string {
  return `${pid} ${startOf(pid) ?? ""}`.trim();
}

/** For several holders in one process: it is named after the process, and after a number of its own. */
export function ownPart(): { owner: string; isAlive: (owner: string) => boolean } {
  return { owner: `${ownIdentity()} ${++parts}`, isAlive: isRunning };
}

let parts = 0;

/** Where numbers of processes mean what they mean here. Two containers that share a home are two places. */
export interface ProcessPlace {
  readonly host: string;
  /** Of the installed system, and of its present run; empty where the system does not tell. */
  readonly machine: string;
  readonly boot: string;
  /** The namespace of the process numbers. */
  readonly namespace: string;
}

export function ownPlace(): ProcessPlace {
  return {
    host: hostname(),
    machine: textOf("/etc/machine-id"),
    boot: textOf("/proc/sys/kernel/random/boot_id"),
    namespace: linkOf("/proc/self/ns/pid"),
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    // Another system: what is there then is enough.
    return "";
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Whether the process that was named so still runs. */
export function isRunning(identity: string): boolean {
  const [pid = "", start] = identity.split(" ");
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  const found = statOf(number);
  // Ended, and kept in the table by a parent that does not look after it: it does nothing any more.
  if (found !== null) return !found.hasEnded && (start === undefined || found.start === start);
  // No /proc, or one that hides what others run.
  try {
    kill(number, 0);
    return true;
  } catch (error) {
    // It is somebody else's, so it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** In clock ticks since boot; null where there is no /proc, and for what does not run. */
function startOf(pid: number): string | null {
  return statOf(pid)?.start ?? null;
}

function statOf(pid: number): { start: string; hasEnded: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Behind the name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { start: fields[19] ?? "", hasEnded: /^[ZXx]/.test(fields[0] ?? "") };
  } catch {
    return null;
  }
}
