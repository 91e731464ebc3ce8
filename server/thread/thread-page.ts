// The page of threads that is asked for, of all that stand in an order. Pure.
import * as z from "zod";
import { invalidCursor } from "../protocol/rpc/errors.ts";
import { compareKeys, firstAt, type KeyOf, type ListedRollout, type ListKey } from "../rollout/listed.ts";

export interface PageOptions {
  /** What the threads are in order of. */
  keyOf: KeyOf;
  direction: "asc" | "desc";
  cursor: string | null;
  limit: number;
}

export interface ListPage<T> {
  data: T[];
  nextCursor: string | null;
  backwardsCursor: string | null;
}

/** `sorted` is ascending. Throws RpcError for a cursor that no page gave out. */
export function pageOfThreads(
  sorted: readonly ListedRollout[],
  options: PageOptions,
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
  options: PageOptions,
): ListPage<T> {
  const data = found.slice(0, options.limit);
  const [first, last] = [data[0], data.at(-1)];
  return {
    data,
    nextCursor: found.length > data.length && last !== undefined ? cursorBehind(entryOf(last), options) : null,
    backwardsCursor: first === undefined ? null : JSON.stringify({ at: placeIn(entryOf(first), options) }),
  };
}

/** Goes on with what comes behind this one. */
export function cursorBehind(entry: ListedRollout, options: PageOptions): string {
  return JSON.stringify({ after: placeIn(entry, options) });
}

function placeIn(entry: ListedRollout, { keyOf }: PageOptions): [number, string] {
  const { time, id } = keyOf(entry);
  return [time, id];
}

/** In the direction asked for. Throws RpcError as above. */
export function* fromCursor(
  sorted: readonly ListedRollout[],
  { keyOf, direction, cursor }: PageOptions,
): Generator<ListedRollout> {
  const place = cursor === null ? null : placeOf(cursor);
  const isAscending = direction === "asc";
  const isBehind = (entry: ListedRollout | undefined) => {
    if (place === null || entry === undefined) return true;
    const compared = compareKeys(keyOf(entry), place.key);
    return compared === 0 ? place.isIncluded : compared > 0 === isAscending;
  };
  const near = place === null ? (isAscending ? 0 : sorted.length - 1) : firstAt(sorted, keyOf, place.key);
  let at = place !== null && !isAscending ? Math.min(near, sorted.length - 1) : near;
  // At most one step, but for threads of one id.
  while (!isBehind(sorted[at])) at += isAscending ? 1 : -1;
  for (; at >= 0; at += isAscending ? 1 : -1) {
    const entry = sorted[at];
    if (entry === undefined) return;
    yield entry;
  }
}

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
