// Unified diffs for people and for the wire. Pure. The same two texts always give the same diff, whatever the machine.
import { createHash } from "node:crypto";
import { relative, sep } from "node:path";
import { type StructuredPatchHunk, structuredPatch } from "diff";
import { isInside } from "../util/inside.ts";
import type { LineEdit } from "./text-lines.ts";

export interface UnifiedDiff {
  /** Hunks without a file header, each line ended by "\n". Empty when the texts are equal. */
  readonly text: string;
  readonly added: number;
  readonly removed: number;
}

export function unifiedHunks(before: string, after: string, { context }: { context: number }): UnifiedDiff {
  const hunks = before === after ? [] : changedHunks(before, after, context);
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    text: hunks.map(formatHunk).join(""),
    added: lines.filter((line) => line.startsWith("+")).length,
    removed: lines.filter((line) => line.startsWith("-")).length,
  };
}

/** The edits of whole lines that turn one text into the other; a byte order mark is no part of them. */
export function lineEdits(before: string, after: string): LineEdit[] {
  const [old, now] = [withoutMark(before), withoutMark(after)];
  if (old === now) return [];
  const lines = withEndings(now);
  return changedHunks(old, now, 0).map(({ oldStart, oldLines, newStart, newLines }) => ({
    startLine: oldStart - 1,
    deleteLines: oldLines,
    insertLines: lines.slice(newStart - 1, newStart - 1 + newLines),
  }));
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

// Bounds the search to about 0.2 s for texts that have little in common. A time limit would do the same, but then one
// pair of texts could give two diffs, and an approved plan could not be recognised by its hash.
const maxEditLength = 1500;
const noBlob = "0".repeat(40);

function changedHunks(before: string, after: string, context: number): readonly StructuredPatchHunk[] {
  const patch = structuredPatch("", "", before, after, undefined, undefined, { context, maxEditLength });
  return patch?.hunks ?? [oneHunk(withEndings(before), withEndings(after), context)];
}

/** The fallback: everything between the common first and last lines is replaced. */
function oneHunk(before: readonly string[], after: readonly string[], context: number): StructuredPatchHunk {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const start = Math.max(0, head - context);
  const trailing = Math.min(tail, context);
  const lines = [
    ...before.slice(start, head).map((line) => ` ${line}`),
    ...before.slice(head, before.length - tail).map((line) => `-${line}`),
    ...after.slice(head, after.length - tail).map((line) => `+${line}`),
    ...before.slice(before.length - tail, before.length - tail + trailing).map((line) => ` ${line}`),
  ];
  return {
    oldStart: start + 1,
    oldLines: before.length - tail + trailing - start,
    newStart: start + 1,
    newLines: after.length - tail + trailing - start,
    lines: lines.flatMap((line) =>
      line.endsWith("\n") ? [line.slice(0, -1)] : [line, "\\ No newline at end of file"],
    ),
  };
}

function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function withEndings(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function formatHunk(hunk: StructuredPatchHunk): string {
  const header = `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`;
  return `${[header, ...hunk.lines].join("\n")}\n`;
}

function range(start: number, count: number): string {
  if (count === 1) return `${start}`;
  return count === 0 ? `${start - 1},0` : `${start},${count}`;
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
  const kept = withEndings(before ?? "").length - removed;
  return Math.floor((99 * kept) / Math.max(1, kept + Math.max(added, removed)));
}

function blobHash(text: string | null): string {
  if (text === null) return noBlob;
  const bytes = Buffer.from(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
