// Writes a file of Belay's own as a whole: whatever happens, the old one is there or the new one.
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { lives, ownName } from "../exec/process-identity.ts";
import { fileLock } from "../util/file-lock.ts";
import { KeyedTurns } from "../util/keyed-turns.ts";
import { Silence } from "../util/silence.ts";
import { type WriteResult, writeFilesAtomically } from "./disk.ts";

const OWNER_ONLY = 0o600;
/** Others have a file for as long as it takes to read and write it: milliseconds. */
const RETRY_AFTER_MS = 10;
/** Five seconds: the other process may be kept from running for a moment, just when it has the file. */
const MAX_RETRIES = 500;
/** Of holders whose process cannot be seen from here: nobody needs it for so long. */
const unseen = new Silence(20_000);

/** Between reading a file and replacing it no other process may. Rejects with a sentence when others do not let go. */
export async function lockOwnFile(path: string, silence = unseen): Promise<{ release(): void }> {
  const lockPath = join(dirname(path), "locks", basename(path));
  const isAlive = (owner: string) => lives(owner) ?? !silence.isSilent(lockPath, owner);
  const lock = fileLock(lockPath, { owner: ownName(), isAlive });
  // Within the process it goes by turns, however many want it: only others may keep it for too long.
  const leave = await own.enter([lockPath]);
  try {
    for (let retries = 0; !lock.take(); retries++) {
      if (retries === MAX_RETRIES) {
        throw new Error(`${path} is being changed by another process. Try again; ${lockPath} says which it is.`);
      }
      await setTimeout(RETRY_AFTER_MS);
    }
  } catch (error) {
    leave();
    throw error;
  }
  return {
    release() {
      lock.release();
      leave();
    },
  };
}

const own = new KeyedTurns();

/**
 * `before` is the text that must be there now, null for no file. A new file is its owner's alone; an old one keeps its
 * mode, and a symbolic link stays one. Must not throw.
 */
export function replaceOwnFile(path: string, before: string | null, after: string): Promise<WriteResult> {
  const change = before === null ? ({ kind: "add" } as const) : ({ kind: "update", movePath: null } as const);
  const beforeHash = before === null ? null : createHash("sha256").update(before).digest("hex");
  return writeFilesAtomically([{ path, change, after, beforeHash }], { newFileMode: OWNER_ONLY });
}
