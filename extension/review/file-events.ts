// Asks again what waits for review when such a file changes without Belay: typed in, saved, deleted, moved, checked out.
import * as vscode from "vscode";
import type { ReviewList } from "./review-list.ts";

/** A pause in typing; what a program does to many files comes within less. */
const PAUSE_MS = 500;

export class FileEvents implements vscode.Disposable {
  readonly #list: ReviewList;
  readonly #subscriptions: vscode.Disposable[];
  /** Paths of what waits now or did before: a stash or a checkout takes changes away, and the next brings them back. */
  readonly #known = new Set<string>();
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(list: ReviewList) {
    this.#list = list;
    const watcher = vscode.workspace.createFileSystemWatcher("**/*");
    this.#subscriptions = [
      watcher,
      list.onDidChange(() => {
        for (const { uri } of list.all) this.#known.add(uri.path);
      }),
      watcher.onDidCreate((uri) => this.#touched(uri)),
      watcher.onDidChange((uri) => this.#touched(uri)),
      watcher.onDidDelete((uri) => this.#touched(uri)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#touched(document.uri);
      }),
    ];
  }

  dispose(): void {
    clearTimeout(this.#pause);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #touched(uri: vscode.Uri): void {
    if (uri.scheme !== "file" || !this.#known.has(uri.path)) return;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.#list.refresh(), PAUSE_MS);
  }
}
