// The history of a thread page by page: turns, items, and where a text stands. Touches no disk.
import type { ThreadItem } from "../protocol/item.ts";
import { invalidCursor, turnNotFound } from "../protocol/rpc/errors.ts";
import type {
  ThreadItemsListParams,
  ThreadItemsListResponse,
  ThreadSearchOccurrencesParams,
  ThreadSearchOccurrencesResponse,
  ThreadTurnsListParams,
  ThreadTurnsListResponse,
} from "../protocol/thread-store.ts";
import type { Turn, TurnItemsView } from "../protocol/turn.ts";
import { slices } from "../util/slices.ts";
import { checkTerm, positionsOf } from "./find-text.ts";

type Direction = "asc" | "desc";

/** Where a page begins: at this element, or right behind it in the direction of reading. */
interface Place {
  id: string;
  isIncluded: boolean;
}

interface Page<T> {
  data: T[];
  /** Null at the end. */
  nextCursor: string | null;
  /** Read with the other direction it begins with the first element of this page. Null for an empty page. */
  backwardsCursor: string | null;
}

const MAX_TURNS = 100;
const MAX_ITEMS = 1_000;
const MAX_OCCURRENCES = 200;
const MAX_OCCURRENCES_OF_ITEM = 1_000;

/** Throws RpcError for a cursor that is not of this thread. */
export function turnsPage(
  turns: readonly Turn[],
  params: Omit<ThreadTurnsListParams, "threadId">,
): ThreadTurnsListResponse {
  const { cursor, limit, sortDirection, itemsView } = params;
  const page = pageOf(turns, ({ id }) => id, {
    cursor: cursor ?? null,
    direction: sortDirection ?? "desc",
    limit: clamp(limit, { otherwise: 25, max: MAX_TURNS }),
  });
  return { ...page, data: page.data.map((turn) => withItems(turn, itemsView ?? "summary")) };
}

/** Throws RpcError for a cursor that is not of this thread, and for a turn it has not. */
export function itemsPage(turns: readonly Turn[], params: ThreadItemsListParams): ThreadItemsListResponse {
  const { turnId, cursor, limit, sortDirection, deferOutput } = params;
  const chosen = turnId ? turns.filter(({ id }) => id === turnId) : turns;
  if (turnId && chosen.length === 0) throw turnNotFound(turnId);
  const all = chosen.flatMap((turn) => turn.items.map((item) => ({ turnId: turn.id, item })));
  const page = pageOf(all, (entry) => `${entry.turnId}/${entry.item.id}`, {
    cursor: typeof cursor === "object" && cursor !== null ? behindItem(all, cursor.itemId) : (cursor ?? null),
    direction: sortDirection ?? "asc",
    limit: clamp(limit, { otherwise: 100, max: MAX_ITEMS }),
  });
  const data = page.data.map(({ turnId: id, item }) => ({
    turnId: id,
    ...deferred(item, deferOutput?.commandExecution ?? false),
    startedAtMs: item.startedAtMs ?? null,
    completedAtMs: item.completedAtMs ?? null,
  }));
  return { ...page, data };
}

function behindItem(all: readonly { turnId: string; item: ThreadItem }[], itemId: string): string {
  const anchor = all.find(({ item }) => item.id === itemId);
  if (anchor === undefined) throw invalidCursor();
  return cursorOf({ id: `${anchor.turnId}/${itemId}`, isIncluded: false });
}

/** For the page of turns, or of items, that ends with the newest. Null while there is none. */
export function endCursors(turns: readonly Turn[]): { turns: string | null; items: string | null } {
  const last = turns.at(-1);
  const item = last?.items.at(-1);
  return {
    turns: last === undefined ? null : cursorOf({ id: last.id, isIncluded: true }),
    items:
      last === undefined || item === undefined ? null : cursorOf({ id: `${last.id}/${item.id}`, isIncluded: true }),
  };
}

/**
 * Each place where the text stands in what was said, in order, in any case; in one item the first thousand. Throws
 * RpcError as above, and for a term that is too long.
 */
export async function occurrences(
  turns: readonly Turn[],
  { searchTerm, cursor, limit }: ThreadSearchOccurrencesParams,
  signal: AbortSignal,
): Promise<ThreadSearchOccurrencesResponse> {
  checkTerm(searchTerm);
  const max = clamp(limit, { otherwise: 50, max: MAX_OCCURRENCES });
  const start = cursor ? placeOf(cursor) : null;
  const found = await collected(turns, { searchTerm, start, enough: max + 1, signal });
  const page = found.slice(0, max);
  const last = page.at(-1);
  return {
    data: page.map(({ occurrence }) => occurrence),
    nextCursor: found.length > max && last !== undefined ? cursorOf({ id: last.id, isIncluded: false }) : null,
  };
}

interface Collecting {
  searchTerm: string;
  start: Place | null;
  /** No more items are looked through once there are so many. */
  enough: number;
  signal: AbortSignal;
}

async function collected(
  turns: readonly Turn[],
  { searchTerm, start, enough, signal }: Collecting,
): Promise<FoundInItem[]> {
  const all = turns.flatMap((turn) => turn.items.map((item) => ({ turn, item })));
  const first = start === null ? 0 : all.findIndex(({ turn, item }) => start.id.startsWith(`${turn.id}/${item.id}/`));
  if (first === -1) throw invalidCursor();
  const pause = slices();
  const found: FoundInItem[] = [];
  for (const [index, { turn, item }] of all.slice(first).entries()) {
    const here = await inItem(turn, item, { term: searchTerm, pause });
    const ids = here.map(({ id }) => id);
    found.push(...here.slice(index === 0 && start !== null ? startOf(ids, start) : 0));
    if (signal.aborted || found.length >= enough) break;
    await pause();
  }
  return found;
}

/** What a person would look for in an item: the words said, the commands and the paths; not their output. */
export function searchableText(item: ThreadItem): string {
  switch (item.type) {
    case "userMessage":
      return item.content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
    case "agentMessage":
      return item.text;
    case "commandExecution":
      return item.script ?? item.command;
    case "fileChange":
      return item.changes.map(({ path }) => path).join("\n");
    case "reasoning":
    case "contextCompaction":
    case "dynamicToolCall":
      return "";
    default:
      return item satisfies never;
  }
}

/** What stands around the first match, on one line. */
export function snippetAround(
  text: string,
  at: number,
  length: number,
): { snippet: string; start: number; end: number } {
  const from = Math.max(0, at - SNIPPET_CHARS);
  const to = Math.min(text.length, at + length + SNIPPET_CHARS);
  const head = from > 0 ? "…" : "";
  const tail = to < text.length ? "…" : "";
  const snippet = `${head}${text.slice(from, to).replace(/\s/g, " ")}${tail}`;
  const start = head.length + at - from;
  return { snippet, start, end: start + length };
}

const SNIPPET_CHARS = 60;

interface FoundInItem {
  readonly id: string;
  readonly occurrence: ThreadSearchOccurrencesResponse["data"][number];
}

async function inItem(
  turn: Turn,
  item: ThreadItem,
  { term, pause }: { term: string; pause: () => Promise<void> },
): Promise<FoundInItem[]> {
  const text = searchableText(item);
  const places = await positionsOf(text, term, { max: MAX_OCCURRENCES_OF_ITEM, pause });
  return places.map((at, index) => {
    const { snippet, start, end } = snippetAround(text, at, term.length);
    return {
      id: `${turn.id}/${item.id}/${index}`,
      occurrence: {
        turnId: turn.id,
        itemId: item.id,
        snippet,
        snippetMatchRange: { start, end },
        turnCursor: cursorOf({ id: turn.id, isIncluded: true }),
      },
    };
  });
}

function withItems(turn: Turn, view: TurnItemsView): Turn {
  switch (view) {
    case "full":
      return { ...turn, itemsView: "full" };
    case "notLoaded":
      return { ...turn, items: [], itemsView: "notLoaded" };
    case "summary": {
      const first = turn.items.find(({ type }) => type === "userMessage");
      const last = turn.items.findLast(({ type }) => type === "agentMessage");
      return { ...turn, items: [first, last].filter((item) => item !== undefined), itemsView: "summary" };
    }
    default:
      return view satisfies never;
  }
}

function deferred(item: ThreadItem, isDeferred: boolean): { item: ThreadItem; outputDeferred?: boolean } {
  if (!isDeferred || item.type !== "commandExecution" || item.aggregatedOutput === null) return { item };
  return { item: { ...item, aggregatedOutput: null }, outputDeferred: true };
}

function pageOf<T>(
  all: readonly T[],
  idOf: (element: T) => string,
  { cursor, direction, limit }: { cursor: string | null; direction: Direction; limit: number },
): Page<T> {
  const ordered = direction === "asc" ? all : all.toReversed();
  const start = cursor === null ? 0 : startOf(ordered.map(idOf), placeOf(cursor));
  const data = ordered.slice(start, start + limit);
  const [first, last] = [data[0], data.at(-1)];
  const hasMore = start + data.length < ordered.length;
  return {
    data,
    nextCursor: hasMore && last !== undefined ? cursorOf({ id: idOf(last), isIncluded: false }) : null,
    backwardsCursor: first === undefined ? null : cursorOf({ id: idOf(first), isIncluded: true }),
  };
}

function startOf(ids: readonly string[], { id, isIncluded }: Place): number {
  const at = ids.indexOf(id);
  if (at === -1) throw invalidCursor();
  return isIncluded ? at : at + 1;
}

function cursorOf({ id, isIncluded }: Place): string {
  return JSON.stringify({ [isIncluded ? "at" : "after"]: id });
}

function placeOf(cursor: string): Place {
  let parsed: { at?: unknown; after?: unknown };
  try {
    parsed = JSON.parse(cursor) as typeof parsed;
  } catch {
    throw invalidCursor();
  }
  const id = parsed?.at ?? parsed?.after;
  if (typeof id !== "string") throw invalidCursor();
  return { id, isIncluded: parsed.at !== undefined };
}

function clamp(limit: number | null | undefined, { otherwise, max }: { otherwise: number; max: number }): number {
  return Math.min(Math.max(limit ?? otherwise, 1), max);
}
