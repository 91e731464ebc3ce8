// Finds the lines that the chunks of a patch speak of, and turns the chunks into minimal edits of whole lines. Pure.
// What the patch keeps stays byte for byte as it is in the file, also where it was found by a loose comparison.
import { describeMiss, type Miss } from "./patch-miss.ts";
import type { Chunk } from "./patch-parser.ts";
import { type Line, type LineEdit, splitLines } from "./text-lines.ts";

export type MatchResult =
  | { readonly ok: true /** Sorted, not overlapping. */; readonly edits: readonly LineEdit[] }
  | { readonly ok: false; readonly message: string };

/** `path` is for the message alone. */
export function matchChunks(path: string, fileText: string, chunks: readonly Chunk[]): MatchResult {
  const { lines } = splitLines(fileText);
  const texts = new ComparedTexts(lines.map((line) => line.text));
  const edits: RawEdit[] = [];
  let place: Place = { cursor: 0, floor: 0 };
  for (const [index, chunk] of chunks.entries()) {
    const found = findChunk(texts, chunk, place);
    if (!found.ok)
      return { ok: false, message: describeMiss(found.miss, { path, chunk: index + 1, lines: texts.exact }) };
    edits.push(...chunkEdits(texts.exact, chunk, found));
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

// From strict to loose. A line that is equal at one stage is equal at all later ones.
const stages: readonly ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  plainPunctuation,
];

class ComparedTexts {
  readonly exact: readonly string[];
  private readonly cache = new Map<number, readonly string[]>();

  constructor(exact: readonly string[]) {
    this.exact = exact;
  }

  at(stage: number): readonly string[] {
    const known = this.cache.get(stage);
    if (known !== undefined) return known;
    const texts = this.exact.map((line) => stages[stage]?.(line) ?? line);
    this.cache.set(stage, texts);
    return texts;
  }
}

function findChunk(texts: ComparedTexts, chunk: Chunk, place: Place): Found {
  let { cursor, floor } = place;
  for (const context of chunk.contexts) {
    const at = findContext(texts, context, { cursor, floor });
    if (at === null) return { ok: false, miss: { kind: "context", context } };
    cursor = Math.max(cursor, at + 1);
    floor = Math.max(floor, at);
  }
  const wanted = chunk.lines.filter((line) => line.op !== "+").map((line) => line.text);
  if (wanted.length > 0) return findLines(texts, wanted, { cursor, floor }, chunk.atEndOfFile);
  const atEnd = chunk.contexts.length === 0 || chunk.atEndOfFile;
  return { ok: true, at: atEnd ? texts.exact.length : cursor, loose: false };
}

function findContext(texts: ComparedTexts, context: string, { cursor, floor }: Place): number | null {
  for (const stage of stages.keys()) {
    const hits = matches(texts, [context], stage);
    const next = hits.find((hit) => hit >= cursor) ?? hits.find((hit) => hit >= floor);
    if (stage === 0 && next !== undefined) return next;
    // One place in the file, or one place below an outer context: both leave nothing to guess.
    const below = hits.filter((hit) => hit >= cursor);
    if (hits.length === 1 || below.length === 1) return below[0] ?? hits[0] ?? null;
    if (hits.length > 1) return null;
  }
  const start = plainPunctuation(context);
  const hits = [...texts.at(stages.length - 1).entries()].filter(([, text]) => text.startsWith(start));
  return hits.length === 1 ? (hits[0]?.[0] ?? null) : null;
}

function findLines(texts: ComparedTexts, wanted: readonly string[], place: Place, atEndOfFile: boolean): Found {
  const last = texts.exact.length - wanted.length;
  let elsewhere: number | null = null;
  for (const stage of stages.keys()) {
    const hits = matches(texts, wanted, stage);
    const allowed = atEndOfFile ? hits.filter((hit) => hit === last) : hits;
    const next = allowed.find((hit) => hit >= place.cursor) ?? allowed.find((hit) => hit >= place.floor);
    if (next !== undefined && (stage === 0 || allowed.length === 1)) return { ok: true, at: next, loose: stage > 1 };
    if (next !== undefined) return { ok: false, miss: { kind: "ambiguous", wanted, hits: allowed } };
    elsewhere ??= hits[0] ?? null;
  }
  if (elsewhere === null) return { ok: false, miss: { kind: "lines", wanted } };
  return { ok: false, miss: { kind: atEndOfFile ? "not-at-end" : "out-of-order", wanted, at: elsewhere } };
}

function matches(texts: ComparedTexts, wanted: readonly string[], stage: number): number[] {
  const compare = stages[stage] ?? plainPunctuation;
  const needle = wanted.map(compare);
  const lines = texts.at(stage);
  const hits: number[] = [];
  for (let at = 0; at + needle.length <= lines.length; at += 1) {
    if (needle.every((text, index) => lines[at + index] === text)) hits.push(at);
  }
  return hits;
}

function plainPunctuation(line: string): string {
  return line
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018-\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    .replaceAll(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .trim();
}

function placeAfter(chunk: Chunk, at: number, place: Place): Place {
  const length = chunk.lines.filter((line) => line.op !== "+").length;
  // Lines added at the end of the file say nothing about where the next chunk is.
  if (length === 0 && chunk.contexts.length === 0) return place;
  const trailing = chunk.lines.length - 1 - chunk.lines.findLastIndex((line) => line.op !== " ");
  return { cursor: at + length, floor: Math.max(place.floor, at + length - trailing) };
}

/** One edit for each run of removed and added lines, without the lines that stay the same at either end. */
function chunkEdits(texts: readonly string[], chunk: Chunk, { at, loose }: { at: number; loose: boolean }): RawEdit[] {
  const indented = loose ? indentAsFile(texts, chunk, at) : (text: string) => text;
  return (
    runs(chunk, at)
      // First as the patch spells the lines: one that it removes and adds again stays as it is in the file.
      .map(shortened)
      .map(({ start, removed, inserted }) => {
        return shortened({
          start,
          removed: texts.slice(start, start + removed.length),
          inserted: inserted.map(indented),
        });
      })
      .filter(({ removed, inserted }) => removed.length > 0 || inserted.length > 0)
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

function shortened({ start, removed, inserted }: RawEdit): RawEdit {
  const shorter = Math.min(removed.length, inserted.length);
  let head = 0;
  while (head < shorter && removed[head] === inserted[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && removed.at(-1 - tail) === inserted.at(-1 - tail)) tail += 1;
  return {
    start: start + head,
    removed: removed.slice(head, removed.length - tail),
    inserted: inserted.slice(head, inserted.length - tail),
  };
}

/**
 * For lines that were found only with their indentation ignored: how an added line must be indented to fit beside
 * them. Where they allow no clear answer, as the patch has it.
 */
function indentAsFile(texts: readonly string[], chunk: Chunk, at: number): (text: string) => string {
  const known = new Map<string, string>();
  const kept = chunk.lines.filter((line) => line.op !== "+");
  for (const [index, { text }] of kept.entries()) {
    const [spelled, real] = [indentOf(text), indentOf(texts[at + index] ?? "")];
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

function withEndings(lines: readonly Line[], edits: readonly RawEdit[]): LineEdit[] {
  return edits
    .map((edit) => endingTheLastLine(lines, edit))
    .map(({ start, removed, inserted }) => {
      let previous = lines[start - 1]?.ending ?? "";
      const following = lines[start + removed.length]?.ending ?? "";
      const insertLines = inserted.map((text, index) => {
        const replaced = index < removed.length ? (lines[start + index]?.ending ?? "") : "";
        previous = replaced || previous || following || "\n";
        return text + previous;
      });
      return { startLine: start, deleteLines: removed.length, insertLines };
    });
}

// Lines added below a last line without a newline: that line gets one, so it is part of the edit.
function endingTheLastLine(lines: readonly Line[], edit: RawEdit): RawEdit {
  const last = lines.at(-1);
  if (edit.start < lines.length || last === undefined || last.ending !== "") return edit;
  return { start: lines.length - 1, removed: [last.text], inserted: [last.text, ...edit.inserted] };
}
