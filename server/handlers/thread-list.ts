// Requests that look: lists, pages of a history, searches. They load nothing.
import type { Ripgrep } from "../files/ripgrep.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidCursor } from "../protocol/rpc/errors.ts";
import { itemsPage, occurrences, turnsPage } from "../thread/pages.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import { isUuid } from "../util/uuid-v7.ts";
import type { Caller } from "./caller.ts";

type ListMethods =
  | "thread/list"
  | "thread/loaded/list"
  | "thread/search"
  | "thread/searchOccurrences"
  | "thread/turns/list"
  | "thread/items/list";

/** Longer than anybody waits in front of an empty list. */
const MAX_SEARCH_MS = 10_000;

/** `ripgrep`: null where there is none. */
export function threadListHandlers(
  store: ThreadStore,
  ripgrep: () => Promise<Ripgrep | null>,
): Pick<Handlers<typeof clientRequests, Caller>, ListMethods> {
  return {
    "thread/list": (params) => store.list(params),
    async "thread/loaded/list"({ cursor, limit }) {
      if (cursor && !isUuid(cursor)) throw invalidCursor();
      const all = [...store.live.all()].map(({ id }) => id).sort();
      const start = cursor ? all.findIndex((id) => id > cursor) : 0;
      const data = start === -1 ? [] : all.slice(start, start + Math.max(limit ?? all.length, 1));
      const last = data.at(-1);
      return { data, nextCursor: last !== undefined && last !== all.at(-1) ? last : null };
    },
    async "thread/search"(params, _, signal) {
      // Most sessions never search.
      const { searchThreads } = await import("../thread/search.ts");
      const { index, sections, home } = store;
      const deps = { index, sections, home, ripgrep: await ripgrep(), maxMs: MAX_SEARCH_MS };
      const page = await searchThreads(deps, params, signal);
      return { ...page, data: page.data.map(({ entry, snippet }) => ({ thread: store.listed(entry), snippet })) };
    },
    async "thread/searchOccurrences"(params, _, signal) {
      return occurrences(await store.turns(params.threadId), params, signal);
    },
    async "thread/turns/list"(params) {
      return turnsPage(await store.turns(params.threadId), params);
    },
    async "thread/items/list"(params) {
      return itemsPage(await store.turns(params.threadId), params);
    },
  };
}
