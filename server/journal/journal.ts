// The change journal on disk: one log a workspace and the bytes they name, shared by all processes of one home.
import { realpath } from "node:fs/promises";
import { ownName } from "../exec/process-identity.ts";
import { errorText } from "../files/disk-read.ts";
import { BlobStore, hashOf } from "./blobs.ts";
import type { Change, Image, ImageFacts, JournalLine, Reviewed, WorkspaceJournal } from "./change.ts";
import { folderOf, lineIn, WorkspaceLog } from "./log.ts";
import { MemoryJournal } from "./memory.ts";
import { collectBlobs, logsOf } from "./quota.ts";
import { settledLine } from "./settle.ts";
import type { Unsettled } from "./state.ts";
import { Writers } from "./writers.ts";

export interface JournalOptions {
  /** BELAY_HOME. */
  readonly home: string;
  /** False: nothing of it is on disk. Absent: it is on. */
  isOn?(): boolean;
  /** Of all that is kept. Absent: no bound. */
  maxBytes?(): number;
  /** Hears when it could not be kept within its bounds. */
  failed?(message: string): void;
  /** Called with each workspace's, before anybody else has it, and with how its folder was spelled. */
  opened?(journal: WorkspaceJournal, cwd: string): Promise<void>;
  /** A clock that nobody sets. */
  nowMs?(): number;
}

/** Images of larger files are not kept. */
export const maxImageBytes = 32 * 1024 * 1024;
/** A log below this is not worth tidying. */
const minRewriteBytes = 1024 * 1024;

/** Soon, but in nobody's way. */
const collectAfterMs = 30_000;

export class ChangeJournal {
  readonly #options: JournalOptions;
  readonly #blobs: BlobStore;
  readonly #open = new Map<string, Promise<OpenJournal>>();
  readonly #inMemory = new Map<string, Promise<MemoryJournal>>();
  #timer: NodeJS.Timeout | null = null;
  /** What had been kept when it was last tidied; null: it never was. */
  #collectedAt: number | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#blobs = new BlobStore(options.home);
  }

  /** The same one for the same real folder. */
  async workspace(cwd: string): Promise<WorkspaceJournal> {
    const real = await realpath(cwd).catch(() => cwd);
    return this.#options.isOn?.() === false ? this.#remembered(real, cwd) : this.#opened(real, cwd);
  }

  /** What all of it takes on disk. */
  async sizeBytes(): Promise<number> {
    const [blobs, logs] = await Promise.all([this.#blobs.list(), logsOf(this.#options.home)]);
    const sizes = [...blobs.map(({ size }) => size), ...[...logs.values()].map((text) => Buffer.byteLength(text))];
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The thread is deleted: its changes go from every workspace, with their bytes. */
  async forget(threadId: string): Promise<void> {
    const logs = [...(await logsOf(this.#options.home)).values()].filter((text) => text.includes(threadId));
    for (const cwd of logs.flatMap(cwdIn)) {
      await (await this.#opened(cwd, cwd)).append({ type: "forgotten", threadId });
    }
    if (logs.length > 0) await this.collect();
  }

  /** Of one workspace; null: of all. Resolves with how many bytes were freed. */
  async clear(cwd: string | null): Promise<number> {
    const before = await this.sizeBytes();
    const logs = await logsOf(this.#options.home);
    const all = cwd === null ? [...logs.values()].flatMap(cwdIn) : [cwd];
    for (const each of all) {
      const real = await realpath(each).catch(() => each);
      // None is made to be cleared.
      if (logs.has(folderOf(real))) await (await this.#opened(real, each)).clear();
    }
    await this.collect();
    return Math.max(0, before - (await this.sizeBytes()));
  }

  /** Removes what nobody names, and what is too much. Resolves with how many bytes were freed. */
  async collect(): Promise<number> {
    this.#collectedAt = this.#blobs.keptBytes;
    const maxBytes = this.#options.maxBytes?.() ?? Number.POSITIVE_INFINITY;
    return collectBlobs(this.#options.home, this.#blobs, { maxBytes, nowMs: Date.now() });
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    await Promise.all(open.flatMap((each) => (each.status === "fulfilled" ? [each.value.close()] : [])));
  }

  #remembered(cwd: string, spelled: string): Promise<MemoryJournal> {
    const make = async () => {
      const journal = new MemoryJournal(cwd);
      await this.#options.opened?.(journal, spelled);
      return journal;
    };
    const found = this.#inMemory.get(cwd) ?? make();
    this.#inMemory.set(cwd, found);
    return found;
  }

  #opened(cwd: string, spelled: string): Promise<OpenJournal> {
    const open = async () => {
      const journal = await openJournal(cwd, this.#options, this.#blobs, () => this.#collectSoon());
      await this.#options.opened?.(journal, spelled);
      return journal;
    };
    const found = this.#open.get(cwd) ?? open();
    this.#open.set(cwd, found);
    // What cannot be opened now may be when it is asked for again.
    found.catch(() => this.#open.delete(cwd));
    return found;
  }

  /** Once in the life of a process, and then whenever a good part of what is allowed has come to it. */
  #collectSoon(): void {
    const share = (this.#options.maxBytes?.() ?? Number.POSITIVE_INFINITY) / 16;
    const isDue = this.#collectedAt === null || this.#blobs.keptBytes - this.#collectedAt > share;
    if (!isDue || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.collect().catch((error: unknown) => {
        this.#options.failed?.(`the change journal could not be tidied (${errorText(error)})`);
      });
    }, collectAfterMs);
    this.#timer.unref();
  }
}

/** None when its first line is damaged: then nobody can say whose it is. */
function cwdIn(text: string): string[] {
  const line = lineIn(text.slice(0, text.indexOf("\n")));
  return line?.type === "journal" ? [line.cwd] : [];
}

async function openJournal(
  cwd: string,
  { home, nowMs }: JournalOptions,
  blobs: BlobStore,
  appended: () => void,
): Promise<OpenJournal> {
  const journal = new OpenJournal(cwd, new WorkspaceLog(home, cwd), blobs, new Writers(nowMs));
  journal.onChange(appended);
  await journal.tidy();
  return journal;
}

class OpenJournal implements WorkspaceJournal {
  readonly cwd: string;
  readonly #log: WorkspaceLog;
  readonly #blobs: BlobStore;
  readonly #writers: Writers;
  readonly #listeners = new Set<() => void>();
  /** Changes of this process that it is done with, though their lines do not say so. */
  readonly #left = new Set<string>();
  /** How changes ended that could not be written down: held to be so here, and written as soon as there is room. */
  #owed: readonly JournalLine[] = [];
  /** One at a time in this process: the file lock is between processes. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(cwd: string, log: WorkspaceLog, blobs: BlobStore, writers: Writers) {
    this.#writers = writers;
    this.cwd = cwd;
    this.#log = log;
    this.#blobs = blobs;
  }

  changes(): Promise<readonly Change[]> {
    return this.#read(() => this.#log.state.changes());
  }

  baselines(): Promise<ReadonlyMap<string, Reviewed>> {
    return this.#read(() => this.#log.state.baselines());
  }

  /** Lines that were left out because they could not be read. */
  skippedLines(): Promise<number> {
    return this.#read(() => this.#log.skipped);
  }

  async bytesOf(image: Image): Promise<Uint8Array | null> {
    return image.kind === "file" ? this.#blobs.read(image.hash) : null;
  }

  async keep(bytes: Uint8Array, { mode, encoding, isCopy }: ImageFacts): Promise<Image> {
    if (bytes.length > maxImageBytes) {
      const reason = `it is larger than ${maxImageBytes >> 20} MB, and so large a file is not kept for undo`;
      return { kind: "notCaptured", reason, hash: hashOf(bytes) };
    }
    const hash = await this.#blobs.keep(bytes, { isCopy }).catch((error: unknown) => {
      throw unwritable(error);
    });
    return { kind: "file", hash, size: bytes.length, mode, encoding };
  }

  async append(...lines: readonly JournalLine[]): Promise<void> {
    const owned = lines.map((line) => (line.type === "prepared" ? { owner: ownName(), ...line } : line));
    // Side by side: until both are on the disk nothing is written that needs them.
    const written = this.#alone(() =>
      this.#log.locked(async (append) => {
        await append([...this.#owed, ...owned]);
        this.#owed = [];
      }),
    );
    const failed = (await Promise.allSettled([this.#blobs.sync(), written])).find(
      ({ status }) => status === "rejected",
    );
    if (failed?.status === "rejected") throw unwritable(failed.reason);
    this.#tell();
  }

  leave(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#left.add(id);
    this.#tell();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Once, when it is opened: a log that is mostly about what is gone is written anew. */
  async tidy(): Promise<void> {
    await this.#alone(async () => {
      await this.#log.refresh();
      const isMostlyDead = () => JSON.stringify(this.#log.state.lines()).length * 2 < this.#log.sizeBytes;
      if (this.#log.sizeBytes < minRewriteBytes || !isMostlyDead()) return;
      await this.#log.locked(() => this.#log.replace(this.#log.state.lines()));
    }).catch((error: unknown) => {
      throw unreadable(error);
    });
  }

  /** Keeps only what is still being written, and what stands nowhere else: proposals. */
  async clear(): Promise<void> {
    await this.#alone(() =>
      this.#log.locked(() =>
        this.#log.replace(this.#log.state.lines().filter(({ type }) => type === "prepared" || type === "proposed")),
      ),
    );
    this.#tell();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#alone(async () => undefined);
  }

  async #read<T>(answer: () => T): Promise<T> {
    let isNews = false;
    const result = await this.#alone(async () => {
      isNews = await this.#log.refresh();
      isNews = (await this.#settle()) || isNews;
      return answer();
    }).catch((error: unknown) => {
      throw unreadable(error);
    });
    if (isNews) this.#tell();
    return result;
  }

  /** True when it came to know how a change has ended. */
  async #settle(): Promise<boolean> {
    if (this.#unsettled().length + this.#owed.length === 0) return false;
    try {
      return await this.#log.locked(async (append) => {
        const settled = await this.#settledLines();
        const lines = [...this.#owed, ...settled];
        if (lines.length > 0) await append(lines);
        this.#owed = [];
        return settled.length > 0;
      });
    } catch {
      // The disk is full, for one. What became of them can be told all the same, and is no reason to tell nothing.
      const settled = await this.#settledLines();
      for (const line of settled) this.#log.state.apply(line);
      this.#owed = [...this.#owed, ...settled];
      return settled.length > 0;
    }
  }

  #settledLines(): Promise<JournalLine[]> {
    return Promise.all(this.#unsettled().map(({ change }) => settledLine(change)));
  }

  #unsettled(): Unsettled[] {
    const unsettled = this.#log.state.unsettled();
    this.#writers.keepOnly(unsettled);
    return unsettled.filter((each) => this.#left.has(each.change.id) || this.#writers.areGone(each));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const run = async () => {
      try {
        return await work();
      } finally {
        // Who was still at it looks once more, and leaves nothing open.
        if (this.#isClosed) await this.#log.close();
      }
    };
    const result = this.#last.then(run, run);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #tell(): void {
    // It forgets what it has read, so that each look would be news, and bring on the next.
    if (this.#isClosed) return;
    for (const listener of this.#listeners) listener();
  }
}

function unwritable(error: unknown): Error {
  return new Error(`the change journal cannot be written (${errorText(error)})`, { cause: error });
}

function unreadable(error: unknown): Error {
  return new Error(`the change journal cannot be read (${errorText(error)})`, { cause: error });
}
