// Where review goes from here: hunks in the order of the list, through all files and around. Pure.
import type { LineRange, ReviewFile, ReviewHunk, TurnChanges } from "../../server/protocol/review.ts";

type File = Pick<ReviewFile, "path" | "kind" | "state"> & { readonly hunks: readonly ReviewHunk[] };

export interface Stop {
  readonly path: string;
  /** The line (zero-based) of the text on show; 0 where a file is reviewed as a whole. */
  readonly line: number;
}

/** `lastLine`: of that text, zero-based; behind it no cursor gets. */
export interface Position extends Stop {
  readonly lastLine: number;
}

/** Null: there is nothing to review. `from` null: the cursor is in no text that is. */
export function nextStop(files: readonly File[], from: Position | null, direction: "next" | "previous"): Stop | null {
  const stops = files.flatMap(stopsOf);
  // The list's order is the server's own: paths are compared only where one is not in it.
  const rank = (path: string) => {
    const at = files.findIndex((file) => file.path === path);
    return at === -1 ? files.filter((file) => file.path < path).length - 0.5 : at;
  };
  const difference = (stop: Stop) => {
    if (from === null) return 1;
    const byFile = rank(stop.path) - rank(from.path);
    return byFile === 0 ? Math.min(stop.line, from.lastLine) - from.line : byFile;
  };
  if (direction === "next") return stops.find((stop) => difference(stop) > 0) ?? stops[0] ?? null;
  return stops.findLast((stop) => difference(stop) < 0) ?? stops.at(-1) ?? null;
}

/** Of hunks in a text the one that a line is in. `side`: which text of the two that is. */
export function hunkAt(
  hunks: readonly ReviewHunk[],
  line: number,
  side: "baseline" | "current",
): ReviewHunk | undefined {
  const isIn = ({ start, count }: LineRange) => line >= start && line < start + count;
  // Lines that are gone are between two: both count.
  const isBeside = ({ start, count }: LineRange) => count === 0 && (line === start || line === start - 1);
  return hunks.find((hunk) => isIn(hunk[side])) ?? hunks.find((hunk) => isBeside(hunk[side]));
}

function stopsOf({ path, kind, hunks }: File): Stop[] {
  if (kind === "delete" || hunks.length === 0) return [{ path, line: 0 }];
  return hunks.map(({ current }) => ({ path, line: current.start }));
}

type Turn = Pick<TurnChanges, "state">;

/** The latest whose changes are there. `turns` oldest first. */
export function turnToUndo<T extends Turn>(turns: readonly T[]): T | null {
  return turns.findLast(({ state }) => state !== "undone") ?? null;
}

/** The reverse of undoing one after the other: the oldest of those that are undone at the end, else the latest undone. */
export function turnToRedo<T extends Turn>(turns: readonly T[]): T | null {
  const lastApplied = turns.findLastIndex(({ state }) => state === "applied");
  return turns[lastApplied + 1] ?? turns.findLast(({ state }) => state !== "applied") ?? null;
}
