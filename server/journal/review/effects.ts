// Which changes hold, and which were undone: the log read as what is in effect of it, file by file. Pure.
import type { Change } from "../change.ts";

export interface Effects {
  /** The change is in effect in this file: it was not undone, or done again. */
  isInEffect(changeId: string, path: string): boolean;
  /** An undo took back some of what the change did in this file. */
  isPartlyUndone(changeId: string, path: string): boolean;
  /** Those that took back some of these changes, oldest first, each with the files in which that was not done again. */
  undoing(changeIds: ReadonlySet<string>): readonly Change[];
}

/** `changes` as the journal gives them, oldest first. */
export function effectsOf(changes: readonly Change[]): Effects {
  const byId = new Map(changes.map((change) => [change.id, change]));
  /** Of a change and a path, what has taken it back; `part` where that left some of it. */
  const takenBack = new Map<string, Map<string, "whole" | "part">>();
  const undos: Change[] = [];
  for (const change of changes) {
    const { kind, of, partIn = [], alsoIn = [] } = change.source;
    if (change.state !== "applied" || (kind !== "undo" && kind !== "redo")) continue;
    if (kind === "undo") undos.push(change);
    for (const path of new Set([...change.files.map((file) => file.path), ...alsoIn])) {
      for (const id of of) {
        const isUndo = byId.get(id)?.source.kind === "undo";
        if (kind === "undo") add(takenBack, key(id, path), change.id, partIn.includes(path) ? "part" : "whole");
        else if (isUndo) redo(takenBack, { path, undo: id, ids: byId.get(id)?.source.of ?? [] });
        else takenBack.delete(key(id, path));
      }
    }
  }
  const howIs = (id: string, path: string) => [...(takenBack.get(key(id, path))?.values() ?? [])];
  const holds = ({ id, source }: Change, path: string) => source.of.some((of) => takenBack.get(key(of, path))?.has(id));
  return {
    isInEffect: (id, path) => !howIs(id, path).includes("whole"),
    isPartlyUndone: (id, path) => howIs(id, path).includes("part"),
    undoing: (ids) =>
      undos
        .filter(({ source }) => source.of.some((id) => ids.has(id)))
        .map((undo) => ({ ...undo, files: undo.files.filter(({ path }) => holds(undo, path)) }))
        .filter(({ files }) => files.length > 0),
  };
}

type TakenBack = Map<string, Map<string, "whole" | "part">>;

function add(takenBack: TakenBack, place: string, by: string, how: "whole" | "part"): void {
  const known = takenBack.get(place) ?? new Map<string, "whole" | "part">();
  takenBack.set(place, known.set(by, how));
}

/** The undo does not hold any more; what others took back stays taken back. */
function redo(takenBack: TakenBack, { path, undo, ids }: { path: string; undo: string; ids: readonly string[] }): void {
  for (const id of ids) takenBack.get(key(id, path))?.delete(undo);
}

function key(changeId: string, path: string): string {
  return `${changeId} ${path}`;
}
