// The view of threads: puts its parts together, says when they are read, and marks what waits elsewhere.
import * as vscode from "vscode";
import type { Client } from "../server/client.ts";
import type { Notifications } from "../server/notifications.ts";
import { Clicks } from "./clicks.ts";
import { ThreadList } from "./thread-list.ts";
import { type Node, type ThreadNode, ThreadTree } from "./thread-tree.ts";

export const THREADS_VIEW = "belay.threads";

/** For the manifest: whether threads of all folders are listed, and what the view says while it has no rows. */
const ALL_CONTEXT_KEY = "belay.allThreads";
const READING_CONTEXT_KEY = "belay.threadsRead";

export interface ThreadsOptions {
  client(): Client | null;
  notifications: Notifications;
  log: vscode.LogOutputChannel;
  /** Somebody looks, so the server is needed. */
  shown(): void;
}

export class Threads implements vscode.Disposable {
  readonly list: ThreadList;
  readonly tree: ThreadTree;
  readonly view: vscode.TreeView<Node>;
  readonly clicks = new Clicks(() => performance.now());
  readonly #subscriptions: vscode.Disposable[];
  /** As VS Code told it last: while it reads the rows anew, it says that none is selected. */
  #selectedIds: readonly string[] = [];
  /** Shown by the panel, and not yet selected here. Once it is, a person may select what they like. */
  #toReveal: string | null = null;
  /** The panel counts what waits while it is out of sight; what is counted here is only what it does not show. */
  #isPanelVisible = false;

  constructor(options: ThreadsOptions) {
    this.list = new ThreadList({ ...options, isLookedAt: () => this.view.visible });
    this.tree = new ThreadTree(this.list);
    this.view = vscode.window.createTreeView(THREADS_VIEW, {
      treeDataProvider: this.tree,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#subscriptions = [
      this.view,
      this.tree,
      this.list,
      this.list.onDidChange(() => this.#changed()),
      this.view.onDidChangeSelection(({ selection }) => {
        this.#selectedIds = selection.flatMap((node) => (node.kind === "thread" ? [node.thread.id] : []));
      }),
      this.view.onDidChangeVisibility(() => {
        if (this.view.visible) options.shown();
        void this.#look();
      }),
      // Another window may have changed what there is.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) void this.#look();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.#look()),
    ];
  }

  get isVisible(): boolean {
    return this.view.visible;
  }

  get selected(): ThreadNode[] {
    return this.#selectedIds.map((id) => this.tree.rowOf(id)).filter((row) => row !== null);
  }

  /** Its row is the selected one, also where VS Code could not tell which that is. */
  opened(threadId: string): void {
    if (!this.#selectedIds.includes(threadId)) this.#selectedIds = [threadId];
  }

  showAll(isAll: boolean): void {
    this.list.isAll = isAll;
    void vscode.commands.executeCommand("setContext", ALL_CONTEXT_KEY, isAll);
  }

  /** Null: the panel shows a new thread. */
  threadShown(threadId: string | null): void {
    this.clicks.shown(threadId);
    this.#toReveal = threadId;
    this.list.shown(threadId);
  }

  panelVisibilityChanged(isVisible: boolean): void {
    this.#isPanelVisible = isVisible;
    this.#changed();
  }

  serverRuns(): void {
    void this.#look();
  }

  serverEnded(): void {
    this.list.serverEnded();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #look(): Promise<void> {
    if (!this.view.visible) return;
    await this.list.refresh();
  }

  #changed(): void {
    const { reading, waitingElsewhere: waiting } = this.list;
    void vscode.commands.executeCommand("setContext", READING_CONTEXT_KEY, reading.kind);
    if (!this.#isPanelVisible || waiting === 0) this.view.badge = undefined;
    else {
      const tooltip = waiting === 1 ? "Another thread waits for you" : `${waiting} other threads wait for you`;
      this.view.badge = { value: waiting, tooltip };
    }
    void this.#reveal();
  }

  /** The row of the thread on show is the selected one, as the explorer does with files. */
  async #reveal(): Promise<void> {
    const row = this.#toReveal === null || !this.view.visible ? null : this.tree.rowOf(this.#toReveal);
    if (row === null || row.place === "archived") return;
    this.#toReveal = null;
    await this.view.reveal(row, { select: true, focus: false });
  }
}
