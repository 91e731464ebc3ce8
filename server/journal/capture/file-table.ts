// The files of a workspace at one moment, and what differs between two moments. Pure.
import { basename } from "node:path";
import type { IgnoreRules } from "../../files/gitignore.ts";

/** What the file system says of a file without its bytes being read. */
export interface Row {
  readonly kind: "file" | "link";
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly ino: number;
  readonly dev: number;
  /** Permission bits. */
  readonly mode: number;
  /** A later change is sure to change the row: the clock of the file system has moved on since. */
  readonly isSettled: boolean;
}

/** Where bytes are held. The same bytes of one path have the same place. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

export type Content =
  | { readonly kind: "held"; readonly place: Place }
  | { readonly kind: "link"; readonly target: string }
  /** `mayRetry`: the next look may have what this one lacked. */
  | { readonly kind: "unread"; readonly reason: string; readonly mayRetry: boolean };

export interface Entry {
  readonly row: Row;
  readonly content: Content;
}

export interface Table {
  /** By absolute path. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** By folder, what its ignore files said. */
  readonly rules: ReadonlyMap<string, IgnoreRules>;
}

/** Null: no file is there. */
export interface Difference {
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

export function differences(before: Table["entries"], after: Table["entries"]): Difference[] {
  const found: Difference[] = [];
  for (const [path, entry] of after) {
    const earlier = before.get(path) ?? null;
    if (earlier === null || !isSameFile(earlier, entry)) found.push({ path, before: earlier, after: entry });
  }
  for (const [path, entry] of before) if (!after.has(path)) found.push({ path, before: entry, after: null });
  return found;
}

export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}

/** Whether nothing has touched it, as far as rows can tell. */
export function isSameRow(one: Row, other: Row): boolean {
  return (
    one.kind === other.kind &&
    one.size === other.size &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.ino === other.ino &&
    one.mode === other.mode
  );
}

function isSameFile(before: Entry, after: Entry): boolean {
  if (before === after) return true;
  if (before.row.kind !== after.row.kind) return false;
  if (before.row.kind === "file" && before.row.mode !== after.row.mode) return false;
  const [one, other] = [before.content, after.content];
  if (one.kind === "held" && other.kind === "held") return one.place === other.place;
  if (one.kind === "link" && other.kind === "link") return one.target === other.target;
  // Without the bytes: one that was written anew with the same bytes counts as changed.
  return before.row.size === after.row.size && before.row.mtimeMs === after.row.mtimeMs;
}

/** By path of what came, the path of what went that is the same file, or has the same bytes. `bytesOf`: names them. */
export function moves(
  changed: readonly Difference[],
  bytesOf: (difference: Difference, side: "before" | "after") => string | null,
): Map<string, string> {
  const gone = changed.filter(({ before, after }) => before !== null && after === null);
  const came = changed.filter(({ before, after }) => before === null && after !== null);
  const found = new Map<string, string>();
  const match = (keyOf: (difference: Difference, side: "before" | "after") => string | null) => {
    const left = new Map<string, Difference[]>();
    const taken = new Set(found.values());
    for (const difference of gone) {
      const key = taken.has(difference.path) ? null : keyOf(difference, "before");
      if (key !== null) left.set(key, [...(left.get(key) ?? []), difference]);
    }
    for (const difference of came) {
      const key = found.has(difference.path) ? null : keyOf(difference, "after");
      const candidates = key === null ? [] : (left.get(key) ?? []);
      const origin = candidates.find(({ path }) => basename(path) === basename(difference.path)) ?? candidates[0];
      if (key === null || origin === undefined) continue;
      found.set(difference.path, origin.path);
      left.set(
        key,
        candidates.filter((other) => other !== origin),
      );
    }
  };
  match(identityOf);
  match(bytesOf);
  return found;
}

/** With its time of birth: the number of a file that is gone is soon another's. */
function identityOf(difference: Difference, side: "before" | "after"): string | null {
  const row = difference[side]?.row;
  return row === undefined ? null : `${row.kind} ${row.dev} ${row.ino} ${row.birthtimeMs}`;
}
