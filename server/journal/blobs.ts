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
  /** New names in them are not on the disk yet. */
  readonly #unsynced = new Set<string>();
  #keptBytes = 0;

  constructor(home: string) {
    this.#home = home;
  }

  /** How much this process has added so far. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Resolves with the hash when the bytes are on disk; their name is behind `sync`. */
  async keep(bytes: Uint8Array): Promise<string> {
    const hash = hashOf(bytes);
    if (await this.#isKept(hash)) return hash;
    const folder = await makeOwnFolder(this.#home, ...folderNames(hash));
    const temporary = join(folder, `${hash}.${randomUUID()}.tmp`);
    try {
      await writeSynced(temporary, bytes);
      await fs.rename(temporary, this.#pathOf(hash));
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    this.#unsynced.add(folder).add(dirname(folder));
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
      if (!(await isOwnFolder(this.#home, ...folderNames(hash)))) return null;
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

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(path, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
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
