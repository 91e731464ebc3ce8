// What the list of threads shows, in its order and under which headings. Pure.
import { byAge } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Browsed } from "../state/state.ts";
import { splitPath } from "../text/paths.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { type FoundThread, isPinned } from "./thread-actions.ts";

export interface ListRow {
  thread: Thread;
  detail: string;
}

export interface ListGroup {
  label: string;
  rows: ListRow[];
}

export interface Listing {
  browsed: Browsed;
  search: string;
  /** What the server found in the texts of threads. */
  found: readonly FoundThread[];
  /** Of the window, absolute. */
  folders: readonly string[];
  /** Unix seconds. */
  now: number;
}

/** Characters before what was found. */
const LEAD = 16;

export function groupsOf({ browsed, search, found, folders, now }: Listing): ListGroup[] {
  const { filter, threads } = browsed;
  const rowOf = (thread: Thread): ListRow => ({
    thread,
    // That of the only folder of the window goes without saying.
    detail: folders.length === 1 && folders[0] === thread.cwd ? "" : visibleText(splitPath(thread.cwd).name),
  });
  const listed = threads ?? [];
  if (search.trim() !== "")
    return foundGroups(listed.filter((thread) => hasWords(thread, search)).map(rowOf), { found, folders, search });
  if (filter.isArchived) return group("Archived", listed.map(rowOf));
  const ages = byAge(
    listed.filter((thread) => !isPinned(thread)),
    ({ updatedAt }) => updatedAt,
    now,
  );
  return [
    ...group("Pinned", listed.filter(isPinned).map(rowOf)),
    ...ages.map(([label, members]) => ({ label, rows: members.map(rowOf) })),
  ];
}

function foundGroups(
  inTitles: ListRow[],
  { found, folders, search }: Pick<Listing, "found" | "folders" | "search">,
): ListGroup[] {
  const words = search.trim();
  const known = new Set(inTitles.map(({ thread }) => thread.id));
  const inTexts = found.filter(({ thread }) => !known.has(thread.id));
  const rowOf = ({ thread, snippet }: FoundThread): ListRow => ({
    thread,
    detail: around(visibleText(snippet.replaceAll(/\s+/g, " ").trim()), words),
  });
  const isHere = ({ thread }: FoundThread) => folders.includes(thread.cwd);
  return [
    ...group("Titles", inTitles),
    ...group("Conversations", inTexts.filter(isHere).map(rowOf)),
    ...group("Other workspaces", inTexts.filter((each) => !isHere(each)).map(rowOf)),
  ];
}

/** From a little before the words on: a narrow row shows no more than its beginning. */
function around(text: string, words: string): string {
  const at = text.toLowerCase().indexOf(words.toLowerCase());
  const from = text.lastIndexOf(" ", at - LEAD) + 1;
  return at <= LEAD || from === 0 ? text : `…${text.slice(from)}`;
}

function group(label: string, rows: ListRow[]): ListGroup[] {
  return rows.length === 0 ? [] : [{ label, rows }];
}

function hasWords(thread: Thread, search: string): boolean {
  const text = `${thread.name ?? ""}\n${thread.preview}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
