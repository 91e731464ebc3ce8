// The queues of all threads: what may be done to them, and when the next message gets its turn. A message is in the queue
// until its item, which has the message's own id, is in the rollout; only then does it leave the file. So a process that
// dies at any moment leaves each of them in one of the two places, and what is in both has begun.
import type { QueuedSubmission } from "../protocol/queue.ts";
import {
  messageOf,
  noQueueOfEphemeral,
  noThreadOfQueue,
  queueEmpty,
  queueNeedsThread,
  threadArchived,
  turnIsPending,
} from "../protocol/rpc/errors.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { Turn } from "../protocol/turn.ts";
import type { FoundRollout } from "../rollout/files.ts";
import type { Log } from "./deps.ts";
import { checkFolder } from "./is-folder.ts";
import { found, type Queue, without } from "./queue.ts";
import type { QueueFiles } from "./queue-files.ts";
import { readInput } from "./read-input.ts";
import type { Thread } from "./thread.ts";

export interface ThreadQueuesDeps {
  readonly files: QueueFiles;
  /** Null: it is not loaded. Throws RpcError for what is no id. */
  live(threadId: string): Thread | null;
  find(threadId: string): Promise<FoundRollout | null>;
  /** Of a thread that is on disk. */
  turns(threadId: string): Promise<readonly Turn[]>;
  /** The thread is not let go of meanwhile. */
  holding<T>(thread: Thread, work: () => Promise<T>): Promise<T>;
  tellAll(notification: ServerNotification): void;
  readonly log: Log;
}

export class ThreadQueues {
  readonly #deps: ThreadQueuesDeps;
  /** By thread, what was given to a turn that has not taken it yet: out of the queue for everybody, still in the file. */
  readonly #given = new Map<string, Set<string>>();

  constructor(deps: ThreadQueuesDeps) {
    this.#deps = deps;
  }

  /** Throws RpcError for a thread that has no queue. */
  async list(threadId: string): Promise<Queue> {
    await this.#check(threadId);
    return this.#waiting(threadId, await this.#deps.files.read(threadId));
  }

  /** Throws RpcError: then nothing has changed. `change` gets what waits, and returns the very same when it changes nothing. */
  async change(threadId: string, change: (queue: Queue) => Queue): Promise<void> {
    await this.#check(threadId);
    let hasChanged = false;
    const isEmpty = (await this.#deps.files.read(threadId)).length === 0;
    const begun = isEmpty ? new Set<string>() : await this.#begun(threadId);
    const isSaved = (this.#deps.live(threadId)?.record.savingTrouble ?? null) === null;
    await this.#deps.files.change(threadId, (queue) => {
      const given = this.#given.get(threadId) ?? new Set();
      const waiting = without(without(queue, begun), given);
      const next = change(waiting);
      hasChanged = next !== waiting;
      const kept = queue.filter(({ id }) => given.has(id) || (begun.has(id) && !isSaved));
      return hasChanged || kept.length + waiting.length < queue.length ? [...kept, ...next] : queue;
    });
    if (hasChanged) this.#tellChanged(threadId);
  }

  /** Begins a turn with one of them, the first without an id. Throws RpcError, also when a turn runs. */
  async start(threadId: string, id: string | null): Promise<Turn> {
    const thread = await this.#loaded(threadId);
    return this.#deps.holding(thread, async () => {
      const queue = await this.list(threadId);
      const next = id === null ? queue[0] : found(queue, id);
      if (next === undefined) throw queueEmpty();
      const turn = await this.#give(thread, next, { joins: false });
      if (turn === null) throw turnIsPending();
      return turn;
    });
  }

  /** Puts one of them into the turn that runs, or begins one. Throws RpcError. */
  async sendNow(threadId: string, id: string): Promise<Turn> {
    const thread = await this.#loaded(threadId);
    return this.#deps.holding(thread, async () => {
      const turn = await this.#give(thread, found(await this.list(threadId), id), { joins: true });
      if (turn === null) throw turnIsPending();
      return turn;
    });
  }

  /**
   * Begins a turn with the first one, unless one runs or the last one was stopped: then they wait for the person. Must not
   * reject: who is not heard says so to the clients of the thread.
   */
  async goOn(thread: Thread): Promise<void> {
    if (thread.record.isEphemeral) return;
    try {
      await this.#deps.holding(thread, async () => {
        if (!mayGoOn(thread)) return;
        const [next] = await this.list(thread.id);
        if (next !== undefined && mayGoOn(thread)) await this.#give(thread, next, { joins: false });
      });
    } catch (error) {
      const message = `A queued message was not sent: ${messageOf(error)}`;
      this.#deps.log("error", `${thread.id}: ${message}`, error);
      thread.record.emit({ method: "warning", params: { threadId: thread.id, message } });
    }
  }

  /** A turn of it has ended. */
  async turnEnded(thread: Thread): Promise<void> {
    if (!thread.life.isFree) return;
    // A turn that broke before it took its message: to begin it again by itself would never end.
    if (this.#given.delete(thread.id)) this.#tellChanged(thread.id);
    else await this.goOn(thread);
  }

  /** The thread is deleted. Must not reject. */
  async forget(threadId: string): Promise<void> {
    this.#given.delete(threadId);
    await this.#deps.files.forget(threadId).catch((error: unknown) => {
      this.#deps.log("warning", `the queue of ${threadId} could not be deleted: ${messageOf(error)}`, error);
    });
  }

  /** Null: a turn runs that it may not join. */
  async #give(thread: Thread, next: QueuedSubmission, { joins }: { joins: boolean }): Promise<Turn | null> {
    const { id, input, clientUserMessageId } = next;
    if (thread.life.runningTurnId === null) await checkFolder(thread.record.settings.cwd);
    const read = await readInput(input, thread.record.settings.cwd);
    if (!thread.life.isFree && !(joins && thread.life.runningTurnId !== null)) return null;
    const taken = () => void this.#leave(thread, id);
    const options = { outputSchema: null, rootTurnId: null };
    const turn = thread.life.start({ ...read, clientId: clientUserMessageId, itemId: id, taken }, {}, options);
    const given = this.#given.get(thread.id) ?? new Set();
    this.#given.set(thread.id, given.add(id));
    this.#tellChanged(thread.id);
    return turn;
  }

  /** Its item was said, and is in the rollout, unless the thread cannot be saved. */
  async #leave(thread: Thread, id: string): Promise<void> {
    const threadId = thread.id;
    const given = this.#given.get(threadId);
    given?.delete(id);
    if (given?.size === 0) this.#given.delete(threadId);
    // It leaves the file with a later change, once its item is on the disk.
    if (thread.record.savingTrouble !== null) return;
    try {
      await this.#deps.files.change(threadId, (queue) => without(queue, new Set([id])));
    } catch (error) {
      // It does not come back: its item says that it has begun.
      this.#deps.log(
        "warning",
        `a message that was sent is still in the file of its queue: ${messageOf(error)}`,
        error,
      );
    }
  }

  async #waiting(threadId: string, queue: Queue): Promise<Queue> {
    const waiting = without(queue, this.#given.get(threadId) ?? new Set());
    return waiting.length === 0 ? waiting : without(waiting, await this.#begun(threadId));
  }

  /** The ids of what people said in the thread. */
  async #begun(threadId: string): Promise<ReadonlySet<string>> {
    const turns = this.#deps.live(threadId)?.record.turns ?? (await this.#deps.turns(threadId));
    return new Set(turns.flatMap(({ items }) => items.flatMap(({ type, id }) => (type === "userMessage" ? [id] : []))));
  }

  async #check(threadId: string): Promise<void> {
    const thread = this.#deps.live(threadId);
    if (thread?.record.isEphemeral) throw noQueueOfEphemeral(threadId);
    if (thread !== null) return;
    const rollout = await this.#deps.find(threadId);
    if (rollout === null) throw noThreadOfQueue(threadId);
    if (rollout.isArchived) throw threadArchived(threadId);
  }

  async #loaded(threadId: string): Promise<Thread> {
    await this.#check(threadId);
    const thread = this.#deps.live(threadId);
    if (thread === null) throw queueNeedsThread();
    return thread;
  }

  #tellChanged(threadId: string): void {
    this.#deps.tellAll({ method: "thread/queue/changed", params: { threadId } });
  }
}

/** A turn that was stopped, by a person or by the end of its process, holds the queue until a person sends something. */
function mayGoOn({ life, record }: Thread): boolean {
  return life.isFree && record.turns.at(-1)?.status !== "interrupted";
}
