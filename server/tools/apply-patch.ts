// The tool that changes files. The patch is parsed once; that one plan is previewed, judged, approved and written.
import { parsePatch } from "../files/patch-parser.ts";
import { type FilePlan, planPatch } from "../files/patch-plan.ts";
import { isProtected } from "../files/paths.ts";
import { isInside } from "../util/inside.ts";
import type { FileUpdateChange, ThreadItemOf } from "../protocol/item.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { freeformTool } from "./define.ts";
import { type FileTarget, type Finished, immediate, type PrepareContext, type RunContext } from "./tool.ts";

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
    const planned = await planPatch(parsed.patch, { cwd: context.cwd, read: (path) => context.files.read(path) });
    if (!planned.ok) return immediate(`apply_patch verification failed: ${planned.message}`);
    const { plan } = planned;
    const targets = await findTargets(plan, context);
    if (targets === null)
      return immediate("apply_patch verification failed: a path leads through links that cannot be followed");
    const item: ThreadItemOf<"fileChange"> = {
      type: "fileChange",
      id: context.itemId,
      changes: plan.map(toChange),
      status: "inProgress",
      startedAtMs: context.startedAtMs,
      completedAtMs: null,
    };
    const action = Object.freeze({ kind: "fileChange" as const, plan, targets });
    return { kind: "prepared", item, action, run: (run) => writePlan(item, action, context.cwd, run) };
  },
});

async function writePlan(
  item: ThreadItemOf<"fileChange">,
  { plan, targets }: { plan: readonly FilePlan[]; targets: readonly FileTarget[] },
  cwd: string,
  context: RunContext,
): Promise<Finished> {
  const written = await context.write(plan, targets);
  const completedAtMs = context.now();
  if (!written.ok) {
    return { item: { ...item, status: "failed", completedAtMs }, output: `apply_patch failed: ${written.message}` };
  }
  const lines = plan.map(
    (file) => `${letter(file)} ${isInside(cwd, file.path) ? file.path.slice(cwd.length + 1) : file.path}`,
  );
  return {
    item: { ...item, status: "completed", completedAtMs },
    output: `Success. Updated the following files:\n${lines.join("\n")}\n`,
  };
}

function letter({ change, before }: FilePlan): "A" | "M" | "D" {
  if (change.kind === "delete") return "D";
  return change.kind === "add" && before === null ? "A" : "M";
}

function toChange({ path, change, diff }: FilePlan): FileUpdateChange {
  const kind =
    change.kind === "update" ? { type: "update" as const, move_path: change.movePath } : { type: change.kind };
  return { path, kind, diff };
}

/** Null when where a path really leads cannot be known: then nothing may be written there. */
async function findTargets(plan: readonly FilePlan[], context: PrepareContext): Promise<FileTarget[] | null> {
  try {
    const roots = await Promise.all(writableRoots(context).map((root) => context.files.realTarget(root)));
    const paths = plan.flatMap(({ path, change }) =>
      change.kind === "update" && change.movePath !== null ? [path, change.movePath] : [path],
    );
    return await Promise.all(
      paths.map(async (path) => {
        const realPath = await context.files.realTarget(path);
        return {
          path,
          realPath,
          isWritable: context.sandbox.type === "dangerFullAccess" || roots.some((root) => isInside(root, realPath)),
          isProtected: [context.cwd, ...roots].some((root) => isProtected(root, realPath) || isProtected(root, path)),
        };
      }),
    );
  } catch {
    // No access on the way, or a loop of links; said by the caller.
    return null;
  }
}

/** Where a patch may land without being asked for: the same roots that a command may write. */
function writableRoots({ cwd, sandbox }: { cwd: string; sandbox: SandboxPolicy }): string[] {
  return sandbox.type === "workspaceWrite" ? [cwd, ...sandbox.writableRoots] : [cwd];
}
