// Whether a plan that was made anew does what was approved before: the same lines in the same files, wherever they stand
// by now. Pure.
import { isDeepStrictEqual } from "node:util";
import type { FilePlan } from "../files/patch-plan.ts";
import type { Action } from "./tool.ts";

export function isSameChange(approved: Action, anew: Action): boolean {
  if (approved.kind !== "fileChange" || anew.kind !== "fileChange") return false;
  return isDeepStrictEqual(shownOf(approved), shownOf(anew));
}

/** What a person sees of it, without line numbers. */
function shownOf({ plan, targets }: Extract<Action, { kind: "fileChange" }>): unknown {
  return { files: plan.map(fileOf), targets };
}

function fileOf({ path, change, before, diff, encoding }: FilePlan): unknown {
  const movePath = change.kind === "update" ? change.movePath : null;
  const shown = change.kind === "update" ? diff.replaceAll(/^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/gm, "@@") : diff;
  return { path, kind: change.kind, movePath, isNew: before === null, shown, encoding };
}
