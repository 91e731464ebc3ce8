// Makes noticed what waits for a person while the panel is out of sight: by a badge and one notification. Never answers.
import * as vscode from "vscode";
import type { ChatView } from "../panel/chat-view.ts";
import type { Waiting } from "./waiting-words.ts";

export class Attention {
  readonly #panel: ChatView;
  #isNotified = false;

  constructor(panel: ChatView) {
    this.#panel = panel;
  }

  /** Call when what waits or the panel's visibility changed. */
  update(waiting: Waiting | null): void {
    const unseen = this.#panel.isVisible ? null : waiting;
    this.#panel.setBadge(unseen && { value: unseen.count, tooltip: unseen.sentence });
    if (unseen !== null && !this.#isNotified) void this.#notify(`${unseen.sentence}.`);
    this.#isNotified = unseen !== null;
  }

  async #notify(sentence: string): Promise<void> {
    const show = "Show";
    if ((await vscode.window.showInformationMessage(sentence, show)) === show) await this.#panel.reveal();
  }
}
