// A file that threads of several folders changed: each folder's journal tells its own part, and a person sees one file. Pure.
import type { ReviewFile, ReviewHunk } from "../../server/protocol/review.ts";

/** What is to review of a file for the threads of one folder of the window. */
export interface Part extends ReviewFile {
  readonly cwd: string;
}

export interface JoinedFile extends ReviewFile {
  /** In order of the window's folders. */
  readonly parts: readonly [Part, ...Part[]];
}

/** In order of paths; what is written before what is proposed. */
export function joinParts(parts: readonly Part[]): JoinedFile[] {
  const groups = new Map<string, [Part, ...Part[]]>();
  for (const part of parts) {
    const key = `${part.state} ${part.path}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return [...groups.values()].map(joined).toSorted(inOrder);
}

/**
 * The text before all parts' changes. `baselines`: of each part, without the changes of the part itself only. What of two
 * parts lies in the same lines is the outer one's.
 */
export function baselineOf(current: string, parts: readonly Part[], baselines: readonly string[]): string {
  const lines = linesOf(current);
  const texts = new Map(parts.map((part, at) => [part, linesOf(baselines[at] ?? "")]));
  for (const { hunk, part } of apart(parts).toReversed()) {
    const { start, count } = hunk.baseline;
    const before = texts.get(part)?.slice(start, start + count) ?? [];
    lines.splice(hunk.current.start, hunk.current.count, ...before);
  }
  return lines.join("");
}

/** The part that a hunk is of; undefined: none knows it any more. */
export function partWith({ parts }: JoinedFile, hunkId: string): Part | undefined {
  return parts.find(({ hunks }) => hunks.some(({ id }) => id === hunkId));
}

function joined(parts: [Part, ...Part[]]): JoinedFile {
  const [first, ...others] = parts;
  // What is proposed is looked at one folder's after the other's: no two of them have seen each other.
  if (others.length === 0 || first.state === "proposed") return { ...first, parts };
  return {
    ...first,
    parts,
    added: sum(parts.map(({ added }) => added)),
    removed: sum(parts.map(({ removed }) => removed)),
    hunks: joinedHunks(parts),
    isText: parts.every(({ isText }) => isText),
    turns: parts.flatMap(({ turns }) => turns),
    warning: firstOf(parts.map(({ warning }) => warning)),
    cannotUndo: firstOf(parts.map(({ cannotUndo }) => cannotUndo)),
  };
}

/** With their places in the text before all of them. */
function joinedHunks(parts: readonly Part[]): ReviewHunk[] {
  let shift = 0;
  return apart(parts).map(({ hunk }) => {
    const start = hunk.current.start + shift;
    shift += hunk.baseline.count - hunk.current.count;
    return { ...hunk, baseline: { ...hunk.baseline, start } };
  });
}

/** From the top; of hunks in the same lines only the first and longest. */
function apart(parts: readonly Part[]): { hunk: ReviewHunk; part: Part }[] {
  const all = parts.flatMap((part) => part.hunks.map((hunk) => ({ hunk, part })));
  all.sort(({ hunk: { current: a } }, { hunk: { current: b } }) => a.start - b.start || b.count - a.count);
  let end = 0;
  return all.filter(({ hunk: { current } }) => {
    const isApart = current.start >= end;
    if (isApart) end = current.start + current.count;
    return isApart;
  });
}

function inOrder(a: ReviewFile, b: ReviewFile): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.state === b.state ? 0 : a.state === "written" ? -1 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function firstOf(sentences: readonly (string | null)[]): string | null {
  return sentences.find((sentence) => sentence !== null) ?? null;
}

/** With their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
