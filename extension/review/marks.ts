// Marks for what waits for review: a badge in the explorer, and in an editor the places along its scroll bar.
import * as vscode from "vscode";
import type { ReviewedFile, ReviewList } from "./review-list.ts";
import type { TurnLabels } from "./turn-labels.ts";
import { fileWords } from "./words.ts";

const COLOR = "belay.reviewForeground";

export class ExplorerBadges implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #list: ReviewList;
  readonly #labels: TurnLabels;
  readonly #changed = new vscode.EventEmitter<vscode.Uri[]>();
  readonly #subscriptions: vscode.Disposable[];
  #decorated: readonly vscode.Uri[] = [];

  readonly onDidChangeFileDecorations = this.#changed.event;

  constructor(list: ReviewList, labels: TurnLabels) {
    this.#list = list;
    this.#labels = labels;
    this.#subscriptions = [
      vscode.window.registerFileDecorationProvider(this),
      list.onDidChange(() => {
        const uris = list.all.map(({ uri }) => uri);
        const changed = [...this.#decorated, ...uris];
        this.#decorated = uris;
        if (changed.length > 0) this.#changed.fire(changed);
      }),
    ];
  }

  /** Asked for every file that VS Code lists anywhere. */
  provideFileDecoration(uri: vscode.Uri): vscode.ProviderResult<vscode.FileDecoration> {
    if (uri.scheme !== "file") return undefined;
    const file = this.#list.find(uri);
    return file === undefined ? undefined : this.#decorationOf(file);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  async #decorationOf(file: ReviewedFile): Promise<vscode.FileDecoration> {
    const latest = file.turns.at(-1);
    const label = latest === undefined ? null : await this.#labels.labelOf(latest);
    const words = label === null ? fileWords(file) : `${fileWords(file)} For: “${label}”`;
    const badge = file.state === "proposed" ? "B?" : "B";
    const decoration = new vscode.FileDecoration(badge, words, new vscode.ThemeColor(COLOR));
    decoration.propagate = true;
    return decoration;
  }
}

/** The gutter belongs to the quick diff, which git's marks share; along the scroll bar these are told apart by colour. */
export class ScrollBarMarks implements vscode.Disposable {
  readonly #list: ReviewList;
  readonly #type = vscode.window.createTextEditorDecorationType({
    overviewRulerColor: new vscode.ThemeColor(COLOR),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    // What a person types beside a change is theirs.
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #subscriptions: vscode.Disposable[];
  /** Editors with marks; the others are left alone. */
  readonly #marked = new WeakSet<vscode.TextEditor>();

  constructor(list: ReviewList) {
    this.#list = list;
    this.#subscriptions = [
      list.onDidRefresh(() => this.#mark()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#mark()),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#type.dispose();
  }

  #mark(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document.uri.scheme !== "file") continue;
      const file = this.#list.find(editor.document.uri);
      const hunks = file?.state === "written" ? file.hunks : [];
      if (hunks.length === 0 && !this.#marked.has(editor)) continue;
      const ranges = hunks.map(({ current: { start, count } }) =>
        // Where lines are gone, the line behind them stands for the place.
        editor.document.validateRange(new vscode.Range(start, 0, start + Math.max(0, count - 1), 0)),
      );
      editor.setDecorations(this.#type, ranges);
      this.#marked.add(editor);
    }
  }
}
