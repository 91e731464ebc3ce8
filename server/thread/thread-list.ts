// Choosing among all threads: which are wanted, in which order, and the page of them that is asked for. Pure.
import { invalidCursor } from "../protocol/rpc/errors.ts";
import type { ThreadListParams } from "../protocol/thread-store.ts";
import type { ListedRollout } from "../rollout/index.ts";

type SortKey = NonNullable<ThreadListParams["sortKey"]>;

export interface ListOptions {
  sortKey: SortKey;
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
    sortKey: params.sortKey ?? "created_at",
    direction: params.sortDirection ?? "desc",
    cursor: params.cursor ?? null,
    limit: Math.min(Math.max(params.limit ?? 25, 1), MAX_PAGE),
  };
}

/** Throws RpcError for a cursor that this method did not give out. */
export function pageOfThreads(all: readonly ListedRollout[], options: ListOptions): ListPage<ListedRollout> {
  const { ordered, start } = fromCursor(all, options);
  const page = ordered.slice(start, start + options.limit);
  const [first, last] = [page[0], page.at(-1)];
  const hasMore = start + page.length < ordered.length;
  return {
    data: page.map(({ entry }) => entry),
    nextCursor: hasMore && last !== undefined ? cursorBehind(last) : null,
    backwardsCursor: first === undefined ? null : JSON.stringify({ at: first.key }),
  };
}

export interface Placed {
  key: string;
  entry: ListedRollout;
}

/** All in their order, and where the page begins. Throws RpcError as above. */
export function fromCursor(
  all: readonly ListedRollout[],
  { sortKey, direction, cursor }: ListOptions,
): { ordered: Placed[]; start: number } {
  const sign = direction === "asc" ? 1 : -1;
  const key = keys[sortKey];
  const ordered = all.map((entry) => ({ key: key(entry), entry }));
  ordered.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { ordered, start: cursor === null ? 0 : positionOf(ordered, cursor, sign) };
}

export function cursorBehind({ key }: Placed): string {
  return JSON.stringify({ after: key });
}

/** Whether a list with these params has this thread. */
export function isWanted(entry: ListedRollout, params: ThreadListParams): boolean {
  const { meta, metadata } = entry;
  const { cwd, searchTerm, archived, modelProviders, originators, excludedThreadIds, sourceKinds } = params;
  if (entry.isArchived !== (archived ?? false)) return false;
  if (cwd != null && ![cwd].flat().includes(meta.cwd)) return false;
  if (modelProviders?.length && !modelProviders.includes(meta.modelProvider)) return false;
  if (originators?.length && !originators.includes(meta.originator)) return false;
  if (excludedThreadIds?.includes(meta.id)) return false;
  if (sourceKinds?.length && !sourceKinds.some((kind) => kind === meta.source)) return false;
  if (!searchTerm) return true;
  const term = searchTerm.toLowerCase();
  return [metadata.name ?? "", meta.preview].some((text) => text.toLowerCase().includes(term));
}

// The id behind the time makes the order total, so that a cursor names one place even among equals.
const byCreation = ({ meta }: ListedRollout) => `${String(meta.createdAt).padStart(12, "0")} ${meta.id}`;
const byUpdate = ({ meta, updatedAt }: ListedRollout) => `${String(updatedAt).padStart(12, "0")} ${meta.id}`;

const keys: Record<SortKey, (entry: ListedRollout) => string> = {
  created_at: byCreation,
  updated_at: byUpdate,
  recency_at: byUpdate,
  // There are no sections here, so no thread has a place in one.
  section_position: byUpdate,
};

function positionOf(ordered: readonly { key: string }[], cursor: string, sign: number): number {
  let place: { after?: unknown; at?: unknown } | null;
  try {
    place = JSON.parse(cursor) as typeof place;
  } catch {
    throw invalidCursor();
  }
  const isIncluded = typeof place?.at === "string";
  const key = isIncluded ? place?.at : place?.after;
  if (typeof key !== "string") throw invalidCursor();
  const at = ordered.findIndex((entry) => {
    if (entry.key === key) return isIncluded;
    return sign === 1 ? entry.key > key : entry.key < key;
  });
  return at === -1 ? ordered.length : at;
}
