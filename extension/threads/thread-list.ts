// The threads of this window as the server lists them, kept up to date by what it announces. Read when somebody looks.
import * as vscode from "vscode";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { ThreadListParams } from "../../server/protocol/thread-store.ts";
import { pinnedSectionId } from "../../server/protocol/thread-section.ts";
import { stateOf, type ThreadState, waits } from "../../server/protocol/thread-words.ts";
import type { Thread, ThreadStatus } from "../../server/protocol/thread.ts";
import type { Client } from "../server/client.ts";
import type { Notifications } from "../server/notifications.ts";
import { localFolders } from "../workspace.ts";

/** So many more are shown with each "Show more". */
const PAGE = 50;
/** The server gives no more at once. */
const MAX_PAGE = 100;

/** Newest first, but for those that are pinned, which have an order of their own. */
export interface Lists {
  pinned: readonly Thread[];
  recent: Part;
  archived: Part;
}

interface Part {
  threads: readonly Thread[];
  /** There are more than these. */
  hasMore: boolean;
}

// unread --read--> read, or failed     read --the server fails to answer--> read, as it was
export type Reading = { kind: "unread" } | { kind: "read"; lists: Lists } | { kind: "failed"; reason: string };

export class ThreadList implements vscode.Disposable {
  readonly #client: () => Client | null;
  readonly #isLookedAt: () => boolean;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable[];
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  /** As announced: newer than what a list says. */
  readonly #statuses = new Map<string, ThreadStatus>();
  /** Their turns ended while another thread was on show. */
  readonly #unseen = new Set<string>();
  #shownId: string | null = null;
  #reading: Reading = { kind: "unread" };
  #isAll = false;
  #wanted = { recent: PAGE, archived: 1 };
  #isStale = false;
  #refreshing: Promise<void> | null = null;

  constructor(options: {
    client(): Client | null;
    isLookedAt(): boolean;
    notifications: Notifications;
    log: vscode.LogOutputChannel;
  }) {
    const { notifications } = options;
    this.#client = options.client;
    this.#isLookedAt = options.isLookedAt;
    this.#log = options.log;
    const readAgain = () => this.#readAgain();
    this.#subscriptions = [
      this.#changed,
      notifications.on("thread/status/changed", ({ threadId, status }) => this.#statusChanged(threadId, status)),
      notifications.on("thread/started", readAgain),
      notifications.on("thread/name/updated", readAgain),
      notifications.on("thread/section/changed", readAgain),
      notifications.on("thread/archived", ({ threadId }) => this.#forget(threadId)),
      notifications.on("thread/deleted", ({ threadId }) => this.#forget(threadId)),
      notifications.on("thread/unarchived", readAgain),
      notifications.on("thread/reverted", readAgain),
      // Only now the first prompt is known, which is its title.
      notifications.on("turn/started", readAgain),
    ];
  }

  get reading(): Reading {
    return this.#reading;
  }

  /** The folders of the window, or all there are. */
  get isAll(): boolean {
    return this.#isAll;
  }

  set isAll(isAll: boolean) {
    this.#isAll = isAll;
    this.#wanted = { recent: PAGE, archived: 1 };
    this.#readAgain();
  }

  stateOf({ id, status }: Pick<Thread, "id" | "status">): ThreadState {
    return stateOf(this.#statuses.get(id) ?? status, { isUnseen: this.#unseen.has(id) });
  }

  /** How many wait for a person who looks at another thread. */
  get waitingElsewhere(): number {
    const waiting = [...this.#statuses].filter(
      ([id, status]) => id !== this.#shownId && waits(stateOf(status, { isUnseen: false })),
    );
    return waiting.length;
  }

  shown(threadId: string | null): void {
    this.#shownId = threadId;
    if (threadId !== null) this.#unseen.delete(threadId);
    this.#changed.fire();
  }

  /** Resolves when what is listed is no older than this call. Without a server nothing is read. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#readAll().finally(() => (this.#refreshing = null));
    await this.#refreshing;
  }

  async showMore(part: "recent" | "archived"): Promise<void> {
    this.#wanted[part] += PAGE;
    await this.refresh();
  }

  /** Nothing runs any more; the list stays to be read. */
  serverEnded(): void {
    this.#statuses.clear();
    if (this.#reading.kind === "read") this.#reading = { kind: "read", lists: unloaded(this.#reading.lists) };
    this.#changed.fire();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #statusChanged(threadId: string, status: ThreadStatus): void {
    const before = this.#statuses.get(threadId);
    this.#statuses.set(threadId, status);
    if (status.type === "active") this.#unseen.delete(threadId);
    else if (before?.type === "active" && threadId !== this.#shownId) this.#unseen.add(threadId);
    this.#changed.fire();
    // The order is by the time of the last change.
    if (before?.type !== status.type) this.#readAgain();
  }

  #forget(threadId: string): void {
    this.#statuses.delete(threadId);
    this.#unseen.delete(threadId);
    this.#changed.fire();
    this.#readAgain();
  }

  /** What nobody looks at is read when somebody does. */
  #readAgain(): void {
    if (this.#isLookedAt()) void this.refresh();
  }

  async #readAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const client = this.#client();
      if (client === null) return;
      try {
        this.#reading = { kind: "read", lists: await this.#readLists(client) };
      } catch (error) {
        this.#log.warn("The threads cannot be listed.", error);
        if (this.#reading.kind !== "read") this.#reading = { kind: "failed", reason: messageOf(error) };
      }
      this.#changed.fire();
    }
  }

  async #readLists(client: Client): Promise<Lists> {
    const folders = localFolders().map(({ cwd }) => cwd);
    const where = this.#isAll || folders.length === 0 ? {} : { cwd: folders };
    const [pinned, recent, archived] = await Promise.all([
      client.request("thread/list", { ...where, ...inOrderOfPins, limit: MAX_PAGE }),
      readPart(client, where, this.#wanted.recent),
      readPart(client, { ...where, archived: true }, this.#wanted.archived),
    ]);
    const isPinned = new Set(pinned.data.map(({ id }) => id));
    const others = recent.threads.filter(({ id }) => !isPinned.has(id));
    return { pinned: pinned.data, recent: { ...recent, threads: others }, archived };
  }
}

const inOrderOfPins = { sectionId: pinnedSectionId, sortKey: "section_position" } satisfies ThreadListParams;

function unloaded({ pinned, recent, archived }: Lists): Lists {
  const each = (threads: readonly Thread[]) =>
    threads.map((thread) => ({ ...thread, status: { type: "notLoaded" as const } }));
  return {
    pinned: each(pinned),
    recent: { ...recent, threads: each(recent.threads) },
    archived: { ...archived, threads: each(archived.threads) },
  };
}

async function readPart(client: Client, where: ThreadListParams, wanted: number): Promise<Part> {
  const threads: Thread[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(MAX_PAGE, wanted - threads.length);
    const page: { data: Thread[]; nextCursor: string | null } = await client.request("thread/list", {
      ...where,
      sortKey: "updated_at",
      limit,
      cursor,
    });
    threads.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor !== null && threads.length < wanted);
  return { threads, hasMore: cursor !== null };
}
