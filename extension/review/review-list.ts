// What waits for review, as the server said it last. Nothing is known here that the server cannot say again.
import * as vscode from "vscode";
import type { Client } from "../server/client.ts";
import type { Notifications } from "../server/notifications.ts";
import { localFolders, openPaths } from "../workspace.ts";
import { type JoinedFile, joinParts, type Part } from "./joined.ts";
import { fileAt, MERGE_SCHEME } from "./places.ts";

/** For `when` in the manifest: there is something to review. */
const ANY_CONTEXT_KEY = "belay.hasReview";
/** For `resourcePath in` in the manifest: the paths of what is to review. */
const PATHS_CONTEXT_KEY = "belay.reviewPaths";

export interface ReviewedFile extends JoinedFile {
  /** As the editor names it. */
  readonly uri: vscode.Uri;
}

export class ReviewList implements vscode.Disposable {
  readonly #client: () => Client | null;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #refreshed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  #files: readonly ReviewedFile[] = [];
  /** By the path that the editor has for a file, and by the server's: the editor asks for every file that it lists. */
  #byPath: ReadonlyMap<string, ReviewedFile> = new Map();
  #reading: Promise<void> | null = null;
  #isOutdated = false;
  /** What those who listen for changes have heard of last; null: one of them has asked since, and knows something else. */
  #told: string | null = textOf([]);
  /** Questions to the server, counted, and the one whose answer all of the list is. */
  #asked = 0;
  #listAsked = 0;

  /** Other files, or other changes in them. */
  readonly onDidChange = this.#changed.event;
  /** The server was asked: hunks and the texts behind them may be others, though the list looks the same. */
  readonly onDidRefresh = this.#refreshed.event;

  constructor(options: { client(): Client | null; notifications: Notifications; log: vscode.LogOutputChannel }) {
    this.#client = options.client;
    this.#log = options.log;
    this.#subscription = options.notifications.on("belay/review/updated", () => void this.refresh());
  }

  /** In order of their paths, each once but where something is both written and proposed. */
  get all(): readonly ReviewedFile[] {
    return this.#files;
  }

  /** By the file, as the editor or as the server names it, or by a text of ours that stands for it. */
  find(uri: vscode.Uri): ReviewedFile | undefined {
    if (uri.scheme === MERGE_SCHEME) return undefined;
    return this.#byPath.get(uri.path) ?? this.#byPath.get(uri.fsPath);
  }

  /** Never rejects. Who asks while an answer is on its way waits for the one behind it. */
  async refresh(): Promise<void> {
    this.#isOutdated = true;
    this.#reading ??= this.#readAll();
    await this.#reading;
  }

  /** Asks about one file only. Undefined: nothing of it is to review any more, or no server runs. */
  async refreshFile(uri: vscode.Uri): Promise<ReviewedFile | undefined> {
    const client = this.#client();
    const known = this.find(uri);
    if (client === null || known === undefined) return undefined;
    const asked = ++this.#asked;
    const folders = [...new Set(this.#partsOf(known.path).map(({ cwd }) => cwd))];
    const fresh = await this.#ask(client, folders, known.path);
    // A list that was asked for later and is here already knows more.
    if (fresh === null || this.#listAsked > asked) return this.find(uri);
    const others = this.#files.flatMap(({ path, parts }) => (path === known.path ? [] : parts));
    this.#set([...others, ...fresh], { isQuiet: fresh.length > 0 });
    return this.find(uri);
  }

  serverEnded(): void {
    this.#set([]);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
    this.#refreshed.dispose();
  }

  async #readAll(): Promise<void> {
    // Begins when `#reading` is set, and unsets it in the step that sees nothing outdated: between the two nobody can ask
    // who is not answered.
    await Promise.resolve();
    try {
      while (this.#isOutdated) await this.#readOnce();
    } finally {
      this.#reading = null;
    }
  }

  async #readOnce(): Promise<void> {
    this.#isOutdated = false;
    const client = this.#client();
    const folders = localFolders();
    if (client === null || folders.length === 0) return;
    const asked = ++this.#asked;
    const parts = await this.#ask(
      client,
      folders.map(({ cwd }) => cwd),
      null,
    );
    if (parts === null) return;
    this.#listAsked = asked;
    this.#set(parts);
  }

  #partsOf(path: string): Part[] {
    return this.#files.flatMap((file) => (file.path === path ? file.parts : []));
  }

  /** Null when the server cannot say: then what is known stays. */
  async #ask(client: Client, folders: readonly string[], path: string | null): Promise<Part[] | null> {
    const windowFolders = openPaths();
    try {
      const lists = await Promise.all(
        folders.map(async (cwd) => {
          const { files } = await client.request("belay/review/list", { cwd, windowFolders, path });
          return files.map((file) => ({ ...file, cwd }));
        }),
      );
      return this.#client() === client ? lists.flat() : null;
    } catch (error) {
      this.#log.warn("The server does not say what is to review.", error);
      return null;
    }
  }

  /** `isQuiet`: who is asked for lenses right now need not be told to ask for them again. */
  #set(parts: readonly Part[], { isQuiet }: { isQuiet: boolean } = { isQuiet: false }): void {
    const files = joinParts(parts).map((file) => ({ ...file, uri: fileAt(file.path) }));
    this.#files = files;
    this.#byPath = new Map(files.flatMap((file) => [file.uri.path, file.path].map((path) => [path, file])));
    const text = textOf(files);
    if (isQuiet) {
      // Who asked shows this now: what all heard before would be news to it.
      if (text !== this.#told) this.#told = null;
    } else if (text !== this.#told) {
      this.#told = text;
      this.#showToMenus();
      this.#changed.fire();
    }
    this.#refreshed.fire();
  }

  #showToMenus(): void {
    // A path as the system writes it for files, and as URIs have it for texts of ours.
    const paths = this.#files.flatMap(({ uri }) => [uri.fsPath, uri.path]);
    void vscode.commands.executeCommand("setContext", ANY_CONTEXT_KEY, paths.length > 0);
    void vscode.commands.executeCommand("setContext", PATHS_CONTEXT_KEY, [...new Set(paths)]);
  }
}

/** Without the URIs, which grow members when they are used. */
function textOf(files: readonly ReviewedFile[]): string {
  return JSON.stringify(files.map((file) => ({ ...file, uri: null })));
}
