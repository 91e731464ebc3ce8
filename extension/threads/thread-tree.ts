// The list of threads as rows of VS Code's tree: groups by time, and what there is to say of each thread.
import { basename } from "node:path";
import * as vscode from "vscode";
import { byAge, titleOf } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import { localFolders } from "../workspace.ts";
import type { Lists, ThreadList } from "./thread-list.ts";
import { rowContext, rowDescription, rowFacts, rowLabel, type RowPlace, stateIcons } from "./thread-words.ts";

export type Node = GroupNode | ThreadNode | MoreNode;

interface GroupNode {
  kind: "group";
  label: string;
  place: RowPlace["kind"];
  threads: readonly Thread[];
}

export interface ThreadNode {
  kind: "thread";
  thread: Thread;
  place: RowPlace["kind"];
  group: string;
}

interface MoreNode {
  kind: "more";
  part: "recent" | "archived";
}

const ARCHIVED = "Archived";
const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

export class ThreadTree implements vscode.TreeDataProvider<Node> {
  readonly #list: ThreadList;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;

  /** As they were when VS Code was last told to read them. */
  #rows = "";

  constructor(list: ThreadList) {
    this.#list = list;
    list.onDidChange(() => {
      // While VS Code reads the rows anew, it cannot say which of them one clicks on.
      const rows = JSON.stringify(this.getChildren().map((root) => this.#itemsOf(root)));
      if (rows === this.#rows) return;
      this.#rows = rows;
      this.#changed.fire();
    });
  }

  getChildren(node?: Node): Node[] {
    const { reading } = this.#list;
    if (reading.kind !== "read") return [];
    if (node === undefined) return rootsOf(reading.lists);
    if (node.kind !== "group") return [];
    const rows = node.threads.map((thread) => rowOf(thread, node));
    const isCut = node.place === "archived" && reading.lists.archived.hasMore;
    return isCut ? [...rows, { kind: "more", part: "archived" }] : rows;
  }

  getParent(node: Node): Node | undefined {
    const { reading } = this.#list;
    if (node.kind !== "thread" || reading.kind !== "read") return undefined;
    return rootsOf(reading.lists).find((root) => root.kind === "group" && root.label === node.group);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case "group":
        return groupItem(node);
      case "thread":
        return this.#threadItem(node);
      case "more":
        return moreItem(node);
      default:
        return node satisfies never;
    }
  }

  /** What takes time to put together is asked for when the pointer rests on a row. */
  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    if (node.kind !== "thread") return item;
    const { thread } = node;
    const tooltip = new vscode.MarkdownString().appendMarkdown("**").appendText(titleOf(thread)).appendMarkdown("**");
    for (const [name, value] of rowFacts(thread, this.#list.stateOf(thread)))
      tooltip.appendMarkdown(`\n\n${name}: `).appendText(value);
    item.tooltip = tooltip;
    return item;
  }

  /** The row of a thread, to reveal it; null while it is not listed. */
  rowOf(threadId: string): ThreadNode | null {
    const { reading } = this.#list;
    if (reading.kind !== "read") return null;
    for (const root of rootsOf(reading.lists)) {
      const thread = root.kind === "group" ? root.threads.find(({ id }) => id === threadId) : undefined;
      if (thread !== undefined && root.kind === "group") return rowOf(thread, root);
    }
    return null;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #itemsOf(node: Node): vscode.TreeItem[] {
    return [node, ...this.getChildren(node)].map((row) => this.getTreeItem(row));
  }

  #threadItem({ thread, place: kind }: ThreadNode): vscode.TreeItem {
    const place: RowPlace = { kind, folder: this.#folderOf(thread), now: Date.now() / 1000 };
    const state = this.#list.stateOf(thread);
    const { icon, color } = stateIcons[state];
    const item = new vscode.TreeItem(titleOf(thread), None);
    item.id = thread.id;
    item.description = rowDescription(thread, place);
    item.iconPath = new vscode.ThemeIcon(icon, color === null ? undefined : new vscode.ThemeColor(color));
    item.contextValue = rowContext(state, place);
    item.accessibilityInformation = { label: rowLabel(thread, state, place), role: "treeitem" };
    item.command = { command: "belay.openThread", title: "Open", arguments: [thread.id] };
    return item;
  }

  /** Where a window has one folder and lists only its threads, it goes without saying. */
  #folderOf({ cwd }: Thread): string | null {
    const folders = localFolders();
    if (!this.#list.isAll && folders.length < 2) return null;
    return folders.find((folder) => folder.cwd === cwd)?.name ?? (basename(cwd) || cwd);
  }
}

function rootsOf({ pinned, recent, archived }: Lists): Node[] {
  const groups: GroupNode[] = byAge(recent.threads, ({ updatedAt }) => updatedAt, Date.now() / 1000).map(
    ([label, threads]) => ({ kind: "group", label, place: "recent", threads }),
  );
  return [
    ...(pinned.length === 0
      ? []
      : [{ kind: "group" as const, label: "Pinned", place: "pinned" as const, threads: pinned }]),
    ...groups,
    ...(recent.hasMore ? [{ kind: "more" as const, part: "recent" as const }] : []),
    ...(archived.threads.length === 0
      ? []
      : [{ kind: "group" as const, label: ARCHIVED, place: "archived" as const, threads: archived.threads }]),
  ];
}

function rowOf(thread: Thread, { place, label }: GroupNode): ThreadNode {
  return { kind: "thread", thread, place, group: label };
}

function groupItem({ label }: GroupNode): vscode.TreeItem {
  const item = new vscode.TreeItem(label, label === ARCHIVED ? Collapsed : Expanded);
  item.id = `group:${label}`;
  item.contextValue = "group";
  return item;
}

function moreItem({ part }: MoreNode): vscode.TreeItem {
  const item = new vscode.TreeItem("Show more", None);
  item.id = `more:${part}`;
  item.iconPath = new vscode.ThemeIcon("ellipsis");
  item.command = { command: "belay.showMoreThreads", title: "Show more", arguments: [part] };
  return item;
}
