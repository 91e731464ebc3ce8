// What is answered to who wants files put back: what would become of each, and what came of all.
import { relative } from "node:path";
import type { RestoredFile, RestoreResponse } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import { isInside } from "../../util/inside.ts";
import type { ChangeSource, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf } from "../content.ts";
import { type GoalDeps, writeGoals } from "./goals.ts";
import { atATime } from "./pending.ts";
import { diffBetween } from "./proposals.ts";
import { textOf } from "./review-state.ts";
import type { Goal, Restoration } from "./undo-plan.ts";

export interface RestoreOptions {
  readonly dryRun: boolean;
  readonly acceptMerges: boolean;
  readonly source: ChangeSource;
}

export const nothingToDo: RestoreResponse = { outcome: "nothing", files: [], message: null };

/** All or nothing: writes only where nothing conflicts, and merges only where they were accepted. Must not throw. */
export async function restoreFiles(
  restorations: readonly Restoration[],
  { dryRun, acceptMerges, source }: RestoreOptions,
  deps: GoalDeps,
): Promise<RestoreResponse> {
  if (restorations.length === 0) return nothingToDo;
  const files = await inParallel(restorations, atATime, (each) => restoredFile(each, deps.journal));
  const conflicts = files.filter(({ outcome }) => outcome === "conflict");
  if (conflicts.length > 0)
    return { outcome: "conflict", files, message: conflictMessage(conflicts, deps.journal.cwd) };
  const needsMerge = !acceptMerges && files.some(({ outcome }) => outcome === "merged");
  if (needsMerge) return { outcome: "needsMerge", files, message: null };
  if (dryRun) return { outcome: "done", files, message: null };
  const written = await writeGoals(restorations, source, deps);
  return written.ok ? { outcome: "done", files, message: null } : failed(written.message, files);
}

export function failed(message: string, files: RestoredFile[] = []): RestoreResponse {
  return { outcome: "failed", files, message };
}

/** As people name it: below the workspace without it. */
export function shownIn(cwd: string, path: string): string {
  return isInside(cwd, path) && path !== cwd ? relative(cwd, path) : path;
}

async function restoredFile(restoration: Restoration, journal: WorkspaceJournal): Promise<RestoredFile> {
  const { path, movedTo, outcome, reason, now, goal } = restoration;
  const then = await goalContent(goal, journal);
  const isConflict = outcome === "conflict";
  return {
    ...{ path, movedTo, outcome, reason },
    diff: isConflict ? "" : diffBetween(now.content, then),
    merged: outcome === "merged" ? textOf(then) : null,
  };
}

async function goalContent(goal: Goal, journal: WorkspaceJournal): Promise<Content> {
  if (goal.kind === "missing") return { kind: "missing" };
  if (goal.kind === "image") return contentOf(journal, goal.image);
  return { kind: "text", text: goal.text, encoding: goal.encoding };
}

function conflictMessage(conflicts: readonly RestoredFile[], cwd: string): string {
  const [first] = conflicts;
  const more = conflicts.length > 1 ? ` So are ${conflicts.length - 1} more.` : "";
  return `Nothing was changed. ${shownIn(cwd, first?.path ?? "")} is in the way: ${first?.reason ?? "it was changed"}.${more}`;
}
