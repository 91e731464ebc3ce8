// One process at a time: a small file with its number says which. What a process that is gone has left behind counts as
// nobody's.
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ownTextSync } from "./own-text.ts";

export interface FileLock {
  /** False: another holder has it, in this process or in another that lives. Throws Error when it cannot be written. */
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

/** `path`: of the file that is there while somebody has it. */
export function fileLock(path: string, { owner, isAlive }: Processes): FileLock {
  let isHeld = false;
  return {
    take() {
      if (isHeld) return true;
      isHeld = create(path, owner) || (removeAbandoned(path, { owner, isAlive }) && create(path, owner));
      return isHeld;
    },
    release() {
      // Who was given up meanwhile has nothing to give back: it is somebody else's by now.
      if (isHeld && ownerIn(path) === owner) rmSync(path, { force: true });
      isHeld = false;
    },
  };
}

/** False: it is there. */
function create(path: string, owner: string): boolean {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const whole = `${asideOf(path, owner)}.new`;
  try {
    writeFileSync(whole, owner, { mode: 0o600 });
    // It appears with the owner in it: nobody sees it empty and takes it for abandoned.
    linkSync(whole, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP") return createWithoutLink(path, owner);
    throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}

/** On file systems that know no hard links. */
function createWithoutLink(path: string, owner: string): boolean {
  try {
    writeFileSync(path, owner, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** True when nobody who lives had it, and it is out of the way. */
function removeAbandoned(path: string, { owner, isAlive }: Processes): boolean {
  const before = ownerIn(path);
  if (before !== null && isAlive(before)) return false;
  // Moved away first and looked at again: who came between has made it theirs, and gets it back.
  const aside = asideOf(path, owner);
  try {
    renameSync(path, aside);
  } catch {
    // Gone meanwhile: whoever creates it next has it.
    return true;
  }
  const isAbandoned = ownerIn(aside) === before;
  if (!isAbandoned) putBack(aside, path);
  rmSync(aside, { force: true });
  return isAbandoned;
}

/** Who has come meanwhile stays: then the one that was moved away finds that it has lost it. */
function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP") renameSync(aside, path);
    else if (code !== "EEXIST") throw error;
  }
}

function asideOf(path: string, owner: string): string {
  return `${path}.${owner.replace(/[^\w.-]+/g, "-").slice(0, 150)}`;
}

/** Whoever has one says who they are in less. */
const MAX_OWNER_BYTES = 4096;

/** Null when it cannot be read, or says nothing yet. */
export function ownerIn(path: string): string | null {
  try {
    return ownTextSync(path, MAX_OWNER_BYTES) || null;
  } catch {
    return null;
  }
}
