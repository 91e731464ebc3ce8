// Review in the editor: puts its parts together. All of them show what the server says, and end with it.
import type * as vscode from "vscode";
import type { Client } from "../server/client.ts";
import type { Notifications } from "../server/notifications.ts";
import { FileEvents } from "./file-events.ts";
import { ReviewLenses } from "./lenses.ts";
import { ExplorerBadges, ScrollBarMarks } from "./marks.ts";
import { MergeQuestions } from "./merges.ts";
import { ReviewSourceControl } from "./quick-diff.ts";
import { ReviewList } from "./review-list.ts";
import { closeAll } from "./show.ts";
import { ReviewTexts } from "./texts.ts";
import { TurnLabels } from "./turn-labels.ts";

export class Review implements vscode.Disposable {
  readonly list: ReviewList;
  readonly texts: ReviewTexts;
  readonly merges = new MergeQuestions();
  readonly #parts: vscode.Disposable[];

  constructor(options: {
    client(): Client | null;
    notifications: Notifications;
    log: vscode.LogOutputChannel;
    memory: vscode.Memento;
  }) {
    const { client, memory } = options;
    const labels = new TurnLabels(client);
    this.list = new ReviewList(options);
    this.texts = new ReviewTexts(client, this.list);
    this.#parts = [
      // Before the parts that ask for labels.
      this.list.onDidChange(() => labels.lookAgain()),
      this.texts,
      new ReviewLenses(this.list, labels),
      new ReviewSourceControl(this.list),
      new ExplorerBadges(this.list, labels),
      new ScrollBarMarks(this.list),
      this.list.onDidRefresh(() => {
        // A server that ended says nothing about what waits.
        if (client() === null) return;
        const isWaiting = this.list.all.length > 0;
        void remember(memory, isWaiting);
        if (!isWaiting) void closeAll();
      }),
      new FileEvents(this.list),
      this.list,
    ];
  }

  serverEnded(): void {
    this.merges.answer(false);
    this.list.serverEnded();
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
  }
}

const MEMORY_KEY = "review.waits";

/** Whether something waited for review in this workspace when the server said so last, maybe in an earlier window. */
export function remembersReview(memory: vscode.Memento): boolean {
  return memory.get(MEMORY_KEY) === true;
}

/** All that the extension keeps of review: without it a window would show nothing until somebody opens Belay. */
async function remember(memory: vscode.Memento, isWaiting: boolean): Promise<void> {
  if (remembersReview(memory) !== isWaiting) await memory.update(MEMORY_KEY, isWaiting ? true : undefined);
}
