// What differs between two texts as hunks that can be kept or undone one by one. Pure.
import { createHash } from "node:crypto";
import { changedLines } from "../../files/line-diff.ts";
import { apart } from "./apart.ts";
import { type LineSpan, linesOf } from "./merge.ts";

export interface Hunk {
  /** Of the lines that differ and those around them, which stays while hunks elsewhere are kept or undone. */
  readonly likeness: string;
  readonly baseline: LineSpan;
  readonly current: LineSpan;
}

/** In order of lines, with an unchanged line between any two. */
export function hunksBetween(baseline: string, current: string): Hunk[] {
  if (baseline === current) return [];
  const [old, now] = [linesOf(baseline), linesOf(current)];
  const spans = apart(changedLines(old, now), old, now).map(({ aStart, aCount, bStart, bCount }) => ({
    baseline: { start: aStart, count: aCount },
    current: { start: bStart, count: bCount },
  }));
  return spans.map((span, index) => {
    const { baseline: a, current: b } = span;
    // Only what no neighbour changes: a neighbour that is kept or undone must not make this one another hunk.
    const nextStart = spans[index + 1]?.current.start ?? now.length;
    const previous = spans[index - 1]?.current;
    const head = Math.max(previous === undefined ? 0 : previous.start + previous.count, b.start - contextLines);
    const end = b.start + b.count;
    const tail = Math.min(nextStart, end + contextLines);
    const [before, behind] = [now.slice(head, b.start), now.slice(end, tail)];
    const parts = [...before, "\0", ...linesIn(old, a), "\0", ...linesIn(now, b), "\0", ...behind];
    return { likeness: digest(parts), ...span };
  });
}

/** The baseline as it is once the hunk is kept. */
export function keepHunk(baseline: string, current: string, hunk: Hunk): string {
  return replaced(linesOf(baseline), hunk.baseline, linesIn(linesOf(current), hunk.current));
}

/** The current text as it is once the hunk is undone. */
export function undoHunk(baseline: string, current: string, hunk: Hunk): string {
  return replaced(linesOf(current), hunk.current, linesIn(linesOf(baseline), hunk.baseline));
}

/** There is always one between two hunks. */
const contextLines = 1;

function linesIn(lines: readonly string[], { start, count }: LineSpan): readonly string[] {
  return lines.slice(start, start + count);
}

function replaced(lines: readonly string[], { start, count }: LineSpan, by: readonly string[]): string {
  return [...lines.slice(0, start), ...by, ...lines.slice(start + count)].join("");
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 20);
}
