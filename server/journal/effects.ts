// Which changes hold, and which were undone: the log read as what is in effect of it, file by file. Pure.
import type { Change } from "./change.ts";

export interface Effects {
  /** Changes of the turn that are in effect in this file, or were and are undone, as asked. */
  isInEffect(changeId: string, path: string): boolean;
  /** An undo took back some of what the change did in this file. */
  isPartlyUndone(changeId: string, path: string): boolean;
  /** Undone, and not done again, oldest first: those that took back some of these changes. */
  undoing(changeIds: ReadonlySet<string>): readonly Change[];
}

/** `changes` as the journal gives them, oldest first. */
export function effectsOf(changes: readonly Change[]): Effects {
  const undone = new Set<string>();
  const partly = new Map<string, Set<string>>();
  const undos = new Map<string, Change>();
  for (const change of changes) {
    if (change.state !== "applied") continue;
    const { kind, of, isPart = false } = change.source;
    const paths = change.files.map(({ path }) => path);
    if (kind === "undo") {
      undos.set(change.id, change);
      for (const id of of) for (const path of paths) mark({ undone, partly }, { id, path, by: change.id, isPart });
    } else if (kind === "redo") {
      for (const id of of) {
        const undo = undos.get(id);
        undos.delete(id);
        for (const again of undo?.source.of ?? [id]) for (const path of paths) unmark({ undone, partly }, again, path);
      }
    }
  }
  return {
    isInEffect: (id, path) => !undone.has(key(id, path)),
    isPartlyUndone: (id, path) => (partly.get(key(id, path))?.size ?? 0) > 0,
    undoing: (ids) => [...undos.values()].filter(({ source }) => source.of.some((id) => ids.has(id))),
  };
}

interface Marks {
  readonly undone: Set<string>;
  readonly partly: Map<string, Set<string>>;
}

function mark(marks: Marks, { id, path, by, isPart }: { id: string; path: string; by: string; isPart: boolean }): void {
  const place = key(id, path);
  if (isPart) marks.partly.set(place, (marks.partly.get(place) ?? new Set()).add(by));
  else marks.undone.add(place);
}

function unmark({ undone, partly }: Marks, id: string, path: string): void {
  undone.delete(key(id, path));
  partly.delete(key(id, path));
}

function key(changeId: string, path: string): string {
  return `${changeId} ${path}`;
}
