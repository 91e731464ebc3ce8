// Looking for a text in all threads, page by page: files are read only until the page is full.
import { readFile } from "node:fs/promises";
import { rebuildRecord } from "./rebuild.ts";
import type { ThreadListParams, ThreadSearchParams } from "../protocol/thread-store.ts";
import type { ListedRollout } from "../rollout/index.ts";
import { readRollout } from "../rollout/reader.ts";
import { positionsOf, searchableText, snippetAround } from "./pages.ts";
import { cursorBehind, fromCursor, isWanted, type ListPage, listOptions, type Placed } from "./thread-list.ts";

export interface FoundThread {
  entry: ListedRollout;
  snippet: string;
}

/** Throws RpcError for a cursor that this search did not give out. */
export async function searchThreads(
  all: readonly ListedRollout[],
  params: ThreadSearchParams,
  signal: AbortSignal,
): Promise<ListPage<FoundThread>> {
  const options = listOptions(params);
  const wanted = all.filter((entry) => isWanted(entry, filterOf(params)));
  const { ordered, start } = fromCursor(wanted, options);
  const found: (FoundThread & Placed)[] = [];
  for (const placed of ordered.slice(start)) {
    if (signal.aborted || found.length > options.limit) break;
    const snippet = await snippetOf(placed.entry, params.searchTerm);
    if (snippet !== null) found.push({ ...placed, snippet });
  }
  const page = found.slice(0, options.limit);
  const [first, last] = [page[0], page.at(-1)];
  return {
    data: page,
    nextCursor: found.length > page.length && last !== undefined ? cursorBehind(last) : null,
    backwardsCursor: first === undefined ? null : JSON.stringify({ at: first.key }),
  };
}

/** The text is looked for in the thread itself, not only in what a list shows. */
function filterOf({ archived, sourceKinds }: ThreadSearchParams): ThreadListParams {
  return { archived, sourceKinds };
}

/** Null when it is not in there. */
async function snippetOf({ path, meta, metadata }: ListedRollout, term: string): Promise<string | null> {
  for (const text of [metadata.name ?? "", meta.preview]) {
    const [at] = positionsOf(text, term);
    if (at !== undefined) return snippetAround(text, at, term.length).snippet;
  }
  if (!(await mayContain(path, term))) return null;
  const record = rebuildRecord((await readRollout(path)).lines);
  for (const item of record?.turns.flatMap(({ items }) => items) ?? []) {
    const text = searchableText(item);
    const [at] = positionsOf(text, term);
    if (at !== undefined) return snippetAround(text, at, term.length).snippet;
  }
  return null;
}

/** Cheap, and wrong only in one direction: most files need not be parsed. */
async function mayContain(path: string, term: string): Promise<boolean> {
  const escaped = JSON.stringify(term).slice(1, -1).toLowerCase();
  try {
    return (await readFile(path, "utf8")).toLowerCase().includes(escaped);
  } catch {
    // Deleted meanwhile, or not to be read: nothing is found in it.
    return false;
  }
}
