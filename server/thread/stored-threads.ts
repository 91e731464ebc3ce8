// Threads on disk: found by id, read back, and opened to be written by this process alone.
import { activeWriter, noRollout } from "../protocol/rpc/errors.ts";
import { type FoundRollout, findRollout } from "../rollout/files.ts";
import { type Chain, readChain } from "../rollout/chain.ts";
import { openRecorder, type Recorder } from "../rollout/recorder.ts";
import { type Processes, type WriterLock, writerLock } from "../rollout/writer-lock.ts";
import type { ThreadDeps } from "./deps.ts";
import { rebuildRecord } from "./rebuild.ts";
import type { ThreadRecord } from "./record.ts";

/** What is read from a rollout. */
export interface StoredThread {
  found: FoundRollout;
  record: ThreadRecord;
}

export interface StoredThreadsDeps {
  readonly home: string;
  /** Tells this process from others that write to the same home. */
  readonly processes: Processes;
  readonly log: ThreadDeps["log"];
  readonly now: () => number;
  /** A thread is not being saved: `message` is for its clients. */
  onTrouble(threadId: string, message: string): void;
}

export class StoredThreads {
  readonly #deps: StoredThreadsDeps;

  constructor(deps: StoredThreadsDeps) {
    this.#deps = deps;
  }

  /** Throws RpcError when nothing of it is on disk. */
  async find(threadId: string): Promise<FoundRollout> {
    const found = await findRollout(this.#deps.home, threadId);
    if (found === null) throw noRollout(threadId);
    return found;
  }

  /** Throws what `missing` makes when there is none. */
  async read(threadId: string, missing: (threadId: string) => Error): Promise<StoredThread> {
    const { found, record } = await this.#read(threadId, missing);
    return { found, record };
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
    if (!lock.take()) throw activeWriter(threadId);
    try {
      const { found, record, chain } = await this.#read(threadId, noRollout);
      const { nextOrdinal } = chain;
      return { found, record, recorder: this.#recorder(found.path, { threadId, nextOrdinal, lock }) };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** For a thread that has no file yet. */
  newRecorder(path: string, threadId: string): Recorder {
    return this.#recorder(path, { threadId, nextOrdinal: 0, lock: this.#lock(threadId) });
  }

  async #read(threadId: string, missing: (threadId: string) => Error): Promise<StoredThread & { chain: Chain }> {
    const { home, log } = this.#deps;
    const found = await findRollout(home, threadId);
    if (found === null) throw missing(threadId);
    const chain = await readChain(home, found.path);
    const record = rebuildRecord(chain.lines);
    // A copy of another thread's: that one is who writes to it, and who is known by its id.
    if (record?.meta.id !== threadId) throw missing(threadId);
    for (const sentence of chain.missing) log("warning", `${found.path}: ${sentence}`);
    record.notices = [...record.notices, ...chain.missing];
    const { unreadable } = chain;
    if (unreadable > 0) log("warning", `${found.path}: ${unreadable} lines cannot be read; the rest is kept`);
    return { found, record, chain };
  }

  #lock(threadId: string): WriterLock {
    return writerLock(this.#deps.home, threadId, this.#deps.processes);
  }

  #recorder(
    path: string,
    { threadId, nextOrdinal, lock }: { threadId: string; nextOrdinal: number; lock: WriterLock },
  ): Recorder {
    const { log, now, onTrouble } = this.#deps;
    return openRecorder(path, {
      nextOrdinal,
      lock,
      now,
      onTrouble: (reason) => {
        const message = `This thread is not being saved: ${reason}. What is missing is written as soon as it works again.`;
        log("error", `${path}: ${message}`);
        onTrouble(threadId, message);
      },
    });
  }
}
