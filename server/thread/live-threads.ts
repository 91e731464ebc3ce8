// The threads that are loaded here: each stays while somebody listens or something runs, and is let go of after that.
import type { Config } from "../config/schema.ts";
import type { Recorder } from "../rollout/recorder.ts";
import type { Client } from "./client.ts";
import type { Clients } from "./clients.ts";
import type { ThreadDeps } from "./deps.ts";
import type { ThreadRecord } from "./record.ts";
import { Thread } from "./thread.ts";
import { checkThreadId } from "./thread-id.ts";

export interface LiveThreadsDeps {
  /** Passed on as it is when a thread is loaded: the configuration and the editor change while the process lives. */
  readonly thread: Omit<ThreadDeps, "turnEnded" | "tellAll" | "shownPlaceOf">;
  readonly shownPlaceOf: ThreadDeps["shownPlaceOf"];
  readonly clients: Clients;
  turnEnded(thread: Thread): void;
}

export class LiveThreads {
  readonly #deps: LiveThreadsDeps;
  readonly #threads = new Map<string, Thread>();
  /** Being let go of already. */
  readonly #stopping = new Map<string, Promise<void>>();
  readonly #unloads = new Map<string, NodeJS.Timeout>();

  constructor(deps: LiveThreadsDeps) {
    this.#deps = deps;
  }

  /** Undefined when it is not loaded. */
  find(threadId: string): Thread | undefined {
    return this.#threads.get(threadId);
  }

  all(): Iterable<Thread> {
    return this.#threads.values();
  }

  keep(
    record: ThreadRecord,
    recorder: Recorder | null,
    { isPersisted, config }: { isPersisted: boolean; config: Config },
  ): Thread {
    const { thread: deps, clients, shownPlaceOf, turnEnded } = this.#deps;
    const thread = new Thread(
      record,
      recorder,
      { isPersisted },
      {
        ...deps,
        config,
        shownPlaceOf,
        tellAll: (notification) => clients.tell(notification),
        turnEnded: (threadId) => {
          this.unloadLater(threadId);
          turnEnded(thread);
        },
      },
    );
    this.#threads.set(thread.id, thread);
    return thread;
  }

  /** Works with a thread that must not be let go of meanwhile. */
  async holding<T>(thread: Thread, work: () => Promise<T>): Promise<T> {
    thread.hold();
    try {
      return await work();
    } finally {
      thread.release();
      this.unloadLater(thread.id);
    }
  }

  /** A client stops listening. A thread that nobody listens to is let go of after a while. */
  unsubscribe(threadId: string, client: Client): "unsubscribed" | "notSubscribed" | "notLoaded" {
    checkThreadId(threadId);
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return "notLoaded";
    const listened = thread.unsubscribe(client);
    this.unloadLater(threadId);
    return listened ? "unsubscribed" : "notSubscribed";
  }

  /** The client is gone. */
  leave(client: Client): void {
    for (const id of this.#threads.keys()) this.unsubscribe(id, client);
  }

  /** Ends what runs in the thread and forgets it; what is on disk stays. */
  async unload(threadId: string): Promise<void> {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return;
    await this.#letGoOf(thread, () => thread.stop());
  }

  /** The same, unless something of it could not be written: then it stays, and this throws RpcError. */
  async unloadSaved(threadId: string): Promise<void> {
    const thread = this.#threads.get(threadId);
    if (thread !== undefined) await this.#letGoOf(thread, () => thread.stopSaved());
  }

  /** Waits for one that is being let go of; for others there is nothing to wait for. */
  async letGo(threadId: string): Promise<void> {
    // One that could not be is still here.
    await this.#stopping.get(threadId)?.catch(() => undefined);
  }

  async #letGoOf(thread: Thread, stop: () => Promise<void>): Promise<void> {
    const stopped = this.#stopping.get(thread.id) ?? this.#stop(thread, stop);
    this.#stopping.set(thread.id, stopped);
    await stopped;
  }

  async #stop(thread: Thread, stop: () => Promise<void>): Promise<void> {
    try {
      await stop();
      this.#threads.delete(thread.id);
    } finally {
      this.#stopping.delete(thread.id);
    }
    this.tellUnloaded(thread.id);
  }

  /** Lets go of it after a while, unless it is wanted then. */
  unloadLater(threadId: string): void {
    const delayMs = this.#deps.thread.config.thread_unload_delay_secs * 1000;
    clearTimeout(this.#unloads.get(threadId));
    this.#unloads.delete(threadId);
    if (!this.#isIdle(threadId)) return;
    const timer = setTimeout(() => {
      this.#unloads.delete(threadId);
      if (!this.#isIdle(threadId)) return;
      void this.unloadSaved(threadId).then(
        () => this.#deps.clients.tell({ method: "thread/closed", params: { threadId } }),
        // What waits to be written keeps it, until it is.
        () => undefined,
      );
    }, delayMs);
    timer.unref();
    this.#unloads.set(threadId, timer);
  }

  tellUnloaded(threadId: string): void {
    const params = { threadId, status: { type: "notLoaded" as const } };
    this.#deps.clients.tell({ method: "thread/status/changed", params });
  }

  async stopAll(): Promise<void> {
    for (const timer of this.#unloads.values()) clearTimeout(timer);
    await Promise.all([...this.#threads.values()].map((thread) => thread.stop()));
  }

  /** Nobody listens, nothing runs, and all of it is saved. */
  #isIdle(threadId: string): boolean {
    const thread = this.#threads.get(threadId);
    if (thread === undefined || this.#stopping.has(threadId)) return false;
    // What is in memory alone would be gone.
    const isUnsaved = thread.record.savingTrouble !== null && thread.record.savingTrouble.kind !== "lost";
    return !thread.isWanted && !isUnsaved && thread.status.type !== "active";
  }
}
