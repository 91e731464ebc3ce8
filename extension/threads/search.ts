// Search in all that was said in all threads, as VS Code's own quick pick; what is picked opens where it was found.
import { basename } from "node:path";
import * as vscode from "vscode";
import { ThreadSearchResponse } from "../../server/protocol/thread-store.ts";
import { relativeTime, titleOf } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { RunningCtx } from "../ctx.ts";
import { showFailure } from "../failures.ts";
import { localFolders } from "../workspace.ts";
import { stateIcons } from "./thread-words.ts";

const LIMIT = 50;

interface FoundItem extends vscode.QuickPickItem {
  /** Absent on what is no row. */
  thread?: Thread;
}

/** Resolves when the pick is closed. `term`: what is looked for at first. */
export async function searchThreads(ctx: RunningCtx, term: unknown): Promise<void> {
  const pick = vscode.window.createQuickPick<FoundItem>();
  pick.title = "Search Threads";
  pick.placeholder = "Words that stand in a thread";
  // The server has chosen already; VS Code marks where the words are.
  pick.matchOnDescription = false;
  pick.matchOnDetail = true;
  const search = new Search(ctx, pick);
  const closed = new Promise<void>((resolve) => pick.onDidHide(() => resolve()));
  const subscriptions = [
    pick,
    pick.onDidChangeValue((value) => void search.run(value.trim())),
    pick.onDidAccept(async () => {
      const thread = pick.selectedItems[0]?.thread;
      if (thread === undefined) return;
      pick.hide();
      await openAt(ctx, thread.id, pick.value.trim()).catch((error: unknown) => showFailure(ctx, error));
    }),
  ];
  pick.value = typeof term === "string" ? term : "";
  pick.show();
  void search.run(pick.value);
  try {
    await closed;
  } finally {
    search.stop();
    for (const subscription of subscriptions) subscription.dispose();
  }
}

/** The newest question alone is answered: a letter more calls off the search for the letters before. */
class Search {
  readonly #ctx: RunningCtx;
  readonly #pick: vscode.QuickPick<FoundItem>;
  #running = new AbortController();

  constructor(ctx: RunningCtx, pick: vscode.QuickPick<FoundItem>) {
    this.#ctx = ctx;
    this.#pick = pick;
  }

  async run(term: string): Promise<void> {
    this.stop();
    const { signal } = (this.#running = new AbortController());
    this.#pick.busy = true;
    try {
      const items = term === "" ? await this.#recent() : await this.#find(term, signal);
      if (!signal.aborted) this.#pick.items = items;
    } catch (error) {
      if (!signal.aborted)
        this.#pick.items = [{ label: "$(warning) The search failed", detail: String(error), alwaysShow: true }];
    } finally {
      if (!signal.aborted) this.#pick.busy = false;
    }
  }

  stop(): void {
    this.#running.abort();
  }

  async #recent(): Promise<FoundItem[]> {
    const folders = localFolders().map(({ cwd }) => cwd);
    const where = folders.length === 0 ? {} : { cwd: folders };
    const { data } = await this.#ctx.client.request("thread/list", { ...where, sortKey: "updated_at", limit: LIMIT });
    return data.map((thread) => this.#itemOf(thread, null));
  }

  /** Those of this window first. */
  async #find(searchTerm: string, signal: AbortSignal): Promise<FoundItem[]> {
    const params = { searchTerm, sortKey: "updated_at", limit: LIMIT };
    const answer = await this.#ctx.client.relay("thread/search", params, signal);
    const { data } = ThreadSearchResponse.parse(answer);
    if (data.length === 0) return [{ label: `No thread has “${searchTerm}” in it`, alwaysShow: true }];
    const folders = new Set(localFolders().map(({ cwd }) => cwd));
    const rows = (isHere: boolean) =>
      data
        .filter(({ thread }) => folders.has(thread.cwd) === isHere)
        .map(({ thread, snippet }) => this.#itemOf(thread, snippet));
    const [here, elsewhere] = [rows(true), rows(false)];
    const separator = { label: "Other workspaces", kind: vscode.QuickPickItemKind.Separator };
    return elsewhere.length === 0 ? here : [...here, separator, ...elsewhere];
  }

  #itemOf(thread: Thread, snippet: string | null): FoundItem {
    const { icon, color } = stateIcons[this.#ctx.threads.list.stateOf(thread)];
    const title = titleOf(thread);
    const line = snippet?.replaceAll(/\s+/g, " ").trim() ?? "";
    return {
      label: title,
      description: `${relativeTime(thread.updatedAt, Date.now() / 1000)} · ${basename(thread.cwd)}`,
      // A title says itself.
      ...(line === "" || line === title ? {} : { detail: line }),
      iconPath: new vscode.ThemeIcon(icon, color === null ? undefined : new vscode.ThemeColor(color)),
      alwaysShow: true,
      thread,
    };
  }
}

/** At the first turn that has it; a title is no turn. */
async function openAt({ client, panel }: RunningCtx, threadId: string, searchTerm: string): Promise<void> {
  const found =
    searchTerm === ""
      ? []
      : (await client.request("thread/searchOccurrences", { threadId, searchTerm, limit: 1 })).data;
  const [first] = found;
  panel.tell("host/showThread", first === undefined ? { threadId } : { threadId, turnId: first.turnId });
  await panel.reveal();
}
