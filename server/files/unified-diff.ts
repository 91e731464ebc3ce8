// Unified diffs for people and for the wire. Pure. The same two texts always give the same diff, whatever the machine.
import { createHash } from "node:crypto";
import { relative, sep } from "node:path";
import { isInside } from "../util/inside.ts";
import { changedLines, changedNumbers, type LineChange } from "./line-diff.ts";
import { type LineEdit, TextLines } from "./text-lines.ts";

export interface UnifiedDiff {
  /** Hunks without a file header, each line ended by "\n". Empty when the texts are equal. */
  readonly text: string;
  readonly added: number;
  readonly removed: number;
}

export function unifiedHunks(before: string, after: string, { context }: { context: number }): UnifiedDiff {
  const lines = new TextLines(before, { markIsText: true });
  return hunksOf(lines, editsBetween(lines, new TextLines(after, { markIsText: true })), { context });
}

/** The same for edits that are known already. Their text must have no byte order mark. */
export function hunksOf(before: TextLines, edits: readonly LineEdit[], { context }: { context: number }): UnifiedDiff {
  let shift = 0;
  const hunks = groups(edits, context).map((group) => {
    const hunk = formatHunk(before, group, context, shift);
    shift += growth(group);
    return hunk;
  });
  return {
    text: hunks.join(""),
    added: edits.reduce((sum, { insertLines }) => sum + insertLines.length, 0),
    removed: edits.reduce((sum, { deleteLines }) => sum + deleteLines, 0),
  };
}

/** The edits of whole lines that turn one text into the other; a byte order mark is no part of them. */
export function lineEdits(before: string, after: string): LineEdit[] {
  return editsBetween(new TextLines(before), new TextLines(after));
}

/** What became of one file between two moments. */
export interface FileDelta {
  /** Absolute; where the file was, or is if it is new. */
  readonly path: string;
  /** Absolute; where the file is now, when that is elsewhere. */
  readonly movePath: string | null;
  /** Null when the file was not there. */
  readonly before: string | null;
  /** Null when the file is gone. */
  readonly after: string | null;
}

/** As `git diff --full-index` prints it. Paths are relative to `cwd`; a path outside of it stays absolute. */
export function gitStyleDiff(deltas: readonly FileDelta[], cwd: string): string {
  return deltas.map((delta) => fileDiff(delta, cwd)).join("");
}

const noBlob = "0".repeat(40);

/** Only what lies between the common beginning and the common end is split and compared. */
function editsBetween(before: TextLines, after: TextLines): LineEdit[] {
  const head = commonHead(before, after);
  const tail = commonTail(before, after, head);
  const [oldEnd, newEnd] = [before.count - tail, after.count - tail];
  const byHash = changedNumbers(before.hashes(head, oldEnd), after.hashes(head, newEnd));
  const changes = keepsEqualLines(byHash, before, after, head)
    ? byHash
    : changedLines(spelledLines(before, head, oldEnd), spelledLines(after, head, newEnd));
  return changes.map(({ aStart, aCount, bStart, bCount }) => ({
    startLine: head + aStart,
    deleteLines: aCount,
    insertLines: spelledLines(after, head + bStart, head + bStart + bCount),
  }));
}

/** Lines may have the same hash and differ: then what was found by hashes alone is no answer. */
function keepsEqualLines(changes: readonly LineChange[], before: TextLines, after: TextLines, head: number): boolean {
  let [a, b] = [head, head];
  return (
    changes.every(({ aStart, aCount, bStart, bCount }) => {
      const isEqual = before.spelled(a, head + aStart) === after.spelled(b, head + bStart);
      a = head + aStart + aCount;
      b = head + bStart + bCount;
      return isEqual;
    }) && before.spelled(a) === after.spelled(b)
  );
}

function spelledLines(lines: TextLines, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => lines.spelled(from + index, from + index + 1));
}

function commonHead(before: TextLines, after: TextLines): number {
  const limit = Math.min(before.count, after.count);
  return longestPrefix(limit, (from, to) => before.spelled(from, to) === after.spelled(from, to));
}

function commonTail(before: TextLines, after: TextLines, head: number): number {
  const limit = Math.min(before.count, after.count) - head;
  const [a, b] = [before.count, after.count];
  return longestPrefix(limit, (from, to) => before.spelled(a - to, a - from) === after.spelled(b - to, b - from));
}

/** How far two things are the same, when `isSame` can be asked of any stretch that begins where the last one ended. */
function longestPrefix(limit: number, isSame: (from: number, to: number) => boolean): number {
  let known = 0;
  let size = 1;
  while (known < limit && isSame(known, Math.min(limit, known + size))) {
    known = Math.min(limit, known + size);
    size *= 2;
  }
  for (; size >= 1; size = Math.floor(size / 2)) {
    if (known + size <= limit && isSame(known, known + size)) known += size;
  }
  return known;
}

/** Edits whose context would touch stand in one hunk. */
function groups(edits: readonly LineEdit[], context: number): LineEdit[][] {
  const result: LineEdit[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const edit of edits) {
    const last = result.at(-1);
    if (last !== undefined && edit.startLine - end <= 2 * context) last.push(edit);
    else result.push([edit]);
    end = edit.startLine + edit.deleteLines;
  }
  return result;
}

function formatHunk(before: TextLines, edits: readonly LineEdit[], context: number, shift: number): string {
  const [first, last] = [edits[0], edits.at(-1)];
  if (first === undefined || last === undefined) return "";
  const start = Math.max(0, first.startLine - context);
  const stop = Math.min(before.count, last.startLine + last.deleteLines + context);
  const lines: string[] = [];
  let at = start;
  for (const { startLine, deleteLines, insertLines } of edits) {
    for (; at < startLine; at += 1) lines.push(marked(" ", before.spelled(at, at + 1)));
    for (; at < startLine + deleteLines; at += 1) lines.push(marked("-", before.spelled(at, at + 1)));
    for (const line of insertLines) lines.push(marked("+", line));
  }
  for (; at < stop; at += 1) lines.push(marked(" ", before.spelled(at, at + 1)));
  const header = `@@ -${range(start, stop - start)} +${range(start + shift, stop - start + growth(edits))} @@\n`;
  return header + lines.join("");
}

function marked(mark: string, line: string): string {
  return line.endsWith("\n") ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`;
}

function growth(edits: readonly LineEdit[]): number {
  return edits.reduce((sum, { deleteLines, insertLines }) => sum + insertLines.length - deleteLines, 0);
}

/** `start` is 0-based; git counts from 1, and names the line before where there are none. */
function range(start: number, count: number): string {
  if (count === 1) return `${start + 1}`;
  return count === 0 ? `${start},0` : `${start + 1},${count}`;
}

function fileDiff({ path, movePath, before, after }: FileDelta, cwd: string): string {
  const newPath = movePath ?? path;
  if (before === after && newPath === path) return "";
  const hunks = unifiedHunks(before ?? "", after ?? "", { context: 3 });
  const [oldName, newName] = [shown(path, cwd), shown(newPath, cwd)];
  const [a, b] = [quoted(`a/${oldName}`), quoted(`b/${newName}`)];
  const header = [`diff --git ${a} ${b}`];
  if (before === null) header.push("new file mode 100644");
  if (after === null) header.push("deleted file mode 100644");
  if (newPath !== path) {
    header.push(`similarity index ${similarity(before, after, hunks)}%`);
    header.push(`rename from ${quoted(oldName)}`, `rename to ${quoted(newName)}`);
  }
  if (before !== after) header.push(`index ${blobHash(before)}..${blobHash(after)}`);
  if (hunks.text !== "") {
    header.push(`--- ${before === null ? "/dev/null" : terminated(a)}`);
    header.push(`+++ ${after === null ? "/dev/null" : terminated(b)}`);
  }
  return `${header.join("\n")}\n${hunks.text}`;
}

/** Of files that are no text, or whose text is not to be had: only that they differ, in the words of Git. */
export function opaqueDiff(
  { path, movePath, isNew, isGone }: Pick<FileDelta, "path" | "movePath"> & { isNew: boolean; isGone: boolean },
  cwd: string,
): string {
  const [oldName, newName] = [shown(path, cwd), shown(movePath ?? path, cwd)];
  const [a, b] = [quoted(`a/${oldName}`), quoted(`b/${newName}`)];
  const header = [`diff --git ${a} ${b}`];
  if (isNew) header.push("new file mode 100644");
  if (isGone) header.push("deleted file mode 100644");
  if (movePath !== null) header.push(`rename from ${quoted(oldName)}`, `rename to ${quoted(newName)}`);
  header.push(`Binary files ${isNew ? "/dev/null" : a} and ${isGone ? "/dev/null" : b} differ`);
  return `${header.join("\n")}\n`;
}

function shown(path: string, cwd: string): string {
  return (isInside(cwd, path) ? relative(cwd, path) : path).split(sep).join("/");
}

function quoted(name: string): string {
  return /["\\]/.test(name) ? `"${name.replaceAll(/["\\]/g, "\\$&")}"` : name;
}

// Git ends a name that has a space with a tab, so that readers know where the name stops.
function terminated(name: string): string {
  return name.includes(" ") && !name.startsWith('"') ? `${name}\t` : name;
}

function similarity(before: string | null, after: string | null, { added, removed }: UnifiedDiff): number {
  if (before === after) return 100;
  const kept = new TextLines(before ?? "").count - removed;
  return Math.floor((99 * kept) / Math.max(1, kept + Math.max(added, removed)));
}

function blobHash(text: string | null): string {
  if (text === null) return noBlob;
  const bytes = Buffer.from(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
