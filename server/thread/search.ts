// Looking for a text in all threads, page by page: files are read only until the page is full.
import { readFile } from "node:fs/promises";
import { rebuildRecord } from "./rebuild.ts";
import type { ThreadListParams, ThreadSearchParams } from "../protocol/thread-store.ts";
import type { ListedRollout } from "../rollout/listed.ts";
import { readRollout } from "../rollout/reader.ts";
import { slices } from "../util/slices.ts";
import { checkTerm, indexIn, positionsOf } from "./find-text.ts";
import { searchableText, snippetAround } from "./pages.ts";
import { type AllThreads, listOptions, orderOf, wantedBy } from "./thread-list.ts";
import { cutPage, fromCursor, type ListPage } from "./thread-page.ts";

export interface FoundThread {
  entry: ListedRollout;
  snippet: string;
}

/** Throws RpcError for a cursor that this search did not give out, and for a term that is too long. */
export async function searchThreads(
  { index, sections }: AllThreads,
  params: ThreadSearchParams,
  signal: AbortSignal,
): Promise<ListPage<FoundThread>> {
  const { searchTerm } = params;
  checkTerm(searchTerm);
  const options = listOptions(params);
  await index.refresh();
  await index.sweep();
  // A copy of the rest: it changes while files are read.
  const candidates = searchTerm === "" ? [] : [...fromCursor(index.sorted(orderOf(params)), options)];
  const pause = slices();
  const wanted = wantedBy(filterOf(params));
  const found: FoundThread[] = [];
  for (const entry of candidates) {
    if (signal.aborted || found.length > options.limit) break;
    if (!wanted(entry, sections.current())) continue;
    const snippet = await snippetOf(entry, searchTerm, pause);
    if (snippet !== null) found.push({ entry, snippet });
  }
  return cutPage(found, ({ entry }) => entry, options);
}

/** The text is looked for in the thread itself, not only in what a list shows. */
function filterOf({ archived, sourceKinds }: ThreadSearchParams): ThreadListParams {
  return { archived, sourceKinds };
}

/** Null when it is not in there. */
async function snippetOf(
  { path, meta, metadata }: ListedRollout,
  term: string,
  pause: () => Promise<void>,
): Promise<string | null> {
  const first = { max: 1, pause };
  for (const text of [metadata.name ?? "", meta.preview]) {
    const [at] = await positionsOf(text, term, first);
    if (at !== undefined) return snippetAround(text, at, term.length).snippet;
  }
  if (!(await mayContain(path, term, pause))) return null;
  const record = rebuildRecord((await readRollout(path)).lines);
  for (const item of record?.turns.flatMap(({ items }) => items) ?? []) {
    await pause();
    const text = searchableText(item);
    const [at] = await positionsOf(text, term, first);
    if (at !== undefined) return snippetAround(text, at, term.length).snippet;
  }
  return null;
}

/** Cheap, and wrong only in one direction: most files need not be parsed. */
async function mayContain(path: string, term: string, pause: () => Promise<void>): Promise<boolean> {
  const escaped = JSON.stringify(term).slice(1, -1).toLowerCase();
  try {
    const text = (await readFile(path, "utf8")).toLowerCase();
    return (await indexIn(text, escaped, { from: 0, pause })) !== -1;
  } catch {
    // Deleted meanwhile, or not to be read: nothing is found in it.
    return false;
  }
}
