// Finds the lines that the chunks of a patch speak of, and turns the chunks into minimal edits of whole lines. Pure.
// What the patch keeps stays byte for byte as it is in the file, also where it was found by a loose comparison.
import { changedLines } from "./line-diff.ts";
import { LineSearch, stages } from "./line-search.ts";
import { fuzzyPlace } from "./patch-fuzzy.ts";
import { describeMiss, type Miss } from "./patch-miss.ts";
import type { Chunk } from "./patch-parser.ts";
import type { LineEdit, LineEnding, TextLines } from "./text-lines.ts";

export type MatchResult =
  | { readonly ok: true /** Sorted, not overlapping. */; readonly edits: readonly LineEdit[] }
  | { readonly ok: false; readonly message: string };

/** `path` is for the message alone. */
export function matchChunks(path: string, lines: TextLines, chunks: readonly Chunk[]): MatchResult {
  const search = new LineSearch(lines);
  const edits: RawEdit[] = [];
  let place: Place = { cursor: 0, floor: 0 };
  for (const [index, chunk] of chunks.entries()) {
    const found = findChunk(search, chunk, place);
    if (!found.ok) return { ok: false, message: describeMiss(found.miss, { path, chunk: index + 1, search }) };
    edits.push(...chunkEdits(lines, chunk, found));
    place = placeAfter(chunk, found.at, place);
  }
  return { ok: true, edits: withEndings(lines, merged(edits)) };
}

/** The next chunk is searched from `cursor` on, or, as its first lines may repeat our last ones, from `floor` on. */
interface Place {
  readonly cursor: number;
  readonly floor: number;
}

interface RawEdit {
  readonly start: number;
  readonly removed: readonly string[];
  readonly inserted: readonly string[];
}

type Found = { readonly ok: true; readonly at: number; readonly loose: boolean } | Missed;
type Missed = { readonly ok: false; readonly miss: Miss };

/** How many places are told apart at most, where more than one is too many. */
const maxHits = 1000;

function findChunk(search: LineSearch, chunk: Chunk, place: Place): Found {
  let { cursor, floor } = place;
  for (const context of chunk.contexts) {
    const at = findContext(search, context, { cursor, floor });
    if (at === null) {
      const hits = atMost(maxHits, search.hits([context], "punctuation"));
      return { ok: false, miss: { kind: "context", context, hits } };
    }
    cursor = Math.max(cursor, at + 1);
    floor = Math.max(floor, at);
  }
  const wanted = chunk.lines.filter((line) => line.op !== "+").map((line) => line.text);
  if (wanted.length > 0) return findLines(search, chunk, wanted, { cursor, floor });
  const atEnd = chunk.contexts.length === 0 || chunk.atEndOfFile;
  return { ok: true, at: atEnd ? search.lines.count : cursor, loose: false };
}

function findContext(search: LineSearch, context: string, { cursor, floor }: Place): number | null {
  const exact = first(search.hits([context], "exact", cursor)) ?? first(search.hits([context], "exact", floor));
  if (exact !== null) return exact;
  for (const stage of stages.slice(1)) {
    const hits = atMost(maxHits, search.hits([context], stage));
    // One place in the file, or one place below an outer context: both leave nothing to guess.
    const below = hits.filter((hit) => hit >= cursor);
    if (hits.length === 1 || below.length === 1) return below[0] ?? hits[0] ?? null;
    if (hits.length > 1) return null;
  }
  const hits = atMost(2, search.beginning(context));
  return hits.length === 1 ? (hits[0] ?? null) : null;
}

function findLines(search: LineSearch, chunk: Chunk, wanted: readonly string[], place: Place): Found {
  const last = search.lines.count - wanted.length;
  const { atEndOfFile } = chunk;
  let elsewhere: number | null = null;
  for (const stage of stages) {
    if (stage === "exact" && !atEndOfFile) {
      const from = (line: number) => first(search.hits(wanted, stage, line));
      const next = from(place.cursor) ?? from(place.floor);
      if (next !== null) return { ok: true, at: next, loose: false };
    }
    const hits = atMost(maxHits, search.hits(wanted, stage, atEndOfFile ? Math.max(0, last) : 0));
    const next = hits.find((hit) => hit >= place.cursor) ?? hits.find((hit) => hit >= place.floor);
    if (next !== undefined && (stage === "exact" || hits.length === 1)) {
      return { ok: true, at: next, loose: stage !== "exact" && stage !== "trailing-space" };
    }
    if (next !== undefined) return { ok: false, miss: { kind: "ambiguous", wanted, hits } };
    elsewhere ??= hits[0] ?? (atEndOfFile ? first(search.hits(wanted, stage)) : null);
  }
  if (elsewhere !== null) {
    return { ok: false, miss: { kind: atEndOfFile ? "not-at-end" : "out-of-order", wanted, at: elsewhere } };
  }
  const alike = fuzzyPlace(search, chunk, place.floor);
  return alike === null ? { ok: false, miss: { kind: "lines", wanted } } : { ok: true, at: alike, loose: true };
}

function first(hits: Generator<number>): number | null {
  const { value, done } = hits.next();
  return done ? null : value;
}

function atMost(count: number, hits: Generator<number>): number[] {
  const found: number[] = [];
  for (const hit of hits) {
    found.push(hit);
    if (found.length === count) break;
  }
  return found;
}

function placeAfter(chunk: Chunk, at: number, place: Place): Place {
  const length = chunk.lines.filter((line) => line.op !== "+").length;
  // Lines added at the end of the file say nothing about where the next chunk is.
  if (length === 0 && chunk.contexts.length === 0) return place;
  const trailing = chunk.lines.length - 1 - chunk.lines.findLastIndex((line) => line.op !== " ");
  return { cursor: at + length, floor: Math.max(place.floor, at + length - trailing) };
}

/** One edit for each run of removed and added lines, without the lines that stay the same at either end. */
function chunkEdits(lines: TextLines, chunk: Chunk, { at, loose }: { at: number; loose: boolean }): RawEdit[] {
  const indented = loose ? indentAsFile(lines, chunk, at) : (text: string) => text;
  return (
    runs(chunk, at)
      // First as the patch spells the lines: one that it removes and adds again stays as it is in the file.
      .flatMap(shortened)
      .flatMap(({ start, removed, inserted }) => {
        const real = lines.texts(start, start + removed.length);
        return shortened({ start, removed: real, inserted: inserted.map(indented) });
      })
  );
}

function runs(chunk: Chunk, at: number): RawEdit[] {
  const edits: RawEdit[] = [];
  let line = at;
  let run: { start: number; removed: string[]; inserted: string[] } | null = null;
  for (const { op, text } of chunk.lines) {
    if (op === " ") {
      run = null;
      line += 1;
      continue;
    }
    if (run === null) {
      run = { start: line, removed: [], inserted: [] };
      edits.push(run);
    }
    (op === "+" ? run.inserted : run.removed).push(text);
    if (op === "-") line += 1;
  }
  return edits;
}

/** Only what really differs: none, one or several edits. */
function shortened({ start, removed, inserted }: RawEdit): RawEdit[] {
  return changedLines(removed, inserted).map(({ aStart, aCount, bStart, bCount }) => ({
    start: start + aStart,
    removed: removed.slice(aStart, aStart + aCount),
    inserted: inserted.slice(bStart, bStart + bCount),
  }));
}

/**
 * For lines that were found only with their indentation ignored: how an added line must be indented to fit beside
 * them. Where they allow no clear answer, as the patch has it.
 */
function indentAsFile(lines: TextLines, chunk: Chunk, at: number): (text: string) => string {
  const known = new Map<string, string>();
  const kept = chunk.lines.filter((line) => line.op !== "+");
  for (const [index, { text }] of kept.entries()) {
    const [spelled, real] = [indentOf(text), indentOf(lines.text(at + index))];
    if (text.trim() === "") continue;
    if ((known.get(spelled) ?? real) !== real) return (line) => line;
    known.set(spelled, real);
  }
  const missing = new Set(
    [...known].map(([spelled, real]) => (real.endsWith(spelled) ? real.slice(0, real.length - spelled.length) : null)),
  );
  const [shift] = missing.size === 1 ? missing : [null];
  return (line) => {
    const spelled = indentOf(line);
    if (line.trim() === "") return line;
    const real = known.get(spelled) ?? (typeof shift === "string" ? shift + spelled : spelled);
    return real + line.slice(spelled.length);
  };
}

function indentOf(text: string): string {
  return text.slice(0, text.length - text.trimStart().length);
}

function merged(edits: readonly RawEdit[]): RawEdit[] {
  const result: RawEdit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    const previous = result.at(-1);
    if (previous !== undefined && previous.start + previous.removed.length === edit.start) {
      result[result.length - 1] = {
        start: previous.start,
        removed: [...previous.removed, ...edit.removed],
        inserted: [...previous.inserted, ...edit.inserted],
      };
    } else {
      result.push(edit);
    }
  }
  return result;
}

function withEndings(lines: TextLines, edits: readonly RawEdit[]): LineEdit[] {
  return edits
    .map((edit) => endingTheLastLine(lines, edit))
    .map(({ start, removed, inserted }) => {
      let previous: LineEnding = lines.ending(start - 1);
      const following = lines.ending(start + removed.length);
      const insertLines = inserted.map((text, index) => {
        const replaced = index < removed.length ? lines.ending(start + index) : "";
        previous = replaced || previous || following || "\n";
        return text + previous;
      });
      return { startLine: start, deleteLines: removed.length, insertLines };
    });
}

// Lines added below a last line without a newline: that line gets one, so it is part of the edit.
function endingTheLastLine(lines: TextLines, edit: RawEdit): RawEdit {
  const last = lines.count - 1;
  if (edit.start < lines.count || last < 0 || lines.ending(last) !== "") return edit;
  return { start: last, removed: [lines.text(last)], inserted: [lines.text(last), ...edit.inserted] };
}
