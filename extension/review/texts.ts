// Texts that exist in no file, read-only: a file before Belay's changes, as proposed, as a merge would make it.
import * as vscode from "vscode";
import type { Client } from "../server/client.ts";
import { baselineOf, type Part } from "./joined.ts";
import { MERGE_SCHEME } from "./places.ts";
import type { ReviewList } from "./review-list.ts";

/** The manifest's `when` clauses know it, too. */
export const REVIEW_SCHEME = "belay-review";
const NOTHING = "nothing";

type Side = "baseline" | "proposed";

export function sideOf(file: vscode.Uri, side: Side): vscode.Uri {
  return file.with({ scheme: REVIEW_SCHEME, query: side });
}

/** For the side on which there is no file. */
export function nothingAt(file: vscode.Uri): vscode.Uri {
  return file.with({ scheme: REVIEW_SCHEME, query: NOTHING });
}

export function isProposed(uri: vscode.Uri): boolean {
  return uri.scheme === REVIEW_SCHEME && uri.query === ("proposed" satisfies Side);
}

export function isBaseline(uri: vscode.Uri): boolean {
  return uri.scheme === REVIEW_SCHEME && uri.query === ("baseline" satisfies Side);
}

export class ReviewTexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #client: () => Client | null;
  readonly #list: ReviewList;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];
  /** Merges that a person looks at, until their editor closes. */
  readonly #merges = new Map<string, string>();
  #mergeCount = 0;

  readonly onDidChange = this.#changed.event;

  constructor(client: () => Client | null, list: ReviewList) {
    this.#client = client;
    this.#list = list;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(REVIEW_SCHEME, this),
      vscode.workspace.registerTextDocumentContentProvider(MERGE_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#merges.delete(uri.toString())),
      list.onDidRefresh(() => this.#readAgain()),
    ];
  }

  /** A side that is not there is an empty text. Rejects while no server runs. */
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const merge = this.#merges.get(uri.toString());
    if (merge !== undefined) return merge;
    if (uri.query === NOTHING) return "";
    if (uri.scheme === MERGE_SCHEME) throw new Error("The merge was closed; ask for it again.");
    const client = this.#client();
    if (client === null) throw new Error("Belay's server does not run, and it alone knows this text.");
    const file = this.#list.find(uri);
    // Nothing of it waits any more: beside the file an empty text would be a change of all of it, and VS Code offers to
    // undo that.
    if (file === undefined) return textNow(uri);
    const side: Side = isBaseline(uri) ? "baseline" : "proposed";
    const text = async ({ cwd, path }: Part) =>
      (await client.request("belay/review/text", { cwd, path, side })).text ?? "";
    const [first, ...others] = file.parts;
    if (side === "proposed" || others.length === 0) return text(first);
    return baselineOf(await textNow(uri), file.parts, await Promise.all(file.parts.map(text)));
  }

  keepMerge(file: vscode.Uri, text: string): vscode.Uri {
    this.#mergeCount += 1;
    const uri = file.with({ scheme: MERGE_SCHEME, query: `${this.#mergeCount}` });
    this.#merges.set(uri.toString(), text);
    return uri;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  /** The server is asked for what is open only. Without one what is open stays as it is. */
  #readAgain(): void {
    if (this.#client() === null) return;
    for (const { uri } of vscode.workspace.textDocuments) {
      if (isBaseline(uri) || isProposed(uri)) this.#changed.fire(uri);
    }
  }
}

/** Of the file that this text stands for; empty when there is none. */
async function textNow(uri: vscode.Uri): Promise<string> {
  try {
    return (await vscode.workspace.openTextDocument(uri.with({ scheme: "file", query: "", fragment: "" }))).getText();
  } catch {
    // Deleted, or no text.
    return "";
  }
}
