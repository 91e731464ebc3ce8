// What is answered to who wants files put back: what would become of each, and what came of all.
import type { RestoredFile, RestoreResponse } from "../../protocol/review.ts";
import type { WrittenFile } from "../../files/written-file.ts";
import { inParallel } from "../../util/in-parallel.ts";
import { shownIn } from "../../util/inside.ts";
import type { ChangeSource, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf } from "../content.ts";
import type { SourceOf } from "../write-change.ts";
import { type GoalDeps, writeGoals } from "./goals.ts";
import { atATime } from "./pending.ts";
import { diffBetween } from "./proposals.ts";
import { textOf } from "./review-state.ts";
import { withObstacles } from "./obstacles.ts";
import type { Goal, Restoration } from "./undo-plan.ts";

export interface RestoreOptions {
  readonly dryRun: boolean;
  readonly acceptMerges: boolean;
  readonly source: ChangeSource | SourceOf;
}

export const nothingToDo: RestoreResponse = { outcome: "nothing", files: [], message: null };

/** All or nothing: writes only where nothing conflicts, and merges only where they were accepted. Must not throw. */
export async function restoreFiles(
  restorations: readonly Restoration[],
  { dryRun, acceptMerges, source }: RestoreOptions,
  deps: GoalDeps,
): Promise<RestoreResponse> {
  if (restorations.length === 0) return nothingToDo;
  const judged = await withObstacles(restorations, (path) => shownIn(deps.journal.cwd, path));
  const files = await inParallel(judged, atATime, (each) => restoredFile(each, deps.journal));
  const conflicts = files.filter(({ outcome }) => outcome === "conflict");
  if (conflicts.length > 0)
    return { outcome: "conflict", files, message: conflictMessage(conflicts, files.length, deps.journal.cwd) };
  const needsMerge = !acceptMerges && files.some(({ outcome }) => outcome === "merged");
  if (needsMerge) return { outcome: "needsMerge", files, message: null };
  if (dryRun) return { outcome: "done", files, message: null };
  const written = await writeGoals(restorations, source, deps);
  return written.ok ? asWritten(files, written.files, deps.journal.cwd) : failed(written.message, files);
}

/** What was written is not always what was to be: a formatter may change it at saving, and a save may fail. */
function asWritten(files: readonly RestoredFile[], written: readonly WrittenFile[], cwd: string): RestoreResponse {
  const changed = new Map(
    written.flatMap(({ plan, changedTo }) => (changedTo === null ? [] : [[plan.path, changedTo]])),
  );
  const told = files.map((file): RestoredFile => {
    const text = changed.get(file.path);
    return text === undefined ? file : { ...file, outcome: "merged", reason: changedAtSaving, merged: text };
  });
  const sentences = [...changed.keys()].map(
    (path) => `${shownIn(cwd, path)} is not exactly as it was: ${changedAtSaving}.`,
  );
  const unsaved = written.flatMap(({ plan: { path }, saveProblem }) =>
    saveProblem === null
      ? []
      : [`${shownIn(cwd, path)} is put back in the editor alone, and not saved: ${saveProblem}`],
  );
  const message = [...sentences, ...unsaved].join(" ");
  return { outcome: "done", files: told, message: message === "" ? null : message };
}

const changedAtSaving = "something, such as a formatter, changed it further when it was saved";

export function failed(message: string, files: RestoredFile[] = []): RestoreResponse {
  return { outcome: "failed", files, message };
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

/** With the way out, where others could be done. */
function conflictMessage(conflicts: readonly RestoredFile[], count: number, cwd: string): string {
  const named = conflicts.slice(0, maxNamed).map(({ path, reason }) => {
    return `${shownIn(cwd, path)} is in the way: ${reason ?? "it was changed"}.`;
  });
  const more = conflicts.length > maxNamed ? [`So are ${conflicts.length - maxNamed} more.`] : [];
  const wayOut = count > conflicts.length ? ["Do the other files one by one, and keep what is in the way."] : [];
  return ["Nothing was changed.", ...named, ...more, ...wayOut].join(" ");
}

const maxNamed = 3;
