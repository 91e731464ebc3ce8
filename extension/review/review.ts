// Review in the editor: puts its parts together. All of them show what the server says, and end with it.
import type * as vscode from "vscode";
import type { Client } from "../client.ts";
import type { Notifications } from "../notifications.ts";
import { ReviewLenses } from "./lenses.ts";
import { ExplorerBadges, ScrollBarMarks } from "./marks.ts";
import { ReviewSourceControl } from "./quick-diff.ts";
import { ReviewList } from "./review-list.ts";
import { ReviewTexts } from "./texts.ts";
import { TurnLabels } from "./turn-labels.ts";

export class Review implements vscode.Disposable {
  readonly list: ReviewList;
  readonly texts: ReviewTexts;
  readonly #parts: vscode.Disposable[];

  constructor(options: { client(): Client | null; notifications: Notifications; log: vscode.LogOutputChannel }) {
    const { client } = options;
    const labels = new TurnLabels(client);
    this.list = new ReviewList(options);
    this.texts = new ReviewTexts(client, this.list);
    this.#parts = [
      this.texts,
      new ReviewLenses(this.list, labels),
      new ReviewSourceControl(this.list),
      new ExplorerBadges(this.list, labels),
      new ScrollBarMarks(this.list),
      this.list,
    ];
  }

  serverEnded(): void {
    this.list.serverEnded();
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
  }
}
