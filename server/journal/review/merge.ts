// The three-way merge of texts, line by line: what two sides made of the same text, put together where that is beyond
// doubt. Pure. Edits that overlap or touch are no such case: they are a conflict, unless both are the same.
import { changedLines, type LineChange } from "../../files/line-diff.ts";

/** Zero-based lines of the three texts that do not fit together. */
export interface ConflictRegion {
  readonly base: LineSpan;
  readonly ours: LineSpan;
  readonly theirs: LineSpan;
}

export interface LineSpan {
  readonly start: number;
  readonly count: number;
}

export type Merge =
  | { readonly kind: "clean"; readonly text: string }
  | { readonly kind: "conflict"; readonly regions: readonly ConflictRegion[] };

/** Where only line ends differ, those of `ours` win. A carriage return alone ends no line. */
export function merge(base: string, ours: string, theirs: string): Merge {
  if (ours === base || ours === theirs) return { kind: "clean", text: theirs };
  if (theirs === base) return { kind: "clean", text: ours };
  const texts = [linesOf(base), linesOf(ours), linesOf(theirs)] as const;
  const pieces = mergeLines(...texts);
  const regions = conflictsOf(pieces);
  if (regions.length === 0) return { kind: "clean", text: spelled(pieces, texts) };
  const plain = [texts[0].map(withPlainEnd), texts[1].map(withPlainEnd), texts[2].map(withPlainEnd)] as const;
  const second = mergeLines(...plain);
  if (conflictsOf(second).length > 0) return { kind: "conflict", regions };
  return { kind: "clean", text: spelled(second, [texts[0], texts[1], plain[2].map(withEnd(commonEnd(texts[1])))]) };
}

/** The text with the line ends that `now` has, where most of those of `then` are others. */
export function endedLike(text: string, then: string, now: string): string {
  const end = commonEnd(linesOf(now));
  if (end === commonEnd(linesOf(then))) return text;
  return linesOf(text)
    .map((line) => withEnd(end)(withPlainEnd(line)))
    .join("");
}

/** Lines with their ends. The empty text has none. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** A part of the merged text: whose lines it takes, or what stands against each other there. */
export type Piece =
  | ({ readonly from: "ours" | "theirs" } & LineSpan)
  | ({ readonly from: "conflict" } & ConflictRegion);

/** In order, without gaps: all lines of the merged text. What both have alike is taken from `ours`. */
export function mergeLines(base: readonly string[], ours: readonly string[], theirs: readonly string[]): Piece[] {
  const sides = { ours: changedLines(base, ours), theirs: changedLines(base, theirs) };
  const pieces: Piece[] = [];
  let at = 0;
  // How far the lines of a side are behind those of the base, before the next change.
  const shift = { ours: 0, theirs: 0 };
  for (const group of collisions(sides)) {
    pieces.push({ from: "ours", start: at + shift.ours, count: group.start - at });
    const spans = {
      base: { start: group.start, count: group.end - group.start },
      ours: spanOf(group.ours, group, shift.ours),
      theirs: spanOf(group.theirs, group, shift.theirs),
    };
    pieces.push(resolved(spans, group, { ours, theirs }));
    shift.ours += spans.ours.count - spans.base.count;
    shift.theirs += spans.theirs.count - spans.base.count;
    at = group.end;
  }
  pieces.push({ from: "ours", start: at + shift.ours, count: base.length - at });
  return pieces.filter((piece) => piece.from === "conflict" || piece.count > 0);
}

/** Changes of one side, or of both that overlap or touch, over the lines `start` to `end` of the base. */
interface Group {
  start: number;
  end: number;
  readonly ours: LineChange[];
  readonly theirs: LineChange[];
}

function collisions(sides: { ours: readonly LineChange[]; theirs: readonly LineChange[] }): Group[] {
  const all = [
    ...sides.ours.map((change) => ({ side: "ours" as const, change })),
    ...sides.theirs.map((change) => ({ side: "theirs" as const, change })),
  ].toSorted((a, b) => a.change.aStart - b.change.aStart || a.change.aCount - b.change.aCount);
  const groups: Group[] = [];
  for (const { side, change } of all) {
    const end = change.aStart + change.aCount;
    const last = groups.at(-1);
    const group =
      last !== undefined && change.aStart <= last.end ? last : { start: change.aStart, end, ours: [], theirs: [] };
    if (group !== last) groups.push(group);
    group.end = Math.max(group.end, end);
    group[side].push(change);
  }
  return groups;
}

function spanOf(changes: readonly LineChange[], { start, end }: Group, shift: number): LineSpan {
  const grown = changes.reduce((sum, { aCount, bCount }) => sum + bCount - aCount, 0);
  return { start: start + shift, count: end - start + grown };
}

function resolved(
  spans: ConflictRegion,
  group: Group,
  lines: { ours: readonly string[]; theirs: readonly string[] },
): Piece {
  if (group.theirs.length === 0) return { from: "ours", ...spans.ours };
  if (group.ours.length === 0) return { from: "theirs", ...spans.theirs };
  return isSame(lines.ours, spans.ours, lines.theirs, spans.theirs)
    ? { from: "ours", ...spans.ours }
    : { from: "conflict", ...spans };
}

function isSame(a: readonly string[], aSpan: LineSpan, b: readonly string[], bSpan: LineSpan): boolean {
  if (aSpan.count !== bSpan.count) return false;
  for (let at = 0; at < aSpan.count; at += 1) {
    if (a[aSpan.start + at] !== b[bSpan.start + at]) return false;
  }
  return true;
}

function conflictsOf(pieces: readonly Piece[]): ConflictRegion[] {
  return pieces.flatMap((piece) => {
    if (piece.from !== "conflict") return [];
    const { base, ours, theirs } = piece;
    return [{ base, ours, theirs }];
  });
}

function spelled(
  pieces: readonly Piece[],
  [, ours, theirs]: readonly [readonly string[], readonly string[], readonly string[]],
): string {
  return pieces
    .flatMap((piece) => {
      if (piece.from === "conflict") return [];
      return (piece.from === "ours" ? ours : theirs).slice(piece.start, piece.start + piece.count);
    })
    .join("");
}

function withPlainEnd(line: string): string {
  return line.endsWith("\r\n") ? `${line.slice(0, -2)}\n` : line;
}

function withEnd(end: "\n" | "\r\n"): (plain: string) => string {
  return (plain) => (plain.endsWith("\n") ? plain.slice(0, -1) + end : plain);
}

/** The end that most lines have. */
function commonEnd(lines: readonly string[]): "\n" | "\r\n" {
  const returns = lines.filter((line) => line.endsWith("\r\n")).length;
  return returns * 2 > lines.length ? "\r\n" : "\n";
}
