// What waits for review as VS Code's own source control shows it: a list, and marks in the gutter against the baseline.
import * as vscode from "vscode";
import type { ReviewedFile, ReviewList } from "./review-list.ts";
import { sideOf } from "./texts.ts";
import { fileWords } from "./words.ts";

/** There is one only while something is to review: an empty source control would be one more row in its view. */
export class ReviewSourceControl implements vscode.Disposable, vscode.QuickDiffProvider {
  readonly #list: ReviewList;
  readonly #subscription: vscode.Disposable;
  #shown: { control: vscode.SourceControl; group: vscode.SourceControlResourceGroup } | null = null;
  /** By path, which of its reviews this is: VS Code lets go of the text beside a file late, and makes none of that name. */
  #reviews: ReadonlyMap<string, number> = new Map();
  #reviewCount = 0;

  readonly label = "Belay";

  constructor(list: ReviewList) {
    this.#list = list;
    this.#subscription = list.onDidChange(() => this.#show());
  }

  /** Undefined for most files: the editor asks for each that it opens. */
  provideOriginalResource(uri: vscode.Uri): vscode.Uri | undefined {
    const file = this.#list.find(uri);
    if (file === undefined || uri.scheme !== "file" || !isMarked(file)) return undefined;
    return sideOf(file.uri, "baseline").with({ fragment: `${this.#reviews.get(file.path) ?? 0}` });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#shown?.control.dispose();
  }

  #show(): void {
    const files = this.#list.all;
    const marked = files.filter(isMarked);
    this.#reviews = new Map(marked.map(({ path }) => [path, this.#reviews.get(path) ?? ++this.#reviewCount]));
    if (files.length === 0) {
      this.#shown?.control.dispose();
      this.#shown = null;
      return;
    }
    this.#shown ??= this.#create();
    this.#shown.group.resourceStates = files.map(stateOf);
  }

  #create(): { control: vscode.SourceControl; group: vscode.SourceControlResourceGroup } {
    const control = vscode.scm.createSourceControl("belay", "Belay");
    control.inputBox.visible = false;
    // The badge of the view counts what is to commit, which these files are in already.
    control.count = 0;
    const group = control.createResourceGroup("review", "Changes to review");
    control.quickDiffProvider = this;
    return { control, group };
  }
}

/** What is only proposed has no lines in the file yet. */
function isMarked({ isText, state }: ReviewedFile): boolean {
  return isText && state === "written";
}

function stateOf(file: ReviewedFile): vscode.SourceControlResourceState {
  return {
    resourceUri: file.uri,
    command: { command: "belay.reviewFile", title: "Review", arguments: [file.uri] },
    contextValue: [file.state, ...(file.cannotUndo === null ? ["undoable"] : [])].join(" "),
    decorations: { strikeThrough: file.kind === "delete", tooltip: fileWords(file) },
  };
}
