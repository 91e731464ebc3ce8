// Makes a waiting approval noticed while the panel is out of sight: by a badge and one notification. Never approves.
import * as vscode from "vscode";
import type { ChatView } from "./chat-view.ts";

export class Attention {
  readonly #panel: ChatView;
  #isNotified = false;

  constructor(panel: ChatView) {
    this.#panel = panel;
  }

  /** Call when the number of waiting approvals or the panel's visibility changed. */
  update(waiting: number): void {
    const tooltip = waiting === 1 ? "Belay needs your approval" : `Belay needs ${waiting} approvals`;
    const isUnseen = waiting > 0 && !this.#panel.isVisible;
    this.#panel.setBadge(isUnseen ? { value: waiting, tooltip } : null);
    if (isUnseen && !this.#isNotified) void this.#notify(`${tooltip}.`);
    this.#isNotified = isUnseen;
  }

  async #notify(sentence: string): Promise<void> {
    const show = "Show";
    if ((await vscode.window.showInformationMessage(sentence, show)) === show) await this.#panel.reveal();
  }
}
