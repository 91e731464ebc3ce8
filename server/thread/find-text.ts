// Where a text stands in another, looked for in slices: the worst text takes its length times that of the term.
import { invalidInput } from "../protocol/rpc/errors.ts";

const MAX_TERM_CHARS = 1000;
/** Looked through without a pause. */
const WINDOW_CHARS = 64 * 1024;

/** Throws RpcError for what is too long to look for. */
export function checkTerm(searchTerm: string): void {
  if (searchTerm.length <= MAX_TERM_CHARS) return;
  const length = `${searchTerm.length} characters`;
  throw invalidInput(`searchTerm has ${length}. Search for a part of it, of at most ${MAX_TERM_CHARS}.`);
}

/** In which case does not matter any more. As long as before, so that positions stay true. */
export function folded(text: string): string {
  if (!/[\u0130Σς]/.test(text)) return text.toLowerCase();
  // One becomes two characters, the others depend on what stands around them.
  const parts = text.split("\u0130").map((part) => part.replace(/[Σς]/g, "σ").toLowerCase());
  return parts.join("\u0130");
}

/** The first places, `max` at most, that do not overlap; in UTF-16 code units, in any case. `pause` is awaited often. */
export async function positionsOf(
  text: string,
  term: string,
  { max, pause }: { max: number; pause: () => Promise<void> },
): Promise<number[]> {
  if (term === "") return [];
  const [haystack, needle] = [folded(text), folded(term)];
  const found: number[] = [];
  let at = await indexIn(haystack, needle, { from: 0, pause });
  while (at !== -1 && found.push(at) < max) at = await indexIn(haystack, needle, { from: at + needle.length, pause });
  return found;
}

/** Like `indexOf`, but others get a turn while it looks. */
export async function indexIn(
  haystack: string,
  needle: string,
  { from, pause }: { from: number; pause: () => Promise<void> },
): Promise<number> {
  for (let start = from; start < haystack.length; start += WINDOW_CHARS) {
    // One that begins in this window may end behind it.
    const at = haystack.slice(start, start + WINDOW_CHARS + needle.length - 1).indexOf(needle);
    if (at !== -1) return start + at;
    await pause();
  }
  return -1;
}
