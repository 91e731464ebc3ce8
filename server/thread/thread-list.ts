// Choosing among all threads: which are wanted, in which order, and the page of them that is asked for.
import { resolve } from "node:path";
import * as z from "zod";
import { invalidCursor } from "../protocol/rpc/errors.ts";
import type { ThreadListParams } from "../protocol/thread-store.ts";
import type { RolloutIndex } from "../rollout/index.ts";
import { compareKeys, firstAt, type ListedRollout, type ListKey, listKey, type ListOrder } from "../rollout/listed.ts";

type SortKey = NonNullable<ThreadListParams["sortKey"]>;

export interface ListOptions {
  order: ListOrder;
  direction: "asc" | "desc";
  cursor: string | null;
  limit: number;
}

export interface ListPage<T> {
  data: T[];
  nextCursor: string | null;
  backwardsCursor: string | null;
}

const MAX_PAGE = 100;

export function listOptions(
  params: Pick<ThreadListParams, "sortKey" | "sortDirection" | "cursor" | "limit">,
): ListOptions {
  return {
    order: orders[params.sortKey ?? "created_at"],
    direction: params.sortDirection ?? "desc",
    cursor: params.cursor ?? null,
    limit: Math.min(Math.max(params.limit ?? 25, 1), MAX_PAGE),
  };
}

/** Throws RpcError for a cursor that this method did not give out. */
export async function listThreads(index: RolloutIndex, params: ThreadListParams): Promise<ListPage<ListedRollout>> {
  const options = listOptions(params);
  await index.refresh();
  if (needsAll(params, options)) await index.sweep();
  for (let attemptsLeft = maxAttempts; ; attemptsLeft--) {
    const page = pageOfThreads(index.sorted(options.order), options, (entry) => isWanted(entry, params));
    // What is shown is what is on disk now. Where it was not, another page may be due.
    if (attemptsLeft === 0 || (await index.verify(page.data))) return page;
  }
}

// A thread that is being written changes again and again.
const maxAttempts = 3;

/** The page depends on what may have changed in any of them, not only in those that are shown. */
function needsAll({ searchTerm }: ThreadListParams, { order }: ListOptions): boolean {
  return order === "updatedAt" || Boolean(searchTerm);
}

/** Pure. `sorted` is ascending. Throws RpcError as above. */
export function pageOfThreads(
  sorted: readonly ListedRollout[],
  options: ListOptions,
  wanted: (entry: ListedRollout) => boolean,
): ListPage<ListedRollout> {
  const found: ListedRollout[] = [];
  for (const entry of fromCursor(sorted, options)) {
    if (wanted(entry)) found.push(entry);
    if (found.length > options.limit) break;
  }
  return cutPage(found, (entry) => entry, options);
}

/** A page of what was found, which is one more than the page has where there is more. */
export function cutPage<T>(
  found: readonly T[],
  entryOf: (each: T) => ListedRollout,
  options: ListOptions,
): ListPage<T> {
  const data = found.slice(0, options.limit);
  const [first, last] = [data[0], data.at(-1)];
  const placeOf = (each: T) => {
    const { time, id } = listKey(entryOf(each), options.order);
    return [time, id];
  };
  return {
    data,
    nextCursor: found.length > data.length && last !== undefined ? JSON.stringify({ after: placeOf(last) }) : null,
    backwardsCursor: first === undefined ? null : JSON.stringify({ at: placeOf(first) }),
  };
}

/** In the direction asked for. Throws RpcError as above. */
export function* fromCursor(
  sorted: readonly ListedRollout[],
  { order, direction, cursor }: ListOptions,
): Generator<ListedRollout> {
  const place = cursor === null ? null : placeOf(cursor);
  const isAscending = direction === "asc";
  const isBehind = (entry: ListedRollout | undefined) => {
    if (place === null || entry === undefined) return true;
    const compared = compareKeys(listKey(entry, order), place.key);
    return compared === 0 ? place.isIncluded : compared > 0 === isAscending;
  };
  const near = place === null ? (isAscending ? 0 : sorted.length - 1) : firstAt(sorted, order, place.key);
  let at = place !== null && !isAscending ? Math.min(near, sorted.length - 1) : near;
  // At most one step, but for threads of one id.
  while (!isBehind(sorted[at])) at += isAscending ? 1 : -1;
  for (; at >= 0; at += isAscending ? 1 : -1) {
    const entry = sorted[at];
    if (entry === undefined) return;
    yield entry;
  }
}

/** Whether a list with these params has this thread. */
export function isWanted(entry: ListedRollout, params: ThreadListParams): boolean {
  const { meta, metadata, settings } = entry;
  const { cwd, searchTerm, archived, modelProviders, originators, excludedThreadIds, sourceKinds } = params;
  if (entry.isArchived !== (archived ?? false)) return false;
  const { parentThreadId, ancestorThreadId, attachedToThreadId, sectionId, projectId } = params;
  if (parentThreadId || ancestorThreadId || attachedToThreadId || sectionId || projectId) return false;
  if (cwd != null && ![cwd].flat().some((folder) => resolve(folder) === settings.cwd)) return false;
  if (modelProviders?.length && !modelProviders.includes(settings.modelProvider)) return false;
  if (originators?.length && !originators.includes(meta.originator)) return false;
  if (excludedThreadIds?.includes(meta.id)) return false;
  if (sourceKinds?.length && !sourceKinds.some((kind) => kind === meta.source)) return false;
  if (!searchTerm) return true;
  const term = searchTerm.toLowerCase();
  return [metadata.name ?? "", meta.preview].some((text) => text.toLowerCase().includes(term));
}

const orders: Record<SortKey, ListOrder> = {
  created_at: "createdAt",
  updated_at: "updatedAt",
  recency_at: "updatedAt",
  // There are no sections here, so no thread has a place in one.
  section_position: "updatedAt",
};

const Place = z.tuple([z.number(), z.string()]);
const Cursor = z.union([z.object({ after: Place }), z.object({ at: Place })]);

function placeOf(cursor: string): { key: ListKey; isIncluded: boolean } {
  const parsed = Cursor.safeParse(parseJson(cursor));
  if (!parsed.success) throw invalidCursor();
  const isIncluded = "at" in parsed.data;
  const [time, id] = "at" in parsed.data ? parsed.data.at : parsed.data.after;
  return { key: { time, id }, isIncluded };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidCursor();
  }
}
