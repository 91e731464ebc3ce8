// The open file of a rollout: appended to at its end, looked at before each write, and put onto the disk itself.
import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { pid } from "node:process";
import { promisify } from "node:util";

const COPY_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * `asKnown`: as the last write left it. `changed`: somebody else has written to it. `restored`: it had been deleted, and
 * is there again, whole. `replaced`: another file has taken its name.
 */
export type Look = "asKnown" | "changed" | "restored" | "replaced";

export class RolloutFile {
  readonly path: string;
  #fd: number;
  #size: number;
  #syncedSize: number;
  /** Folders that have a new entry, and may not have it on the disk yet. */
  #newIn: string[];

  /** Creates the file (0600) and its folders (0700) when needed; a torn last line is sealed. Throws what the system says. */
  constructor(path: string) {
    this.path = path;
    const made = mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
    try {
      const { size, mode } = fstatSync(this.#fd);
      if ((mode & 0o077) !== 0) keepPrivate(this.#fd);
      this.#syncedSize = size;
      this.#newIn = size === 0 ? foldersFrom(dirname(path), made) : [];
      this.#size = this.#sealed(size);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  get isSynced(): boolean {
    return this.#syncedSize === this.#size;
  }

  /** One call to the system when all is well. Throws what the system says. */
  look(): Look {
    const { size, nlink } = fstatSync(this.#fd);
    if (nlink === 0) return this.#restore();
    if (size === this.#size) return "asKnown";
    // Not known before it is sealed: who cannot seal it on a full disk has to come back to it.
    this.#size = this.#sealed(size);
    return "changed";
  }

  /** How much of it was written: when the disk is full, less than all. Throws what the system says. */
  write(bytes: Uint8Array): number {
    const written = writeSync(this.#fd, bytes);
    this.#size += written;
    return written;
  }

  /** Without holding up the process. Rejects with what the system says. */
  async sync(): Promise<void> {
    const size = this.#size;
    const synced = promisify(fdatasync)(this.#fd);
    await Promise.all([synced, ...this.#newIn.splice(0).map(syncFolder)]);
    this.#syncedSize = Math.max(this.#syncedSize, size);
  }

  /** Throws what the system says. */
  syncNow(): void {
    fdatasyncSync(this.#fd);
    this.#syncedSize = this.#size;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The size with a whole line at its end. */
  #sealed(size: number): number {
    const last = Buffer.alloc(1);
    if (size === 0 || readSync(this.#fd, last, 0, 1, size - 1) !== 1 || last[0] === LINE_FEED) return size;
    return size + writeSync(this.#fd, "\n");
  }

  /** What was deleted under an open file is still in it. */
  #restore(): Look {
    const isTaken = lstatSync(this.path, { throwIfNoEntry: false }) !== undefined;
    if (isTaken) return "replaced";
    const made = mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const aside = `${this.path}.${pid}.tmp`;
    const copy = openSync(aside, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      copyAll(this.#fd, copy);
      fsyncSync(copy);
      placeAt(aside, this.path);
    } catch (error) {
      closeSync(copy);
      rmSync(aside, { force: true });
      throw error;
    }
    closeSync(this.#fd);
    this.#fd = copy;
    this.#size = fstatSync(copy).size;
    this.#newIn = foldersFrom(dirname(this.path), made);
    return "restored";
  }
}

function keepPrivate(fd: number): void {
  try {
    fchmodSync(fd, 0o600);
  } catch {
    // Somebody else's file, or a file system without modes: the folder around it is what keeps others out.
  }
}

/** From the folder of the file up to the one in which the first new folder was made. */
function foldersFrom(folder: string, made: string | undefined): string[] {
  if (made === undefined) return [folder];
  const folders = [folder];
  for (let at = folder; at !== made && dirname(at) !== at; ) {
    at = dirname(at);
    folders.push(at);
  }
  return [...folders, dirname(made)];
}

/** A new file is found after a loss of power only when its folder is on the disk, too. Must not reject. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY).catch(() => null);
  // Not every system opens folders, or syncs them: there it is done without being asked for.
  await folder?.sync().catch(() => undefined);
  await folder?.close().catch(() => undefined);
}

function copyAll(from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  for (let at = 0, length = 1; length > 0; at += length) {
    length = readSync(from, buffer, 0, buffer.length, at);
    for (let done = 0; done < length; ) done += writeSync(to, buffer, done, length - done);
  }
}

/** Whoever has the name meanwhile keeps it. */
function placeAt(aside: string, path: string): void {
  try {
    linkSync(aside, path);
    rmSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw error;
    // A file system without hard links.
    renameSync(aside, path);
  }
}
