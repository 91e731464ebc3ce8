// One process at a time writes to a thread: a small file with its number says which. Reading needs no lock.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface WriterLock {
  /** False: another living process has it. Throws Error when the file cannot be written. */
  take(): boolean;
  /** Does nothing for who does not have it. */
  release(): void;
}

export interface Processes {
  /** This one. */
  owner: string;
  /** Whether the one that was named so still runs. */
  isAlive(owner: string): boolean;
}

/** `<home>/locks/<threadId>`. */
export function writerLock(home: string, threadId: string, { owner, isAlive }: Processes): WriterLock {
  const folder = join(home, "locks");
  const path = join(folder, threadId);
  let isHeld = false;

  const create = (): boolean => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path, owner, { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  };

  return {
    take() {
      if (isHeld) return true;
      isHeld = create() || (removeAbandoned(path, { owner, isAlive }) && create());
      return isHeld;
    },
    release() {
      if (isHeld) rmSync(path, { force: true });
      isHeld = false;
    },
  };
}

/** True when nobody who lives had it, and it is out of the way. */
function removeAbandoned(path: string, { owner, isAlive }: Processes): boolean {
  const before = ownerIn(path);
  if (before !== null && isAlive(before)) return false;
  // Moved away first and looked at again: who came between has made it theirs, and gets it back.
  const aside = `${path}.${owner.replace(" ", "-")}`;
  try {
    renameSync(path, aside);
  } catch {
    // Gone meanwhile: whoever creates it next has it.
    return true;
  }
  const taken = ownerIn(aside);
  if (taken !== before) {
    renameSync(aside, path);
    return false;
  }
  rmSync(aside, { force: true });
  return true;
}

/** Null when it cannot be read, or says nothing yet. */
function ownerIn(path: string): string | null {
  try {
    return readFileSync(path, "utf8") || null;
  } catch {
    return null;
  }
}
