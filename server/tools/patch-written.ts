// What is said of a patch that was written, in the words of the App Server protocol.
import { relative, sep } from "node:path";
import type { FilePlan } from "../files/patch-plan.ts";
import { isInside } from "../util/inside.ts";

export function writtenMessage(plan: readonly FilePlan[], cwd: string): string {
  return `Success. Updated the following files:\n${changedFiles(plan, cwd)}`;
}

/** New files first, then changed ones by where they are now, then deleted ones. Paths as seen from `cwd`. */
export function changedFiles(plan: readonly FilePlan[], cwd: string): string {
  const lines = letters.flatMap((letter) =>
    plan.filter((file) => letterOf(file) === letter).map((file) => `${letter} ${shownPath(file, cwd)}`),
  );
  return `${lines.join("\n")}\n`;
}

const letters = ["A", "M", "D"] as const;

function letterOf({ change, before }: FilePlan): (typeof letters)[number] {
  if (change.kind === "delete") return "D";
  return change.kind === "add" && before === null ? "A" : "M";
}

function shownPath({ path, change }: FilePlan, cwd: string): string {
  const now = change.kind === "update" ? (change.movePath ?? path) : path;
  return isInside(cwd, now) ? relative(cwd, now).split(sep).join("/") : now;
}
