// Bytes of files that a command may be about to change, in one file without a name: gone with the process, and never
// synced. What did change goes from here to the journal; a blob for each file of a workspace would be far more work.
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { makeOwnFolder } from "../own-folder.ts";
import type { Place } from "./file-table.ts";

const OWNER_ONLY = 0o600;
const FLUSH_BYTES = 1 << 20;

export class HeldBytes {
  readonly #home: string;
  #file: Promise<fs.FileHandle> | null = null;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  /** BELAY_HOME. Nothing is made there before the first bytes come. */
  constructor(home: string) {
    this.#home = home;
  }

  /** Of all that was ever held. */
  get size(): number {
    return this.#written + this.#waitingBytes;
  }

  /** Rejects when the disk does not take them. */
  async hold(bytes: Uint8Array): Promise<Place> {
    const place = { offset: this.size, length: bytes.length };
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= FLUSH_BYTES) await this.#flush();
    return place;
  }

  /** Rejects when they cannot be read back. */
  async read({ offset, length }: Place): Promise<Buffer> {
    await this.#flush();
    const bytes = Buffer.alloc(length);
    const file = await this.#opened();
    for (let have = 0; have < length; ) {
      const { bytesRead } = await file.read(bytes, have, length - have, offset + have);
      if (bytesRead === 0) throw new Error("what was held of a file before a command is not there any more");
      have += bytesRead;
    }
    return bytes;
  }

  /** What was held is gone. It can be used again. */
  async clear(): Promise<void> {
    const file = this.#file;
    await this.#writing.catch(() => undefined);
    this.#file = null;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#written = 0;
    this.#writing = Promise.resolve();
    await (await file?.catch(() => null))?.close();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    const offset = this.#written;
    this.#written += bytes.length;
    // One behind the other: after one that failed there is a hole, and nothing behind it is to be believed.
    this.#writing = this.#writing.then(async () => {
      if (bytes.length === 0) return;
      await (await this.#opened()).writev([bytes], offset);
    });
    await this.#writing;
  }

  #opened(): Promise<fs.FileHandle> {
    this.#file ??= openNameless(this.#home);
    return this.#file;
  }
}

async function openNameless(home: string): Promise<fs.FileHandle> {
  const path = join(await makeOwnFolder(home, "journal", "held"), randomUUID());
  const file = await fs.open(path, "wx+", OWNER_ONLY);
  try {
    await fs.unlink(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
