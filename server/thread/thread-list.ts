// Choosing among all threads: which are wanted, and in which order.
import { resolve } from "node:path";
import { invalidExcluded, noOrderOfSections, tooManyExcluded } from "../protocol/rpc/errors.ts";
import type { ThreadListParams } from "../protocol/thread-store.ts";
import type { RolloutIndex } from "../rollout/index.ts";
import { type KeyOf, keyBy, type ListedRollout, type ListOrder } from "../rollout/listed.ts";
import { isUuid } from "../util/uuid-v7.ts";
import { placeOf, sectionIdOf, type SectionsFile, threadsIn } from "./section-places.ts";
import { type ListPage, type PageOptions, pageOfThreads } from "./thread-page.ts";
import type { ThreadSections } from "./thread-sections.ts";

const MAX_PAGE = 100;
const MAX_EXCLUDED = 100;
// A thread that is being written changes again and again.
const MAX_ATTEMPTS = 3;

export interface AllThreads {
  readonly index: RolloutIndex;
  readonly sections: ThreadSections;
}

/** Throws RpcError for params that do not fit together, and for a cursor that this method did not give out. */
export async function listThreads(all: AllThreads, params: ThreadListParams): Promise<ListPage<ListedRollout>> {
  checkExcluded(params.excludedThreadIds ?? []);
  const { index, sections } = all;
  const sectionId = params.sortKey === "section_position" ? params.sectionId : undefined;
  if (params.sortKey === "section_position" && !sectionId) throw noOrderOfSections();
  await index.refresh();
  const isFinal = params.useStateDbOnly ?? false;
  if (!isFinal && needsAll(params)) await index.sweep();
  const wanted = wantedBy(params);
  for (let attemptsLeft = MAX_ATTEMPTS; ; attemptsLeft--) {
    const places = sections.current();
    const isWanted = (entry: ListedRollout) => wanted(entry, places);
    const page = sectionId
      ? pageOfThreads(inSection(index, places, sectionId), sectionOptions(places, params), isWanted)
      : pageOf(index, params, isWanted);
    // What is shown is what is on disk now. Where it was not, another page may be due.
    if (isFinal || attemptsLeft === 0 || (await index.verify(page.data))) return page;
  }
}

/** Where the youngest fill the page, the others are not even read. */
function pageOf(
  index: RolloutIndex,
  params: ThreadListParams,
  isWanted: (entry: ListedRollout) => boolean,
): ListPage<ListedRollout> {
  const [order, options] = [orderOf(params), listOptions(params)];
  if (order === "createdAt" && options.direction === "desc") {
    const page = pageOfThreads(index.youngest(), options, isWanted);
    if (page.nextCursor !== null) return page;
  }
  return pageOfThreads(index.sorted(order), options, isWanted);
}

type PageParams = Pick<ThreadListParams, "sortKey" | "sortDirection" | "cursor" | "limit">;

export function listOptions(params: PageParams): PageOptions {
  return optionsBy(keyBy(orderOf(params)), "desc", params);
}

export function orderOf({ sortKey }: Pick<ThreadListParams, "sortKey">): ListOrder {
  return sortKey === "updated_at" || sortKey === "recency_at" ? "updatedAt" : "createdAt";
}

function sectionOptions(places: SectionsFile, params: PageParams): PageOptions {
  const keyOf: KeyOf = ({ id }) => ({ time: placeOf(places, id)?.position ?? 0, id });
  return optionsBy(keyOf, "asc", params);
}

function optionsBy(keyOf: KeyOf, usual: "asc" | "desc", { sortDirection, cursor, limit }: PageParams): PageOptions {
  const size = Math.min(Math.max(limit ?? 25, 1), MAX_PAGE);
  return { keyOf, direction: sortDirection ?? usual, cursor: cursor ?? null, limit: size };
}

/** Ascending. */
function inSection(index: RolloutIndex, places: SectionsFile, sectionId: string): ListedRollout[] {
  const ranks = new Map(threadsIn(places, sectionId).map(({ id }, at) => [id, at]));
  const found = index.sorted("createdAt").filter(({ id }) => ranks.has(id));
  return found.sort((a, b) => (ranks.get(a.id) ?? 0) - (ranks.get(b.id) ?? 0));
}

/** The page depends on what may have changed in any of them, not only in those that are shown. */
function needsAll(params: ThreadListParams): boolean {
  return orderOf(params) === "updatedAt" || Boolean(params.searchTerm);
}

function checkExcluded(ids: readonly string[]): void {
  if (ids.length > MAX_EXCLUDED) throw tooManyExcluded(MAX_EXCLUDED);
  const wrong = ids.find((id) => !isUuid(id));
  if (wrong !== undefined) throw invalidExcluded(wrong);
}

type Wanted = (entry: ListedRollout, places: SectionsFile) => boolean;

/** Whether a list with these params has a thread. Asked of thousands: what is cheap is asked first. */
export function wantedBy(params: ThreadListParams): Wanted {
  const { archived, modelProviders, originators, sectionId, searchTerm } = params;
  const { parentThreadId, ancestorThreadId, attachedToThreadId, projectId } = params;
  if (parentThreadId || ancestorThreadId || attachedToThreadId || projectId) return () => false;
  const folders = params.cwd == null ? null : new Set([params.cwd].flat().map((folder) => resolve(folder)));
  const excluded = new Set(params.excludedThreadIds);
  const kinds: ReadonlySet<string> = new Set(params.sourceKinds?.length ? params.sourceKinds : interactive);
  const term = searchTerm?.toLowerCase() ?? "";
  return (entry, places) => {
    if (entry.isArchived !== (archived ?? false) || excluded.has(entry.id)) return false;
    if (sectionId !== undefined && sectionIdOf(places, entry.id) !== sectionId) return false;
    if (folders !== null && !(mayBeIn(entry, folders) && folders.has(entry.settings.cwd))) return false;
    if (modelProviders?.length && !modelProviders.includes(entry.settings.modelProvider)) return false;
    if (originators?.length && !originators.includes(entry.meta.originator)) return false;
    if (!kinds.has(entry.meta.source)) return false;
    return (
      term === "" || [entry.metadata.name ?? "", entry.meta.preview].some((text) => text.toLowerCase().includes(term))
    );
  };
}

function mayBeIn(entry: ListedRollout, folders: Iterable<string>): boolean {
  for (const folder of folders) if (entry.mayShow(folder)) return true;
  return false;
}

/** What people started themselves; it is listed when no kind is asked for. */
const interactive = ["cli", "vscode"];
