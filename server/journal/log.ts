// The log of one workspace on disk: whole lines, appended by any process under a lock, read on from where one was.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { lockOwnFile } from "../files/own-file.ts";
import { JournalLine } from "./change.ts";
import { isOwnFolder, makeOwnFolder, syncFolder, unless } from "./own-folder.ts";
import { JournalState } from "./state.ts";

/** `<home>/journal/<this>` is a workspace's folder. */
export function folderOf(cwd: string): string {
  return createHash("sha256").update(cwd).digest("hex").slice(0, 16);
}

export class WorkspaceLog {
  readonly #home: string;
  readonly #folder: string;
  readonly #cwd: string;
  #state = new JournalState();
  /** Kept open: while it is, no other file gets its inode, so that a log that was replaced is noticed. */
  #file: fs.FileHandle | null = null;
  #inode: number | null = null;
  /** Behind the last whole line that was read. */
  #offset = 0;
  #skipped = 0;

  constructor(home: string, cwd: string) {
    this.#home = home;
    this.#cwd = cwd;
    this.#folder = folderOf(cwd);
  }

  /** As of the last `refresh`. */
  get state(): JournalState {
    return this.#state;
  }

  /** Lines that could not be read: torn by a crash, damaged, or of a newer Belay. */
  get skipped(): number {
    return this.#skipped;
  }

  get sizeBytes(): number {
    return this.#offset;
  }

  /** Reads what others have appended. True when there was something. */
  async refresh(): Promise<boolean> {
    const stat = await this.#stat();
    if (stat === null) {
      const wasThere = this.#file !== null;
      await this.#restart();
      return wasThere;
    }
    const isReplaced = this.#file === null || stat.ino !== this.#inode || stat.size < this.#offset;
    if (isReplaced) {
      await this.#restart();
      this.#file = await fs.open(this.#path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      this.#inode = (await this.#file.stat()).ino;
    }
    const read = await this.#readOn();
    return isReplaced || read;
  }

  /** What is appended is in `state` by then. No other process appends while `work` runs. */
  async locked<T>(work: (append: (lines: readonly JournalLine[]) => Promise<void>) => Promise<T>): Promise<T> {
    await makeOwnFolder(this.#home, "journal", this.#folder);
    const lock = await lockOwnFile(join(this.#home, `journal-${this.#folder}`));
    try {
      await this.refresh();
      return await work((lines) => this.#append(lines));
    } finally {
      lock.release();
    }
  }

  /** Puts these lines in the place of all there are. Only under the lock. */
  async replace(lines: readonly JournalLine[]): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    await fs.rm(temporary, { force: true });
    const handle = await fs.open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(spelled([this.#header(), ...lines]));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, this.#path);
    await syncFolder(join(this.#home, "journal", this.#folder));
    await this.refresh();
  }

  async close(): Promise<void> {
    await this.#restart();
  }

  get #path(): string {
    return join(this.#home, "journal", this.#folder, "changes.jsonl");
  }

  #header(): JournalLine {
    return { type: "journal", version: 1, cwd: this.#cwd };
  }

  async #stat(): Promise<{ ino: number; size: number } | null> {
    if (!(await isOwnFolder(this.#home, "journal", this.#folder))) return null;
    try {
      return await fs.stat(this.#path);
    } catch (error) {
      unless("ENOENT")(error);
      return null;
    }
  }

  async #restart(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#inode = null;
    this.#offset = 0;
    this.#skipped = 0;
    this.#state = new JournalState();
    await file?.close();
  }

  /** Up to the last whole line: what stands behind it is being written, or was never finished. */
  async #readOn(): Promise<boolean> {
    if (this.#file === null) return false;
    const { size } = await this.#file.stat();
    if (size <= this.#offset) return false;
    const bytes = Buffer.alloc(size - this.#offset);
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, this.#offset);
    const end = bytes.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    if (end === 0) return false;
    for (const line of bytes.toString("utf8", 0, end - 1).split("\n")) this.#take(line);
    this.#offset += end;
    return true;
  }

  #take(text: string): void {
    if (text === "") return;
    const line = lineIn(text);
    if (line === null) this.#skipped += 1;
    else this.#state.apply(line);
  }

  async #append(lines: readonly JournalLine[]): Promise<void> {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const handle = await fs.open(this.#path, flags, 0o600);
    try {
      const { size } = await handle.stat();
      // Under the lock nobody else is writing: what stands behind the last whole line is torn, and ended here.
      const seal = size > this.#offset ? "\n" : "";
      const bytes = Buffer.from(seal + spelled(size === 0 ? [this.#header(), ...lines] : lines));
      try {
        await handle.writeFile(bytes);
        if (lines.some(({ type }) => mustLast.has(type))) await handle.datasync();
      } catch (error) {
        // A full disk leaves half a line behind, which nobody needs.
        await handle.truncate(size).catch(() => undefined);
        throw error;
      }
      if (size === 0) await syncFolder(join(this.#home, "journal", this.#folder));
    } finally {
      await handle.close();
    }
    await this.refresh();
  }
}

/** Nothing else tells what they say. How a `prepared` one has ended can be found by looking. */
const mustLast = new Set<JournalLine["type"]>(["prepared", "captured", "proposed", "reviewed", "forgotten"]);

/** Null when it is none. */
export function lineIn(text: string): JournalLine | null {
  try {
    return JournalLine.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // No JSON: a line that was torn.
    return null;
  }
}

function spelled(lines: readonly JournalLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
