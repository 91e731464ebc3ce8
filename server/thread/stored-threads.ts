// Threads on disk: found by id, read back, and opened to be written by this process alone.
import { activeWriter, noRollout } from "../protocol/rpc/errors.ts";
import { type FoundRollout, findRollout } from "../rollout/files.ts";
import { type Chain, readChain } from "../rollout/chain.ts";
import { openRecorder, type Recorder } from "../rollout/recorder.ts";
import { type WriterLock, type Writers, writerLock } from "../rollout/writer-lock.ts";
import type { SavingTrouble } from "../protocol/thread-saving.ts";
import type { ThreadDeps } from "./deps.ts";
import { rebuildRecord } from "./rebuild.ts";
import { RecentRead, stampOf } from "./recent-read.ts";
import type { ThreadRecord } from "./record.ts";

/** What is read from a rollout. */
export interface StoredThread {
  found: FoundRollout;
  record: ThreadRecord;
}

export interface StoredThreadsDeps {
  readonly home: string;
  /** Tells this process from others that write to the same home. */
  readonly writers: Writers;
  readonly log: ThreadDeps["log"];
  readonly now: () => number;
  /** The thread is not being saved, or is again (null). */
  onSaving(threadId: string, trouble: SavingTrouble | null): void;
  /** For the clients of a thread. */
  onMended(threadId: string, sentence: string): void;
}

export class StoredThreads {
  readonly #deps: StoredThreadsDeps;
  readonly #recent = new RecentRead();

  constructor(deps: StoredThreadsDeps) {
    this.#deps = deps;
  }

  /** Throws RpcError when nothing of it is on disk. */
  async find(threadId: string): Promise<FoundRollout> {
    const found = await findRollout(this.#deps.home, threadId);
    if (found === null) throw noRollout(threadId);
    return found;
  }

  /** Throws what `missing` makes when there is none. What it returns is not to be changed. */
  async read(threadId: string, missing: (threadId: string) => Error): Promise<StoredThread> {
    const recent = this.#recent.get(threadId);
    if (recent !== null) return recent;
    const { found, record, chain, stamp } = await this.#read(threadId, missing);
    const thread = { found, record };
    this.#recent.keep(thread, { stamp, bytes: chain.bytes });
    return thread;
  }

  /** As it is to be forked. Throws RpcError when there is none. */
  async readToFork(threadId: string): Promise<{ chain: Chain; record: ThreadRecord }> {
    const { chain, record } = await this.#read(threadId, noRollout);
    return { chain, record };
  }

  /** Throws RpcError also when another process writes to it. Closing the recorder gives the thread free. */
  async readToWrite(threadId: string): Promise<StoredThread & { recorder: Recorder }> {
    const lock = this.#lock(threadId);
    // Taken first: what is read then is all there is.
    const isHeld = this.#tryTake(threadId, lock);
    try {
      const { found, record, chain } = await this.#read(threadId, noRollout);
      const { nextOrdinal } = chain;
      const knownBytes = isHeld ? null : chain.bytes;
      return { found, record, recorder: this.#recorder(found.path, { threadId, nextOrdinal, knownBytes, lock }) };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** For a thread that has no file yet. */
  newRecorder(path: string, threadId: string): Recorder {
    return this.#recorder(path, { threadId, nextOrdinal: 0, knownBytes: null, lock: this.#lock(threadId) });
  }

  async #read(threadId: string, missing: (threadId: string) => Error): Promise<ReadThread> {
    const { home, log } = this.#deps;
    const found = await findRollout(home, threadId);
    if (found === null) throw missing(threadId);
    const stamp = stampOf(found.path);
    const chain = await readChain(home, found.path);
    const record = rebuildRecord(chain.lines);
    // A copy of another thread's: that one is who writes to it, and who is known by its id.
    if (record?.meta.id !== threadId) throw missing(threadId);
    for (const sentence of chain.missing) log("warning", `${found.path}: ${sentence}`);
    record.missing = chain.missing;
    const { unreadable } = chain;
    if (unreadable > 0) {
      log("warning", `${found.path}: ${unreadable} lines cannot be read; the rest is kept`);
      record.missing = [...record.missing, damaged(found.path, unreadable)];
    }
    return { found, record, chain, stamp };
  }

  /** Does something with the file of a thread that nobody has loaded. Throws RpcError when another process has. */
  async alone<T>(threadId: string, work: () => Promise<T>): Promise<T> {
    const lock = this.#lock(threadId);
    this.#tryTake(threadId, lock);
    try {
      return await work();
    } finally {
      lock.release();
    }
  }

  /** False: the lock cannot be written now, on a full disk say. The thread can be read, and is written when it can be. */
  #tryTake(threadId: string, lock: WriterLock): boolean {
    let isTaken: boolean;
    try {
      isTaken = lock.take();
    } catch (error) {
      this.#deps.log("warning", `the lock of thread ${threadId} cannot be taken`, error);
      return false;
    }
    if (!isTaken) throw activeWriter(threadId, lock.writer());
    return true;
  }

  #lock(threadId: string): WriterLock {
    return writerLock(this.#deps.home, threadId, this.#deps.writers);
  }

  #recorder(path: string, { threadId, ...begin }: RecorderStart): Recorder {
    const { log, now, onSaving, onMended } = this.#deps;
    return openRecorder(path, {
      ...begin,
      now,
      onTrouble: (trouble) => {
        if (trouble === null) log("info", `${path}: the thread is saved again`);
        else log("error", `${path}: the thread is not being saved: ${trouble.cause} ${trouble.cure}`);
        onSaving(threadId, trouble);
      },
      onMended: (sentence) => {
        log("warning", `${path}: ${sentence}`);
        onMended(threadId, sentence);
      },
      onGivenUp: (lines) => log("error", `${path}: ${lines} lines could not be written and are lost`),
    });
  }
}

interface ReadThread extends StoredThread {
  chain: Chain;
  /** Of the file, before it was read. */
  stamp: string;
}

interface RecorderStart {
  threadId: string;
  nextOrdinal: number;
  knownBytes: number | null;
  lock: WriterLock;
}

function damaged(path: string, lines: number): string {
  const what = lines === 1 ? "One line of this thread's file" : `${lines} lines of this thread's file`;
  return `${what} cannot be read, and ${lines === 1 ? "is" : "are"} left out. The rest of the thread is here. The file is ${path}`;
}
