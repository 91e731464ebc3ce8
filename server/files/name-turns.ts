// Which of some changes must come before others because they are about one name: a file in the place of a folder, or the
// other way round.
import type { Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";

export interface Names {
  /** Where nothing is left of it behind the change; null: it stays. */
  readonly leaves: string | null;
  /** Where it is behind the change; null: nowhere. */
  readonly comes: string | null;
}

export interface Turn<T> {
  readonly first: T;
  readonly next: T;
  /** What `first` leaves: the place of a folder that `next` needs, or a folder in the place of `next`. */
  readonly left: "place" | "folder";
}

/** A change that moves a file into its own name is before itself. */
export function turnsOf<T>(changes: readonly T[], namesOf: (change: T) => Names): Turn<T>[] {
  const named = changes.map((change) => ({ change, ...namesOf(change) }));
  const leaving = new Map(named.flatMap(({ change, leaves }) => (leaves === null ? [] : [[leaves, change]])));
  const coming = new Map(named.flatMap(({ change, comes }) => (comes === null ? [] : [[comes, change]])));
  return named.flatMap(({ change, leaves, comes }): Turn<T>[] => [
    ...above(comes, leaving).map((first) => ({ first, next: change, left: "place" as const })),
    ...above(leaves, coming).map((next) => ({ first: change, next, left: "folder" as const })),
  ]);
}

/** Null when all that the folder has is going. An empty folder in it is there for somebody. */
export async function staysIn(folder: string, going: ReadonlySet<string>): Promise<string | null> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() && !going.has(path)) return path;
    if (!entry.isDirectory()) continue;
    const staying = (await entriesOf(path)).length === 0 ? path : await staysIn(path, going);
    if (staying !== null) return staying;
  }
  return null;
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return fs.readdir(folder, { withFileTypes: true });
}

function above<T>(path: string | null, places: ReadonlyMap<string, T>): T[] {
  if (path === null || places.size === 0) return [];
  const found: T[] = [];
  for (let at = dirname(path), below = path; at !== below; below = at, at = dirname(at)) {
    const change = places.get(at);
    if (change !== undefined) found.push(change);
  }
  return found;
}
