// Appends to one rollout. One whole line per write; a line is on its way to the disk before a client hears of it.
// Writes are synchronous on purpose: an append costs microseconds, and order between file and wire needs no second queue.
import type { ActiveWriter, SavingTrouble } from "../protocol/thread-saving.ts";
import type { RolloutEntry, RolloutLine } from "./line.ts";
import { MAX_LINE_BYTES } from "./reader.ts";
import { RolloutFile } from "./rollout-file.ts";
import { replaced, takenOver, troubleOf } from "./saving-trouble.ts";
import { UnwrittenLines } from "./unwritten-lines.ts";
import type { WriterLock } from "./writer-lock.ts";

export interface Recorder {
  readonly path: string;
  /** Null: all that was appended is in the file. */
  readonly trouble: SavingTrouble | null;
  /**
   * What belongs together is appended together, and written at once. Once it is closed, nothing is written any more.
   * False: one of them is too large for any line, and never will be.
   */
  append(...entries: readonly RolloutEntry[]): boolean;
  /** Resolves when what was appended is on the disk itself, or `trouble` says why it is not. Must not reject. */
  flush(): Promise<void>;
  close(): void;
}

export interface RecorderOptions {
  nextOrdinal: number;
  /** How long the file was when it was read; null when the lock was held since, or there is none yet. */
  knownBytes: number | null;
  /** Unix milliseconds. */
  now(): number;
  lock: WriterLock;
  /** The trouble has begun, is another one now, or is over (null). */
  onTrouble(trouble: SavingTrouble | null): void;
  /** Something that a person should know has happened to the file, and was mended. */
  onMended(sentence: string): void;
  /** What never was written is given up. */
  onGivenUp(lines: number): void;
  /** As setTimeout. */
  later?(work: () => void, ms: number): { cancel(): void };
  maxWaitingBytes?: number;
}

/** What waits in memory while a thread cannot be saved; with more than that, no turn runs. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/**
 * While appending fails, lines are kept and tried again, with each append and by a timer. Whoever runs turns looks at
 * `trouble` and stops when too much waits. Once another process has the thread, nothing is written any more.
 */
export function openRecorder(path: string, options: RecorderOptions): Recorder {
  return new FileRecorder(path, options);
}

class FileRecorder implements Recorder {
  readonly path: string;
  readonly #options: RecorderOptions;
  readonly #waiting = new UnwrittenLines();
  #file: RolloutFile | null = null;
  #ordinal: number;
  #trouble: SavingTrouble | null = null;
  #retry: { cancel(): void } | null = null;
  #pauseMs = FIRST_RETRY_MS;
  #isClosed = false;

  constructor(path: string, options: RecorderOptions) {
    this.path = path;
    this.#options = options;
    this.#ordinal = options.nextOrdinal;
  }

  get trouble(): SavingTrouble | null {
    return this.#trouble;
  }

  append(...entries: readonly RolloutEntry[]): boolean {
    // The file may have been moved or deleted since: it must not come into being again.
    if (this.#isClosed) {
      this.#options.onGivenUp(entries.length);
      return true;
    }
    const tooLarge = entries.filter((entry) => !this.#keep(entry));
    if (tooLarge.length < entries.length && this.#waiting.count > 0) this.#write();
    return tooLarge.length === 0;
  }

  /** Until it is written. False: it cannot be. */
  #keep(entry: RolloutEntry): boolean {
    const timestamp = new Date(this.#options.now()).toISOString();
    const line: RolloutLine = { timestamp, ordinal: this.#ordinal, ...entry };
    this.#ordinal++;
    if (this.#trouble?.kind === "lost") return true;
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    if (bytes.length > MAX_LINE_BYTES) {
      const size = `${Math.round(bytes.length / 2 ** 20)} MB`;
      this.#options.onMended(
        `Something of ${size} is too large to be kept: it will be missing when the thread is read.`,
      );
      return false;
    }
    this.#waiting.push(bytes);
    return true;
  }

  async flush(): Promise<void> {
    const file = this.#file;
    if (file === null || this.#trouble !== null) return;
    try {
      await file.sync();
    } catch (error) {
      // Told like an append that fails.
      if (this.#file === file) this.#failed(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#waiting.count > 0) this.#write();
    this.#stopRetrying();
    if (this.#waiting.count > 0) this.#options.onGivenUp(this.#waiting.count);
    this.#waiting.clear();
    const file = this.#file;
    this.#file = null;
    if (file !== null) closeSynced(file);
    this.#options.lock.release();
  }

  #write(): void {
    try {
      const file = (this.#file ??= this.#open());
      if (file === null) return;
      while (this.#waiting.count > 0) {
        if (!this.#mayWrite(file)) return;
        const bytes = this.#waiting.next();
        const written = file.write(bytes);
        if (written === 0) throw new Error("nothing was taken");
        this.#waiting.wrote(written);
      }
      // What failed to reach the disk is tried again with the rest.
      if (this.#trouble !== null && !file.isSynced) file.syncNow();
      this.#healed();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Null: it is somebody else's. */
  #open(): RolloutFile | null {
    const { lock, knownBytes } = this.#options;
    if (!lock.take()) return this.#lose(takenOver(nameOf(lock.writer())));
    const file = new RolloutFile(this.path);
    if (knownBytes === null || file.size === knownBytes) return file;
    // Another process has written to it between the reading and now.
    file.close();
    return this.#lose(takenOver(null));
  }

  #mayWrite(file: RolloutFile): boolean {
    const { lock, onMended } = this.#options;
    const isOurs = lock.isOurs();
    const look = file.look();
    if (look === "changed") this.#waiting.sealed();
    if (look === "restored") {
      onMended(
        `The file of this thread was deleted while the thread was open. It was written anew, whole: ${this.path}`,
      );
    }
    if (look === "replaced") this.#lose(replaced(this.path));
    else if (!isOurs && !(lock.take() && look === "asKnown")) this.#lose(takenOver(nameOf(lock.writer())));
    return this.#trouble?.kind !== "lost";
  }

  #healed(): void {
    this.#stopRetrying();
    this.#pauseMs = FIRST_RETRY_MS;
    this.#say(null);
  }

  #failed(error: unknown): void {
    if (this.#trouble?.kind === "lost") return;
    const isFull = this.#waiting.bytes > (this.#options.maxWaitingBytes ?? MAX_WAITING_BYTES);
    this.#say({ kind: isFull ? "full" : "waiting", ...troubleOf(error, placeOf(error, this.path)) });
    if (this.#retry !== null) return;
    this.#retry = (this.#options.later ?? later)(() => {
      this.#retry = null;
      this.#write();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_RETRY_MS);
  }

  #lose(why: Pick<SavingTrouble, "cause" | "cure">): null {
    this.#stopRetrying();
    const given = this.#waiting.count;
    this.#waiting.clear();
    this.#file?.close();
    this.#file = null;
    this.#options.lock.release();
    this.#say({ kind: "lost", ...why });
    this.#options.onGivenUp(given);
    return null;
  }

  #stopRetrying(): void {
    this.#retry?.cancel();
    this.#retry = null;
  }

  #say(trouble: SavingTrouble | null): void {
    const before = this.#trouble;
    this.#trouble = trouble;
    if (before?.kind !== trouble?.kind || before?.cause !== trouble?.cause) this.#options.onTrouble(trouble);
  }
}

/** The thing that the system spoke of, where it is another one: a folder, a lock. */
function placeOf(error: unknown, path: string): string {
  const { path: named } = error as NodeJS.ErrnoException;
  return named ?? path;
}

function nameOf(writer: ActiveWriter | null): string | null {
  if (writer === null) return null;
  const words = [writer.client, writer.pid && `process ${writer.pid}`, writer.host && `on ${writer.host}`];
  return words.filter((word) => word).join(", ") || null;
}

function closeSynced(file: RolloutFile): void {
  try {
    if (!file.isSynced) file.syncNow();
  } catch {
    // It is written, and the system holds it: more cannot be done by one who leaves.
  } finally {
    file.close();
  }
}

function later(work: () => void, ms: number): { cancel(): void } {
  const timer = setTimeout(work, ms).unref();
  return { cancel: () => clearTimeout(timer) };
}
