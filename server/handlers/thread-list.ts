// Requests that look: lists, pages of a history, searches. They load nothing.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidCursor } from "../protocol/rpc/errors.ts";
import { itemsPage, occurrences, turnsPage } from "../thread/pages.ts";
import { searchThreads } from "../thread/search.ts";
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

export function threadListHandlers(store: ThreadStore): Pick<Handlers<typeof clientRequests, Caller>, ListMethods> {
  return {
    "thread/list": (params) => store.list(params),
    async "thread/loaded/list"({ cursor, limit }) {
      if (cursor && !isUuid(cursor)) throw invalidCursor();
      const all = [...store.live()].map(({ id }) => id).sort();
      const start = cursor ? all.findIndex((id) => id > cursor) : 0;
      const data = start === -1 ? [] : all.slice(start, start + Math.max(limit ?? all.length, 1));
      const last = data.at(-1);
      return { data, nextCursor: last !== undefined && last !== all.at(-1) ? last : null };
    },
    async "thread/search"(params, _, signal) {
      const page = await searchThreads(store, params, signal);
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
