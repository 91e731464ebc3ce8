// What waits for review and what turns changed, as the server tells it.
import type { RestoreResponse, ReviewFile, TurnChanges } from "../../../server/protocol/review.ts";
import { at, cwd, turnId } from "./fixtures.ts";

/** A file of the fixtures' turn that waits for review. */
export function pending(name: string, parts: Partial<ReviewFile> = {}): ReviewFile {
  return {
    path: `${cwd}/${name}`,
    movedFrom: null,
    kind: "update",
    state: "written",
    added: 1,
    removed: 1,
    hunks: [],
    isText: true,
    turns: [at],
    warning: null,
    cannotUndo: null,
    ...parts,
  };
}

export function turnChanges(names: readonly string[], parts: Partial<TurnChanges> = {}): TurnChanges {
  const paths = names.map((name) => `${cwd}/${name}`);
  return { turnId, paths, added: 12, removed: 4, state: "applied", notCaptured: [], ...parts };
}

export function restored(outcome: RestoreResponse["outcome"], message: string | null = null): RestoreResponse {
  return { outcome, files: [], message };
}
