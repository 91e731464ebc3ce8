// The last way to find a chunk: its surroundings have changed a little since they were read. Pure. What a chunk removes
// must be there as it says; only lines that it keeps may differ, since those stay as the file has them anyway.
import { asSeen, type LineSearch } from "./line-search.ts";
import type { Chunk } from "./patch-parser.ts";

/** The only place that fits, and by far better than any other; null when there is none. */
export function fuzzyPlace(search: LineSearch, chunk: Chunk, floor: number): number | null {
  const wanted = chunk.lines.filter(({ op }) => op !== "+");
  if (wanted.length > maxLines) return null;
  const last = search.lines.count - wanted.length;
  const [best, second] = candidates(search, wanted)
    .map((at) => ({ at, ...fit(search, wanted, at) }))
    .toSorted((a, b) => b.score - a.score);
  if (best === undefined || !best.isGood || best.at < floor) return null;
  if (chunk.atEndOfFile && best.at !== last) return null;
  return second === undefined || best.score - second.score >= clearLead ? best.at : null;
}

/** How alike two lines are, from 0 to 1: by the pairs of characters that they share, white space left out. */
export function likeness(a: string, b: string): number {
  const [left, right] = [pairsOf(a), pairsOf(b)];
  if (left.size === 0 && right.size === 0) return a.trim() === b.trim() ? 1 : 0;
  let [common, total] = [0, 0];
  for (const [pair, count] of left) {
    common += Math.min(count, right.get(pair) ?? 0);
    total += count;
  }
  for (const count of right.values()) total += count;
  return (2 * common) / total;
}

type Wanted = Chunk["lines"];

const maxLines = 200;
/** A line that is there more often says nothing about where the chunk belongs. */
const maxPlacesOfLine = 50;
const alikeEnough = 0.6;
const keptOfOne = 3;
const clearLead = 0.2;
const maxCompared = 400;

/** Wherever one of the lines that say something is found in its place. */
function candidates(search: LineSearch, wanted: Wanted): number[] {
  const starts = new Set<number>();
  for (const [index, { text }] of wanted.entries()) {
    if (text.trim() === "") continue;
    const places: number[] = [];
    for (const hit of search.hits([text], "punctuation")) {
      places.push(hit - index);
      if (places.length > maxPlacesOfLine) break;
    }
    if (places.length <= maxPlacesOfLine) for (const start of places) starts.add(start);
  }
  return [...starts].filter((start) => start >= 0 && start + wanted.length <= search.lines.count);
}

/** `score` is the mean likeness. Good: nothing removed differs, and for each kept line that does, three do not. */
function fit({ lines }: LineSearch, wanted: Wanted, at: number): { score: number; isGood: boolean } {
  let [sum, same, other] = [0, 0, 0];
  let isGood = true;
  for (const [index, { op, text }] of wanted.entries()) {
    const found = lines.text(at + index);
    const isSame = asSeen(found, "punctuation") === asSeen(text, "punctuation");
    const alike = isSame ? 1 : likeness(found, text);
    sum += alike;
    if (isSame) same += text.trim() === "" ? 0 : 1;
    else other += 1;
    if (!isSame && (op === "-" || alike < alikeEnough)) isGood = false;
  }
  return { score: sum / wanted.length, isGood: isGood && same >= keptOfOne * other };
}

function pairsOf(text: string): Map<string, number> {
  const dense = text.replaceAll(/\s+/g, "").slice(0, maxCompared);
  const pairs = new Map<string, number>();
  for (let at = 0; at + 1 < dense.length; at += 1) {
    const pair = dense.slice(at, at + 2);
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return pairs;
}
