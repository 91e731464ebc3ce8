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
      for (let round = 0; round < maxRounds; round++) {
        // Once something was found all are looked at: it may have been starting more.
        const isCandidate = isShort && round === 0 ? startedBetween(lastBefore, lastProcess()) : () => true;
        const left = processes().filter((id) => isCandidate(id) && environmentOf(id)?.includes(pattern));
        if (left.length === 0) return;
        for (const id of left) signalIfThere(id, "SIGKILL");
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

function startedBetween(before: number | null, now: number | null): (id: number) => boolean {
  if (before === null || now === null) return () => true;
  // Behind the highest number comes the lowest.
  return now >= before ? (id) => id > before && id <= now : (id) => id > before || id <= now;
}

function environmentOf(id: number): Buffer | null {
  try {
    return readFileSync(`/proc/${id}/environ`);
  } catch {
    // It has ended, or is another user's.
    return null;
  }
}
