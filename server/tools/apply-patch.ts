// The tool that changes files. The patch is parsed once; that one plan is previewed, judged, approved and written.
import { isUnconfined } from "../approval/policy.ts";
import { parsePatch } from "../files/patch-parser.ts";
import { type FilePlan, planPatch } from "../files/patch-plan.ts";
import { PatchPreview, type PreviewedFile } from "../files/patch-preview.ts";
import { resolveInside } from "../files/paths.ts";
import type { FileUpdateChange, ThreadItemOf } from "../protocol/item.ts";
import { freeformTool } from "./define.ts";
import { patchReport, proposalReport } from "./patch-report.ts";
import { judgeTargets } from "./patch-targets.ts";
import { isInside } from "../util/inside.ts";
import {
  type FileReader,
  type FileTarget,
  type Finished,
  immediate,
  type PrepareContext,
  type RunContext,
} from "./tool.ts";

const grammar = `start: begin file+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
file: add | delete | update
add: "*** Add File: " name LF ("+" /(.*)/ LF)+
delete: "*** Delete File: " name LF
update: "*** Update File: " name LF move? chunk+
move: "*** Move to: " name LF
chunk: ("@@" | "@@ " /(.+)/) LF line+ eof?
line: ("+" | "-" | " ") /(.*)/ LF
eof: "*** End of File" LF
name: /(.+)/
%import common.LF
`;

export const applyPatch = freeformTool(grammar, {
  name: "apply_patch",
  description:
    "Changes files. The input is one patch: all of it is applied, or none. Paths are relative to the thread's folder. " +
    "In an update, give about three unchanged lines around each change, written exactly as they are in the file, and " +
    "put a heading such as `@@ function total` before a chunk whose lines occur more than once. Example:\n" +
    "*** Begin Patch\n*** Update File: src/price.js\n@@ function net\n   const rate = 7;\n" +
    "-  return price * rate;\n+  return price * (1 + rate / 100);\n*** Add File: NOTES.md\n+Prices are net.\n*** End Patch",

  async prepare(text, context) {
    const parsed = parsePatch(text);
    if (!parsed.ok) return immediate(`apply_patch verification failed: ${parsed.message}`);
    // Judged before anything is read: what a refusal says must not depend on files that are not for the model.
    const judged = await judgeTargets(parsed.patch, context);
    if (!judged.ok) return immediate(`apply_patch verification failed: ${judged.message}`);
    const { targets } = judged;
    const forbidden = context.forbids(targets);
    if (forbidden !== null) return immediate(forbidden);
    const byPath = new Map(targets.map((target) => [target.path, target]));
    const planned = await planPatch(parsed.patch, {
      cwd: context.cwd,
      read: (path) => context.files.read(path, (realPath) => realPath === byPath.get(path)?.realPath),
      isHidden: (path) => isHidden(byPath.get(path), context),
    });
    if (!planned.ok) return immediate(`apply_patch verification failed: ${planned.message}`);
    const { plan } = planned;
    const item: ThreadItemOf<"fileChange"> = {
      type: "fileChange",
      id: context.itemId,
      changes: plan.map((file) => toChange(file, byPath)),
      status: "inProgress",
      startedAtMs: context.startedAtMs,
      completedAtMs: null,
    };
    const action = Object.freeze({ kind: "fileChange" as const, plan, targets });
    return { kind: "prepared", item, action, run: (run) => writePlan(item, action, context, run) };
  },

  preview(cwd) {
    const patch = new PatchPreview();
    return {
      push: (piece) => patch.push(piece),
      changes: () => patch.files().flatMap((file) => toPreviewedChange(file, cwd) ?? []),
    };
  },
});

async function writePlan(
  item: ThreadItemOf<"fileChange">,
  { plan, targets }: { plan: readonly FilePlan[]; targets: readonly FileTarget[] },
  { cwd, files }: PrepareContext,
  context: RunContext,
): Promise<Finished> {
  const written = (await isThere(cwd, plan, files)) ? await context.write(plan, targets) : noFolder(cwd);
  const completedAtMs = context.now();
  if (!written.ok) {
    const failed = { ...item, status: "failed" as const, completedAtMs };
    return { item: failed, output: `apply_patch failed: ${written.message}`, isStale: written.isStale };
  }
  const completed = { ...item, status: "completed" as const, completedAtMs };
  return "isProposed" in written
    ? { item: { ...completed, isProposed: true }, output: proposalReport(plan, cwd) }
    : { item: completed, output: patchReport(plan, written, cwd) };
}

/** A folder that was deleted or renamed meanwhile is not made anew around one file of it. */
async function isThere(cwd: string, plan: readonly FilePlan[], files: FileReader): Promise<boolean> {
  return !plan.some(({ path }) => isInside(cwd, path)) || (await files.realFolder(cwd)) !== null;
}

function noFolder(cwd: string) {
  return { ok: false, message: `there is no folder ${cwd} any more. Nothing was written.`, isStale: false } as const;
}

function toChange(
  { path, change, before, diff }: FilePlan,
  targets: ReadonlyMap<string, FileTarget>,
): FileUpdateChange {
  const movePath = change.kind === "update" ? change.movePath : null;
  const realPath = targets.get(path)?.leadsTo ?? null;
  const realMovePath = movePath === null ? null : (targets.get(movePath)?.leadsTo ?? null);
  // To the person, whose lines go, a new text for a file that is there is a change of it.
  const isUpdate = change.kind === "update" || (change.kind === "add" && before !== null);
  return {
    path,
    kind: isUpdate ? { type: "update", move_path: movePath } : { type: change.kind },
    diff,
    ...(realPath === null ? {} : { realPath }),
    ...(realMovePath === null ? {} : { realMovePath }),
  };
}

/** Null for a path that no change could have. */
function toPreviewedChange(file: PreviewedFile, cwd: string): FileUpdateChange | null {
  const { kind, movePath, text: diff, added, removed } = file;
  const from = resolveInside(cwd, file.path);
  const to = movePath === null ? null : resolveInside(cwd, movePath);
  if (!from.ok || to?.ok === false) return null;
  const written = { added, removed };
  const spelled = kind === "update" ? { type: kind, move_path: to?.path ?? null } : { type: kind };
  return { path: from.path, kind: spelled, diff, written };
}

/** Where commands are confined, what lies outside the roots or is kept from them is not described to the model. */
function isHidden(target: FileTarget | undefined, { sandbox }: PrepareContext): boolean {
  return target !== undefined && !isUnconfined(sandbox) && (!target.isWritable || target.isDenied);
}
