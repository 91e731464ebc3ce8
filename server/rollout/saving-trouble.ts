// What stands in the way of saving a thread, in sentences for people.
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { SavingTrouble } from "../protocol/thread-saving.ts";

type Told = Pick<SavingTrouble, "cause" | "cure">;

const byItself = "What is missing is written by itself then.";

/** By the code of the system's error. `place`: of the folder or file that it is about. */
const known: Readonly<Record<string, (place: string) => Told>> = {
  ENOSPC: (place) => ({ cause: `The disk of ${dirname(place)} is full.`, cure: `Free some space on it. ${byItself}` }),
  EDQUOT: (place) => ({
    cause: `Your quota on the disk of ${dirname(place)} is used up.`,
    cure: `Free some space there. ${byItself}`,
  }),
  EFBIG: (place) => ({
    cause: `${place} may not grow any more.`,
    cure: `Raise the limit for the size of files (ulimit -f), or go on in a fork. ${byItself}`,
  }),
  EROFS: (place) => ({
    cause: `${place} is on a disk that is read-only.`,
    cure: `Make it writable, or let BELAY_HOME name another folder and restart Belay. ${byItself}`,
  }),
  EACCES: notAllowed,
  EPERM: notAllowed,
  ENOTDIR: inTheWay,
  EEXIST: inTheWay,
  EISDIR: inTheWay,
  EMFILE: tooMany,
  ENFILE: tooMany,
  EIO: (place) => ({
    cause: `The disk of ${dirname(place)} does not take what is written to it.`,
    cure: `Look after that disk, or let BELAY_HOME name a folder on another one and restart Belay. ${byItself}`,
  }),
};

export function troubleOf(error: unknown, place: string): Told {
  const { code, message } = obstacle(error, place) as NodeJS.ErrnoException;
  const tell = Object.hasOwn(known, code ?? "") ? known[code ?? ""] : undefined;
  return tell?.(place) ?? { cause: `${place} cannot be written: ${message}.`, cure: byItself };
}

/** Where a folder cannot be made, Node may say only that it is not there: what is around it says why. */
function obstacle(error: unknown, place: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") return error;
  try {
    accessSync(nearest(place), constants.W_OK | constants.X_OK);
    return error;
  } catch (cause) {
    return cause;
  }
}

function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function notAllowed(place: string): Told {
  const cure = `Make it yours (chown, chmod), or let BELAY_HOME name another folder and restart Belay. ${byItself}`;
  return { cause: `${place} may not be written to.`, cure };
}

function inTheWay(place: string): Told {
  return { cause: `Something is in the way of ${place}.`, cure: `Move it away. ${byItself}` };
}

function tooMany(place: string): Told {
  return { cause: `${place} cannot be opened: too many files are open.`, cure: `Close some. ${byItself}` };
}

/** Another process has the thread now. Null: nobody knows which. */
export function takenOver(by: string | null): Told {
  return {
    cause: `Another process${by === null ? "" : ` (${by})`} has taken this thread over while Belay was stopped here.`,
    cure: "What is said here from now on is not saved. Open the thread anew, or go on in a new one.",
  };
}

export function replaced(path: string): Told {
  return {
    cause: `${path} was replaced by another file while the thread was open.`,
    cure: "What is said here from now on is not saved. Open the thread anew, or go on in a new one.",
  };
}
