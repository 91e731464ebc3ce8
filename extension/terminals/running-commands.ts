// Which commands run now, learnt from the server's notifications: what there is to stop.
import * as vscode from "vscode";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import type { Notifications } from "../server/notifications.ts";

/** For `enablement` in the manifest: a command runs. */
const RUNNING_CONTEXT_KEY = "belay.commandRunning";

export type CommandItem = ThreadItemOf<"commandExecution">;

export interface RunningCommand {
  threadId: string;
  turnId: string;
  item: CommandItem;
}

export class RunningCommands implements vscode.Disposable {
  /** By item id; the latest last. Also those that still wait for an approval. */
  readonly #announced = new Map<string, RunningCommand>();
  readonly #isWaiting: (itemId: string) => boolean;
  readonly #subscriptions: vscode.Disposable[];

  /** `isWaiting`: a person has not said yet whether it may run. */
  constructor(notifications: Notifications, isWaiting: (itemId: string) => boolean) {
    this.#isWaiting = isWaiting;
    this.#subscriptions = [
      notifications.on("item/started", ({ item, threadId, turnId }) => {
        if (item.type !== "commandExecution") return;
        this.#announced.set(item.id, { item, threadId, turnId });
        this.changed();
      }),
      notifications.on("item/completed", ({ item }) => {
        if (this.#announced.delete(item.id)) this.changed();
      }),
    ];
  }

  /** The latest first. */
  get all(): RunningCommand[] {
    return [...this.#announced.values()].filter(({ item }) => !this.#isWaiting(item.id)).toReversed();
  }

  serverEnded(): void {
    this.#announced.clear();
    this.changed();
  }

  /** Call when an approval was asked for or answered. */
  changed(): void {
    void vscode.commands.executeCommand("setContext", RUNNING_CONTEXT_KEY, this.all.length > 0);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
