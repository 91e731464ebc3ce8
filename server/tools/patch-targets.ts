// Where the files of a patch really are, and what may be done there: judged by names and links alone, before any of
// them is read.
import { join, relative } from "node:path";
import type { FileEffect } from "../approval/approvals.ts";
import type { Patch } from "../files/patch-parser.ts";
import { hiddenMessage, pathsOf } from "../files/patch-plan.ts";
import { inKernelDirectory, isInGit, isProtected } from "../files/paths.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { isInside } from "../util/inside.ts";
import type { FileReader, FileTarget } from "./tool.ts";

export type Judged = { ok: true; targets: readonly FileTarget[] } | { ok: false; message: string };

/** What a patch is judged by. */
export interface JudgeContext {
  readonly cwd: string;
  readonly sandbox: SandboxPolicy;
  readonly files: Pick<FileReader, "realTarget" | "deniedTo">;
}

/** Not ok when where a path really leads cannot be known: then nothing may be read or written there. */
export async function judgeTargets(patch: Patch, context: JudgeContext): Promise<Judged> {
  try {
    const folder = await context.files.realTarget(context.cwd);
    const roots = [folder, ...(await Promise.all(moreRoots(context).map((root) => context.files.realTarget(root))))];
    const ground = { ...context, roots, isDenied: context.files.deniedTo(context.cwd) };
    const judge = async ({ path, effect }: { path: string; effect: FileEffect }): Promise<Judged> => {
      try {
        const realPath = await context.files.realTarget(path);
        return { ok: true, targets: [toTarget({ path, realPath, effect }, ground)] };
      } catch {
        // No access on the way, or a loop of links. Outside, that is for nobody to know.
        return { ok: false, message: isInside(context.cwd, path) ? unknownPlace : hiddenMessage(path) };
      }
    };
    const all = await Promise.all(effectsOf(patch, context.cwd).map(judge));
    const failed = all.find(({ ok }) => !ok);
    return failed ?? { ok: true, targets: all.flatMap((each) => (each.ok ? each.targets : [])) };
  } catch {
    // The thread's folder itself is not to be reached.
    return { ok: false, message: unknownPlace };
  }
}

const unknownPlace = "a path leads through links that cannot be followed";

/** What a thread's places are judged by. */
interface Ground {
  readonly cwd: string;
  readonly sandbox: SandboxPolicy;
  /** Real. The thread's folder comes first. */
  readonly roots: readonly string[];
  isDenied(realPath: string): boolean;
}

function toTarget(
  named: Pick<FileTarget, "path" | "realPath" | "effect">,
  { cwd, sandbox, roots, isDenied }: Ground,
): FileTarget {
  const { path, realPath } = named;
  // A thread whose own folder is reached through a link is no surprise: only links below it are.
  const expected = isInside(cwd, path) ? join(roots[0] ?? cwd, relative(cwd, path)) : path;
  return {
    ...named,
    leadsTo: realPath === expected ? null : realPath,
    isWritable:
      sandbox.type === "dangerFullAccess" || roots.some((root) => mayBeRoot(root) && isInside(root, realPath)),
    isProtected:
      isInGit(realPath) || [cwd, ...roots].some((root) => isProtected(root, realPath) || isProtected(root, path)),
    isDenied: isDenied(realPath),
  };
}

function effectsOf(patch: Patch, cwd: string): { path: string; effect: FileEffect }[] {
  return patch.flatMap((file): { path: string; effect: FileEffect }[] => {
    const [path, movePath] = pathsOf([file], cwd);
    if (path === undefined) return [];
    if (movePath === undefined) return [{ path, effect: file.kind === "delete" ? "delete" : "write" }];
    return [
      { path, effect: "moveAway" },
      { path: movePath, effect: "moveHere" },
    ];
  });
}

/** The sandbox refuses the others: what no command may write is not for a patch to write without a question. */
function mayBeRoot(real: string): boolean {
  return real !== "/" && !inKernelDirectory(real);
}

/** Where a patch may land besides the thread's folder without being asked for: the roots that a command may write. */
function moreRoots({ sandbox }: { sandbox: SandboxPolicy }): readonly string[] {
  return sandbox.type === "workspaceWrite" ? sandbox.writableRoots : [];
}
