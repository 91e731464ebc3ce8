// Looking for a text in all threads, page by page. The first files are read in the order of the page, which a common word
// fills; then ripgrep, where there is one, says which of all the others are worth reading.
import { emptySearch } from "../protocol/rpc/errors.ts";
import type { Ripgrep } from "../files/ripgrep.ts";
import type { ThreadListParams, ThreadSearchParams } from "../protocol/thread-store.ts";
import type { ListedRollout } from "../rollout/listed.ts";
import { partsOf } from "../rollout/parts.ts";
import { slices } from "../util/slices.ts";
import { checkTerm } from "./find-text.ts";
import { rolloutsWith } from "./rollouts-with.ts";
import { type Looking, mayHold, snippetIn, snippetOf } from "./search-rollout.ts";
import { lineFilter } from "./search-term.ts";
import { type AllThreads, listOptions, orderOf, wantedBy } from "./thread-list.ts";
import { cursorBehind, cutPage, fromCursor, type ListPage } from "./thread-page.ts";

export interface FoundThread {
  entry: ListedRollout;
  snippet: string;
}

export interface SearchDeps extends AllThreads {
  readonly home: string;
  /** Null: there is none, and we look through the files alone. */
  readonly ripgrep: Ripgrep | null;
  /** How long one page may take; by then it has what was found, and the next one goes on behind it. */
  readonly maxMs: number;
}

/** So many files are read in less time than ripgrep takes for thousands. */
const FEW = 40;

/** Throws RpcError for a cursor that this search did not give out, and for a term that is empty or too long. */
export async function searchThreads(
  deps: SearchDeps,
  params: ThreadSearchParams,
  signal: AbortSignal,
): Promise<ListPage<FoundThread>> {
  const { searchTerm } = params;
  if (searchTerm === "") throw emptySearch();
  checkTerm(searchTerm);
  const { index, sections } = deps;
  const options = listOptions(params);
  await index.refresh();
  await index.sweep();
  const wanted = wantedBy(filterOf(params));
  const places = sections.current();
  // A copy of the rest: it changes while files are read.
  const candidates = [...fromCursor(index.sorted(orderOf(params)), options)].filter((entry) => wanted(entry, places));
  const filter = lineFilter(searchTerm);
  const stop = AbortSignal.any([signal, AbortSignal.timeout(deps.maxMs)]);
  const looking = { term: searchTerm, filter, signal: stop, pause: slices() };
  const { found, last } = await lookThrough(candidates, options.limit + 1, { looking, deps });
  const page = cutPage(found, ({ entry }) => entry, options);
  return last === null || page.nextCursor !== null ? page : { ...page, nextCursor: cursorBehind(last, options) };
}

interface Through {
  found: FoundThread[];
  /** The last one that was looked at, when there was no time for the others; else null. */
  last: ListedRollout | null;
}

async function lookThrough(
  candidates: readonly ListedRollout[],
  enough: number,
  { looking, deps }: { looking: Looking; deps: SearchDeps },
): Promise<Through> {
  const found: FoundThread[] = [];
  let last: ListedRollout | null = null;
  let worthIt: ReadonlySet<string> | null = null;
  const { ripgrep, home } = deps;
  for (const [at, entry] of candidates.entries()) {
    if (at === FEW && ripgrep !== null) worthIt = await rolloutsWith(looking.filter, { ...looking, ripgrep, home });
    const snippet = (await titleSnippet(entry, looking)) ?? (await textSnippet(entry, { looking, home, worthIt }));
    // Cut short, it says nothing; but of the first one it must, or no page would ever get further.
    if (looking.signal.aborted) return { found, last: last ?? entry };
    last = entry;
    if (snippet !== null && found.push({ entry, snippet }) >= enough) break;
  }
  return { found, last: null };
}

async function titleSnippet({ meta, metadata }: ListedRollout, looking: Looking): Promise<string | null> {
  return (await snippetOf(metadata.name ?? "", looking)) ?? (await snippetOf(meta.preview, looking));
}

/** A fork is found by all that it shows, also by what stands in the thread that it comes from. */
async function textSnippet({ path, meta }: ListedRollout, asked: Asked): Promise<string | null> {
  const { looking, home, worthIt } = asked;
  const parts = meta.baseId === undefined ? [{ path, end: Number.POSITIVE_INFINITY }] : await partsOf(home, path);
  for (const part of parts) {
    const isWorthIt = worthIt === null ? await mayHold(part, looking) : worthIt.has(part.path);
    if (isWorthIt) return snippetIn(parts, looking);
  }
  return null;
}

interface Asked {
  readonly looking: Looking;
  readonly home: string;
  /** Null when nobody knows. */
  readonly worthIt: ReadonlySet<string> | null;
}

/** The text is looked for in the thread itself, not only in what a list shows. */
function filterOf({ archived, sourceKinds }: ThreadSearchParams): ThreadListParams {
  return { archived, sourceKinds };
}
