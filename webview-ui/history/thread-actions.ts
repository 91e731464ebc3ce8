// What a person can do with threads in their list. Each rejects with a sentence for them.
import { pinnedSectionId } from "../../server/protocol/thread-section.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { PanelConnection } from "../connection.ts";
import type { ListFilter } from "../state/state.ts";
import type { Store } from "../state/store.ts";

const PAGE = 100;
const FOUND = 50;

export interface FoundThread {
  thread: Thread;
  /** The line in which the words were found. */
  snippet: string;
}

export interface ThreadActions {
  /** Reads the list anew; without a filter by the one in use. */
  browse(filter?: ListFilter): Promise<void>;
  browseMore(): Promise<void>;
  /** In all that was said, in all folders. */
  search(text: string, filter: ListFilter): Promise<FoundThread[]>;
  /** The first turn that has these words; null when only a title has them. */
  turnWith(threadId: string, text: string): Promise<string | null>;
  rename(threadId: string, name: string): Promise<void>;
  pin(threadId: string, isPinned: boolean): Promise<void>;
  archive(threadId: string): Promise<void>;
  unarchive(threadId: string): Promise<void>;
  delete(threadId: string): Promise<void>;
  /** Resolves with the new thread's id. */
  fork(threadId: string): Promise<string>;
}

export function createThreadActions({ state, dispatch }: Store, connection: PanelConnection): ThreadActions {
  const list = async (filter: ListFilter, cursor: string | null) =>
    connection.request("thread/list", { ...paramsOf(filter), sortKey: "updated_at", limit: PAGE, cursor });

  return {
    async browse(filter = state.peek().browsed.filter) {
      dispatch({ type: "threadsBrowsing", filter });
      const [pinned, recent] = await Promise.all([
        filter.isArchived
          ? { data: [] }
          : connection.request("thread/list", {
              ...paramsOf(filter),
              sectionId: pinnedSectionId,
              sortKey: "section_position",
              limit: PAGE,
            }),
        list(filter, null),
      ]);
      const first = pinned.data.filter(isPinned);
      const threads = [...first, ...withoutKnown(recent.data, first)];
      dispatch({ type: "threadsBrowsed", filter, threads, nextCursor: recent.nextCursor });
    },
    async browseMore() {
      const { filter, threads, nextCursor } = state.peek().browsed;
      if (nextCursor === null || threads === null) return;
      const more = await list(filter, nextCursor);
      const all = [...threads, ...withoutKnown(more.data, threads)];
      dispatch({ type: "threadsBrowsed", filter, threads: all, nextCursor: more.nextCursor });
    },
    async search(searchTerm, { isArchived: archived }) {
      const params = { searchTerm, archived, sortKey: "updated_at", limit: FOUND } as const;
      return (await connection.request("thread/search", params)).data;
    },
    async turnWith(threadId, searchTerm) {
      const { data } = await connection.request("thread/searchOccurrences", { threadId, searchTerm, limit: 1 });
      return data[0]?.turnId ?? null;
    },
    async rename(threadId, name) {
      await connection.request("thread/name/set", { threadId, name });
    },
    async pin(threadId, wanted) {
      await connection.request("thread/section/move", { threadId, sectionId: wanted ? pinnedSectionId : null });
    },
    async archive(threadId) {
      await connection.request("thread/archive", { threadId });
    },
    async unarchive(threadId) {
      await connection.request("thread/unarchive", { threadId });
    },
    async delete(threadId) {
      await connection.request("thread/delete", { threadId });
    },
    async fork(threadId) {
      return (await connection.request("thread/fork", { threadId, excludeTurns: true })).thread.id;
    },
  };
}

export function isPinned({ section }: Thread): boolean {
  return section?.id === pinnedSectionId;
}

// Named as nothing, the folder is any; unnamed, the editor names those of the window.
function paramsOf({ isAll, isArchived }: ListFilter): { archived: boolean; cwd?: null } {
  return isAll ? { archived: isArchived, cwd: null } : { archived: isArchived };
}

function withoutKnown(threads: readonly Thread[], known: readonly Thread[]): Thread[] {
  const ids = new Set(known.map(({ id }) => id));
  return threads.filter(({ id }) => !ids.has(id));
}
