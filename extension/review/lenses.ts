// Above each change of Belay's: Keep, Undo, and the prompt that it was made for.
import * as vscode from "vscode";
import type { ReviewHunk, TurnRef } from "../../server/protocol/review.ts";
import type { ReviewedFile, ReviewList } from "./review-list.ts";
import { isProposed, REVIEW_SCHEME } from "./texts.ts";
import type { TurnLabels } from "./turn-labels.ts";

/** Names a change for a command. */
export interface HunkRef {
  readonly path: string;
  readonly hunkId: string;
}

/** Its words are read when it comes into sight. */
class TurnLens extends vscode.CodeLens {
  readonly turn: TurnRef;

  constructor(range: vscode.Range, turn: TurnRef) {
    super(range);
    this.turn = turn;
  }
}

export class ReviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #list: ReviewList;
  readonly #labels: TurnLabels;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];

  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(list: ReviewList, labels: TurnLabels) {
    this.#list = list;
    this.#labels = labels;
    this.#subscriptions = [
      vscode.languages.registerCodeLensProvider([{ scheme: "file" }, { scheme: REVIEW_SCHEME }], this),
      list.onDidChange(() => this.#changed.fire()),
    ];
  }

  /** VS Code asks this again after edits, when nobody types: so often and no more the server is asked where hunks are. */
  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const isOnFile = document.uri.scheme === "file";
    if (!isOnFile && !isProposed(document.uri)) return [];
    const file = await this.#list.refreshFile(document.uri);
    if (file === undefined) return [];
    if (isOnFile && file.state === "proposed") return file.hunks.flatMap((hunk) => proposedLenses(file, hunk));
    return file.hunks.flatMap((hunk) => lensesOf(file, hunk));
  }

  async resolveCodeLens(lens: vscode.CodeLens): Promise<vscode.CodeLens> {
    if (!(lens instanceof TurnLens)) return lens;
    const label = await this.#labels.labelOf(lens.turn);
    // A text without a command cannot be selected: there is no thread to show any more.
    lens.command =
      label === null
        ? { title: "from an earlier turn", command: "" }
        : {
            title: `“${label}”`,
            tooltip: "Belay changed this for your message; shows its thread",
            command: "belay.showReviewedThread",
            arguments: [lens.turn.threadId],
          };
    return lens;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}

function lensesOf(file: ReviewedFile, hunk: ReviewHunk): vscode.CodeLens[] {
  const range = lineRange(hunk.current.start);
  return [...choices(file, hunk, range), ...turnLens(hunk, range)];
}

/** On the file itself a proposal is lines that it would change: they cannot be judged without the other side. */
function proposedLenses(file: ReviewedFile, hunk: ReviewHunk): vscode.CodeLens[] {
  const range = lineRange(hunk.baseline.start);
  const look = {
    title: `Proposed: +${hunk.current.count} −${hunk.baseline.count}`,
    tooltip: "Shows what Belay wants to write here",
    command: "belay.reviewFile",
    arguments: [file.uri, hunk.current.start],
  };
  return [new vscode.CodeLens(range, look), ...choices(file, hunk, range), ...turnLens(hunk, range)];
}

function choices(file: ReviewedFile, hunk: ReviewHunk, range: vscode.Range): vscode.CodeLens[] {
  const reference: HunkRef = { path: file.path, hunkId: hunk.id };
  const keep = { title: "Keep", command: "belay.keepHunk", arguments: [reference] };
  const undo = {
    title: hunk.isEdited ? "Undo with Your Edits" : "Undo",
    tooltip: hunk.isEdited ? "You edited these lines since: that is taken away, too" : "",
    command: "belay.undoHunk",
    arguments: [reference],
  };
  const commands = file.cannotUndo === null ? [keep, undo] : [keep];
  return commands.map((command) => new vscode.CodeLens(range, command));
}

function turnLens({ turns }: ReviewHunk, range: vscode.Range): vscode.CodeLens[] {
  const latest = turns.at(-1);
  return latest === undefined ? [] : [new TurnLens(range, latest)];
}

function lineRange(line: number): vscode.Range {
  return new vscode.Range(line, 0, line, 0);
}
