// Which turns run now, learnt from the server's notifications, and how commands start one and wait for its end.
import * as vscode from "vscode";
import { ConnectionClosed } from "../server/protocol/rpc/errors.ts";
import type { Turn } from "../server/protocol/turn.ts";
import type { Client } from "./server/client.ts";
import type { Notifications } from "./server/notifications.ts";
import { openFolder, openPaths } from "./workspace.ts";

/** For `enablement` in the manifest: a turn runs. */
const RUNNING_CONTEXT_KEY = "belay.turnRunning";

/** The same: the panel shows a thread that there is already. */
const SHOWN_CONTEXT_KEY = "belay.threadShown";

export interface TurnIds {
  threadId: string;
  turnId: string;
}

export class Turns implements vscode.Disposable {
  /** Turn id by thread id; the latest last. */
  readonly #running = new Map<string, string>();
  readonly #ends = new Map<string, PromiseWithResolvers<Turn>>();
  readonly #subscriptions: vscode.Disposable[];
  #shownThreadId: string | null = null;

  constructor(notifications: Notifications) {
    this.#subscriptions = [
      notifications.on("turn/started", ({ threadId, turn }) => {
        this.#running.delete(threadId);
        this.#running.set(threadId, turn.id);
        this.#changed();
      }),
      notifications.on("turn/completed", ({ threadId, turn }) => {
        this.#running.delete(threadId);
        this.#ends.get(threadId)?.resolve(turn);
        this.#ends.delete(threadId);
        this.#changed();
      }),
    ];
  }

  /** The thread the panel shows; null for a new one. */
  get shownThreadId(): string | null {
    return this.#shownThreadId;
  }

  set shownThreadId(threadId: string | null) {
    this.#shownThreadId = threadId;
    void vscode.commands.executeCommand("setContext", SHOWN_CONTEXT_KEY, threadId !== null);
  }

  /** The turn a person means by "stop": that of the thread on show, else the latest. */
  get current(): TurnIds | null {
    const shown = this.shownThreadId === null ? undefined : this.#running.get(this.shownThreadId);
    if (shown !== undefined && this.shownThreadId !== null) return { threadId: this.shownThreadId, turnId: shown };
    const [threadId, turnId] = [...this.#running].at(-1) ?? [];
    return threadId === undefined || turnId === undefined ? null : { threadId, turnId };
  }

  /** How many run, in every thread. */
  get runningCount(): number {
    return this.#running.size;
  }

  /** Starts a thread of its own with this prompt. `ended` rejects when the server goes away before the turn's end. */
  async startInNewThread(client: Client, prompt: string): Promise<TurnIds & { ended: Promise<Turn> }> {
    const { cwd } = openFolder();
    const { thread } = await client.request("thread/start", { cwd, windowFolders: openPaths() });
    const threadId = thread.id;
    // Listened to before the turn starts: it can be over before its answer is read.
    const end = Promise.withResolvers<Turn>();
    end.promise.catch(() => undefined);
    this.#ends.set(threadId, end);
    const { turn } = await client.request("turn/start", { threadId, input: [{ type: "text", text: prompt }] });
    return { threadId, turnId: turn.id, ended: end.promise };
  }

  serverEnded(): void {
    this.#running.clear();
    for (const end of this.#ends.values()) end.reject(new ConnectionClosed("Belay's server ended during the turn."));
    this.#ends.clear();
    this.#changed();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #changed(): void {
    void vscode.commands.executeCommand("setContext", RUNNING_CONTEXT_KEY, this.#running.size > 0);
  }
}
