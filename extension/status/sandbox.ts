// What confines commands here, as the server found out by a real run; kept for the status bar.
import * as vscode from "vscode";
import type { SandboxState } from "../../server/protocol/command.ts";
import type { Client } from "../server/client.ts";
import type { Notifications } from "../server/notifications.ts";

/** For `enablement` in the manifest: nothing confines commands but the container around the server. */
const CONTAINER_CONTEXT_KEY = "belay.sandboxOffInContainer";

export class Sandbox implements vscode.Disposable {
  readonly #changed: () => void;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscription: vscode.Disposable;
  /** Null: not known, or no server runs. */
  state: SandboxState | null = null;

  constructor(notifications: Notifications, log: vscode.LogOutputChannel, changed: () => void) {
    this.#changed = changed;
    this.#log = log;
    this.#subscription = notifications.on("belay/sandbox/updated", (state) => this.#set(state));
  }

  /** Asks the server. Null where it does not know. */
  async read(client: Client): Promise<SandboxState | null> {
    try {
      this.#set(await client.request("belay/sandbox/read", {}));
    } catch (error) {
      this.#log.debug("The server does not say what confines commands.", error);
    }
    return this.state;
  }

  serverEnded(): void {
    this.#set(null);
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #set(state: SandboxState | null): void {
    this.state = state;
    const isOffer = state?.kind === "unavailable" && state.isContainer;
    void vscode.commands.executeCommand("setContext", CONTAINER_CONTEXT_KEY, isOffer);
    this.#changed();
  }
}
