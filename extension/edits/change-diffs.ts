// The native diff editor for one file of a file change. The side that is not on disk is worked out from the change's
// hunks; nothing of a file is kept.
import { basename, isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import type { Client } from "../server/client.ts";
import { textAfter, textBefore } from "./reverse-hunks.ts";

/** Texts that exist in no file: a file before a change, or after one that waits for approval. */
const SCHEME = "belay-before";

export class ChangeDiffs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === SCHEME) this.#texts.delete(uri.toString());
      }),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? "";
  }

  async show(
    client: Client,
    { threadId, itemId, path }: { threadId: string; itemId: string; path: string },
  ): Promise<void> {
    const { thread } = await client.request("thread/read", { threadId, includeTurns: true });
    const item = thread.turns.flatMap((turn) => turn.items).find(({ id }) => id === itemId);
    const change = item?.type === "fileChange" ? item.changes.find((candidate) => candidate.path === path) : undefined;
    if (item?.type !== "fileChange" || change === undefined) {
      throw new Error(`The change of ${basename(path)} is not in this thread any more.`);
    }
    const isApplied = item.status === "completed";
    const now = pathNow(change, isApplied);
    const file = vscode.Uri.file(isAbsolute(now) ? now : join(thread.cwd, now));
    const current = await textOf(file);
    const other = isApplied ? before(change, current) : after(change, current);
    if (other === null) {
      await openChanged(file, current !== null);
      return;
    }
    const virtual = this.#keep(file, `${itemId}-${isApplied ? "before" : "after"}`, other);
    const side = current === null ? this.#keep(file, `${itemId}-nothing`, "") : file;
    const [left, right] = isApplied ? [virtual, side] : [side, virtual];
    const title = `${basename(path)} (${isApplied ? "before Belay's change" : "Belay's proposed change"})`;
    await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: true });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #keep(file: vscode.Uri, side: string, text: string): vscode.Uri {
    const uri = file.with({ scheme: SCHEME, authority: "", query: side });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}

/** The path under which the file is now. */
function pathNow(change: FileUpdateChange, isApplied: boolean): string {
  return isApplied && change.kind.type === "update" ? (change.kind.move_path ?? change.path) : change.path;
}

/** `current` null: there is no such file. */
function before(change: FileUpdateChange, current: string | null): string | null {
  switch (change.kind.type) {
    case "add":
      return "";
    case "delete":
      return change.diff;
    case "update":
      return current === null ? null : textBefore(current, change.diff);
    default:
      return change.kind satisfies never;
  }
}

function after(change: FileUpdateChange, current: string | null): string | null {
  switch (change.kind.type) {
    case "add":
      return change.diff;
    case "delete":
      return "";
    case "update":
      return current === null ? null : textAfter(current, change.diff);
    default:
      return change.kind satisfies never;
  }
}

async function textOf(file: vscode.Uri): Promise<string | null> {
  try {
    return (await vscode.workspace.openTextDocument(file)).getText();
  } catch {
    // Gone or not text: the diff shows an empty side, or the caller says so.
    return null;
  }
}

async function openChanged(file: vscode.Uri, isThere: boolean): Promise<void> {
  const name = basename(file.fsPath);
  if (!isThere) throw new Error(`${name} does not exist any more, so there is nothing to compare.`);
  await vscode.commands.executeCommand("vscode.open", file, { preview: true });
  void vscode.window.showInformationMessage(
    `${name} was changed after Belay's change, so the two cannot be compared any more. This is the file as it is now.`,
  );
}
