// What a command leaves running, in whatever group or session: found by a mark in its environment, which all that it
// starts inherits. What empties its environment and leaves its session is not found.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { processes, signalIfThere } from "./sessions.ts";

/** A command started by a command of ours, such as another Belay, has both marks. */
export const markVariable = "BELAY_COMMAND_ID";

/** All commands of this process have it, and those of no other. */
export const serverMark = randomUUID();

let commands = 0;

export interface Mark {
  readonly env: Readonly<Record<string, string>>;
  /** Kills what has it, again and again until nothing does. */
  endAll(): Promise<void>;
}

/** `env` is the environment that the mark is added to. */
export function newMark(env: Readonly<Record<string, string>>): Mark {
  const own = `${serverMark}.${++commands}.`;
  const outer = env[markVariable];
  const startedAt = performance.now();
  const lastBefore = lastProcess();
  return {
    env: { ...env, [markVariable]: outer === undefined ? own : `${outer} ${own}` },
    async endAll() {
      const isShort = performance.now() - startedAt < shortMs;
      const pattern = Buffer.from(own);
      // Null: all are looked at.
      let seenTo = isShort ? lastBefore : null;
      let beginning: number[] = [];
      for (let round = 0; round < maxRounds; round++) {
        const last = lastProcess();
        const seen = [...startedBetween(seenTo, last), ...beginning].map((id) => [id, environmentOf(id)] as const);
        const left = seen.flatMap(([id, environment]) => (environment?.includes(pattern) === true ? [id] : []));
        beginning = seen.flatMap(([id, environment]) => (environment?.length === 0 && isBeginning(id) ? [id] : []));
        for (const id of left) signalIfThere(id, "SIGKILL");
        // Who starts another and ends, again and again, is never where it was a moment ago: it is not there only when
        // nothing was started since.
        const isQuiet = left.length + beginning.length === 0;
        if (isQuiet && (last === null || last === lastProcess())) return;
        // Once something was found all are looked at: it may have been starting more.
        seenTo = left.length === 0 ? last : null;
        // They have to be gone, not only told.
        await setImmediate();
      }
    },
  };
}

/** What even SIGKILL does not end waits for the kernel. */
const maxRounds = 1000;

/** In so short a time numbers of processes do not come round, so only the new ones need to be looked at. */
const shortMs = 500;

/** The number given out last: null where the system does not tell it. */
function lastProcess(): number | null {
  try {
    const last = Number(readFileSync("/proc/loadavg", "latin1").trim().split(" ").at(-1));
    return Number.isInteger(last) && last > 0 ? last : null;
  } catch {
    return null;
  }
}

/** Behind the one and up to the other; all, when one of them is not known. Not each of these is a process. */
function startedBetween(before: number | null, last: number | null): number[] {
  if (before === null || last === null) return processes();
  // A list takes its time, in which they get away.
  if (last >= before && last - before <= few) return Array.from({ length: last - before }, (_, at) => before + 1 + at);
  // Behind the highest number comes the lowest.
  return processes().filter((id) => (last >= before ? id > before && id <= last : id > before || id <= last));
}

const few = 50;

function environmentOf(id: number): Buffer | null {
  try {
    return readFileSync(`/proc/${id}/environ`);
  } catch {
    // It has ended, or is another user's.
    return null;
  }
}

/** For a moment a program that is being put into a process has no environment yet; its starter may have gone on. */
function isBeginning(id: number): boolean {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "latin1");
    // Behind the name, which may have spaces: the third member and those that follow.
    const members = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [bytes, endOfEnvironment] = [members[20], members[48]];
    // What has no memory either is the kernel's own, or has ended.
    return bytes !== "0" && endOfEnvironment === "0";
  } catch {
    return false;
  }
}
