// The file of the index: rows that any process appends and all read, the last one about a path holds. Losing it, or a
// row of it, costs time and nothing else; so trouble with it is told once and then passed over.
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { uuidV7 } from "../util/uuid-v7.ts";
import { linesOf, type Piece, sealed, unsealed } from "./index-pieces.ts";
import { type IndexRow, parseRow, rowLine } from "./index-rows.ts";

// The version of the rows is in the name: others' are no concern of ours.
const name = "threads-1.jsonl";
const staleAfterMs = 60 * 60 * 1_000;

export interface ReadRows {
  readonly pieces: readonly Piece[];
  /** They count for more than what is in pieces: they were written later. */
  readonly rows: readonly IndexRow[];
}

const nothing: ReadRows = { pieces: [], rows: [] };

export class IndexFile {
  readonly #path: string;
  readonly #onTrouble: (message: string) => void;
  /** Which file was read, and how far. */
  #read = { inode: 0, bytes: 0 };
  #looseCount = 0;
  #isFailing = false;

  constructor(home: string, onTrouble: (message: string) => void) {
    this.#path = join(home, "index", name);
    this.#onTrouble = onTrouble;
  }

  /** Rows that stand in no piece, the outdated among them. */
  get looseCount(): number {
    return this.#looseCount;
  }

  /** The last attempt to write or read it failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  get isThere(): boolean {
    return existsSync(this.#path);
  }

  /** What was appended since the last call; all of it when the file is another one. Never throws. */
  readNew(): ReadRows {
    try {
      const there = statSync(this.#path, { throwIfNoEntry: false });
      if (there === undefined || (there.ino === this.#read.inode && there.size === this.#read.bytes)) return nothing;
      const { bytes, isAll } = this.#readBytes();
      const { pieces, rows, length } = (isAll ? unsealed(bytes) : null) ?? { pieces: [], rows: [], length: 0 };
      const loose = linesOf(bytes.subarray(length)).flatMap((line) => parseRow(line) ?? []);
      this.#looseCount = loose.length + (isAll ? 0 : this.#looseCount);
      return { pieces, rows: [...rows, ...loose] };
    } catch (error) {
      this.#trouble(error);
      return nothing;
    }
  }

  /** One write; others may be writing as well. Never throws. */
  append(rows: readonly IndexRow[]): void {
    if (rows.length === 0) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      const fd = openSync(this.#path, "a", 0o600);
      try {
        // It begins with a line feed: a torn row before it costs only itself.
        writeSync(fd, `\n${rows.map(rowLine).join("\n")}\n`);
      } finally {
        closeSync(fd);
      }
      this.#isFailing = false;
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Puts these rows in the place of all. What others append meanwhile is lost, and found again by looking. */
  async rewrite(rows: readonly IndexRow[]): Promise<void> {
    const temporary = `${this.#path}.${uuidV7()}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, sealed(rows), { mode: 0o600, flag: "wx" });
      const { ino, size } = await stat(temporary);
      renameSync(temporary, this.#path);
      this.#read = { inode: ino, bytes: size };
      this.#looseCount = 0;
      this.#isFailing = false;
      await removeStale(dirname(this.#path));
    } catch (error) {
      this.#trouble(error);
      // Where it cannot be removed either, a later one does it.
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  #readBytes(): { bytes: Buffer; isAll: boolean } {
    const fd = openSync(this.#path, "r");
    try {
      const { ino, size } = fstatSync(fd);
      const from = ino === this.#read.inode && size >= this.#read.bytes ? this.#read.bytes : 0;
      const bytes = Buffer.allocUnsafe(size - from);
      const count = readSync(fd, bytes, 0, bytes.length, from);
      // A row that is being written is read with the next call.
      const end = bytes.subarray(0, count).lastIndexOf(0x0a) + 1;
      this.#read = { inode: ino, bytes: from + end };
      return { bytes: bytes.subarray(0, end), isAll: from === 0 };
    } finally {
      closeSync(fd);
    }
  }

  /** Once, until it works again. */
  #trouble(error: unknown): void {
    const isNews = !this.#isFailing;
    this.#isFailing = true;
    if (!isNews) return;
    this.#onTrouble(
      `the index of threads (${this.#path}) cannot be used: ${(error as Error).message}. Lists are complete without it, but slower.`,
    );
  }
}

/** What processes left behind that ended while they wrote. */
async function removeStale(folder: string): Promise<void> {
  for (const each of await readdir(folder)) {
    if (!each.endsWith(".tmp")) continue;
    const path = join(folder, each);
    // Another process may just have put its own in place.
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > staleAfterMs) rmSync(path, { force: true });
  }
}
