// Bytes under their own SHA-256: written once, whoever keeps them, and believed only as far as their hash agrees.
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { constants } from "node:fs";
import { dirname, join } from "node:path";
import { isOwnFolder, makeOwnFolder, syncFolder, unless } from "./own-folder.ts";

export interface Blob {
  readonly hash: string;
  readonly path: string;
  readonly size: number;
  readonly modifiedAtMs: number;
}

export class BlobStore {
  readonly #home: string;
  /** Seen whole by this process. */
  readonly #seen = new Set<string>();
  /** On the disk for sure. What others have kept may be a copy, and not be there yet. */
  readonly #synced = new Set<string>();
  /** New names in them are not on the disk yet. */
  readonly #unsynced = new Set<string>();
  /** Folders that this process has put onto the disk, or is about to. */
  readonly #folders = new Set<string>();
  #keptBytes = 0;

  constructor(home: string) {
    this.#home = home;
  }

  /** How much this process has added so far. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /**
   * Resolves with the hash when the bytes are on disk; their name is behind `sync`. Those that are a copy of what a file is
   * about to be need not wait for the disk: lost in a crash of the machine, they are none, and nothing else is.
   */
  async keep(bytes: Uint8Array, { isCopy = false } = {}): Promise<string> {
    const hash = hashOf(bytes);
    if (await this.#isKept(hash)) {
      if (!isCopy) await this.#syncKept(hash);
      return hash;
    }
    const folder = await makeOwnFolder(this.#home, ...folderNames(hash));
    const temporary = join(folder, `${hash}.${randomUUID()}.tmp`);
    try {
      await writeBlob(temporary, bytes, { isSynced: !isCopy });
      await fs.rename(temporary, this.#pathOf(hash));
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    if (!isCopy) {
      this.#unsynced.add(folder);
      this.#synced.add(hash);
    }
    if (!this.#folders.has(folder)) this.#unsynced.add(dirname(folder));
    this.#folders.add(folder);
    this.#seen.add(hash);
    this.#keptBytes += bytes.length;
    return hash;
  }

  async sync(): Promise<void> {
    const folders = [...this.#unsynced];
    this.#unsynced.clear();
    await Promise.all(folders.map(syncFolder));
  }

  /** Null when it is not there, or not what its name says. */
  async read(hash: string): Promise<Uint8Array | null> {
    if (!/^[\da-f]{64}$/.test(hash)) return null;
    try {
      // Whatever folders lead there: only the right bytes are believed.
      const bytes = await readPlain(this.#pathOf(hash));
      return hashOf(bytes) === hash ? bytes : null;
    } catch {
      // Unreadable is as good as gone: what needs it says so.
      return null;
    }
  }

  async list(): Promise<Blob[]> {
    if (!(await isOwnFolder(this.#home, "journal", "blobs"))) return [];
    const root = join(this.#home, "journal", "blobs");
    const folders = (await fs.readdir(root)).filter((name) => /^[\da-f]{2}$/.test(name));
    const found = await Promise.all(folders.map((name) => listFolder(join(root, name))));
    return found.flat();
  }

  /**
   * Removes the blob unless somebody has kept it anew since `notSinceMs`: keeping what is there touches it first and looks
   * at it again after, so either this one sees the touch, or the other one sees that it is gone.
   */
  async remove({ path }: Blob, notSinceMs: number): Promise<boolean> {
    const aside = `${path}.${randomUUID()}.tmp`;
    try {
      await fs.rename(path, aside);
      if ((await fs.stat(aside)).mtimeMs > notSinceMs) {
        await fs.rename(aside, path);
        return false;
      }
      await fs.rm(aside, { force: true });
      return true;
    } catch (error) {
      unless("ENOENT")(error);
      return false;
    }
  }

  /** Touches it, too, so that it counts as new to who tidies up. */
  async #isKept(hash: string): Promise<boolean> {
    const path = this.#pathOf(hash);
    const now = new Date();
    try {
      if (!(await isOwnFolder(this.#home, ...folderNames(hash)))) return false;
      await fs.utimes(path, now, now);
      if (!this.#seen.has(hash) && (await this.read(hash)) === null) return false;
      await fs.access(path);
    } catch (error) {
      unless("ENOENT")(error);
      return false;
    }
    this.#seen.add(hash);
    return true;
  }

  async #syncKept(hash: string): Promise<void> {
    if (this.#synced.has(hash)) return;
    const path = this.#pathOf(hash);
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.#unsynced.add(dirname(path));
    this.#synced.add(hash);
  }

  #pathOf(hash: string): string {
    return join(this.#home, ...folderNames(hash), hash);
  }
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function folderNames(hash: string): string[] {
  return ["journal", "blobs", hash.slice(0, 2)];
}

async function writeBlob(path: string, bytes: Uint8Array, { isSynced }: { isSynced: boolean }): Promise<void> {
  const handle = await fs.open(path, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    if (isSynced) await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readPlain(path: string): Promise<Uint8Array> {
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function listFolder(folder: string): Promise<Blob[]> {
  const names = await fs.readdir(folder);
  const found = await Promise.all(
    names.map(async (name): Promise<Blob[]> => {
      const path = join(folder, name);
      const stat = await fs.lstat(path).catch(() => null);
      return stat?.isFile() ? [{ hash: name, path, size: stat.size, modifiedAtMs: stat.mtimeMs }] : [];
    }),
  );
  return found.flat();
}
