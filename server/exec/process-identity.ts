// Names a process so that another one with the same number, later, is not taken for it.
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { kill, pid } from "node:process";

/** Of this process: its number, and the time of its start where the system tells it. */
export function ownIdentity(): string {
  return `${pid} ${startOf(pid) ?? ""}`.trim();
}

/** The same for those who may be elsewhere, where that number means another process. Words of letters and digits. */
export function ownName(): string {
  return `${ownIdentity()} ${ownPlaceMark().mark}`;
}

/** For several holders in one process: it is named after the process, and after a number of its own. */
export function ownPart(): { owner: string; isAlive: (owner: string) => boolean } {
  return { owner: `${ownName()} ${++parts}`, isAlive: isRunning };
}

let parts = 0;
let here: { mark: string; isNamed: boolean } | null = null;

const MARK_PART = 8;
const mark = /^[0-9a-f]{24}$/;

/** `isNamed`: the machine has an id of its own. Several may have the same host name. */
function ownPlaceMark(): { mark: string; isNamed: boolean } {
  if (here !== null) return here;
  const place = ownPlace();
  here = { mark: markOf(place), isNamed: place.machine !== "" };
  return here;
}

/** Of machine, run of it, and namespace, each by itself. */
function markOf({ host, machine, boot, namespace }: ProcessPlace): string {
  return [`${host} ${machine}`, boot, namespace].map(shortHash).join("");
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, MARK_PART);
}

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

/** Whether the process that was named so still runs, as far as can be told: where it cannot, it is not given up. */
export function isRunning(name: string): boolean {
  return lives(name) !== false;
}

/** Null: it cannot be told from here. It is elsewhere, or the system does not say when a process began. */
export function lives(name: string): boolean | null {
  const [pid = "", ...words] = name.split(" ");
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  const itsMark = words.find((word) => mark.test(word));
  if (itsMark !== undefined) {
    const own = ownPlaceMark();
    const [isSameMachine, isSameRun] = [0, MARK_PART].map((at) => samePart(itsMark, own.mark, at));
    // This machine has started anew since.
    if (own.isNamed && isSameMachine && !isSameRun) return false;
    if (itsMark !== own.mark) return null;
  }
  return runsHere(
    number,
    words.find((word) => word !== itsMark),
  );
}

function samePart(one: string, other: string, at: number): boolean {
  return one.slice(at, at + MARK_PART) === other.slice(at, at + MARK_PART);
}

function runsHere(number: number, start: string | undefined): boolean | null {
  const found = statOf(number);
  // Ended, and kept in the table by a parent that does not look after it: it does nothing any more.
  if (found?.hasEnded) return false;
  if (found !== null) return start === undefined ? null : found.start === start;
  // No /proc, or one that hides what others run.
  try {
    kill(number, 0);
    return null;
  } catch (error) {
    // It is somebody else's, so something is there.
    return (error as NodeJS.ErrnoException).code === "EPERM" ? null : false;
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
