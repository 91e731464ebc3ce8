// Repositories inside a workspace: submodules, vendored checkouts, worktrees. Their git configuration becomes code just
// like the workspace's own. Pure; looks only so far, because it is asked before every command.
import { join } from "node:path";
import type { FileSystemFacts, PathKind } from "./policy.ts";

const maxDepth = 3;
const maxDirectories = 1000;
const maxFound = 64;
const skipped = new Set([".git", "node_modules"]);

/** The `.git` of directories one to three levels below the root, nearest first. The root's own is not among them. */
export function nestedGit(root: string, files: FileSystemFacts): { path: string; kind: PathKind }[] {
  const found: { path: string; kind: PathKind }[] = [];
  let level = [root];
  let looked = 0;
  for (let depth = 0; depth < maxDepth; depth++) {
    const below: string[] = [];
    for (const directory of level) {
      for (const { name, kind } of files.list(directory)) {
        if (kind !== "directory" || skipped.has(name)) continue;
        if (++looked > maxDirectories || found.length === maxFound) return found;
        const child = join(directory, name);
        const git = files.lstat(join(child, ".git"));
        if (git !== null) found.push({ path: join(child, ".git"), kind: git });
        below.push(child);
      }
    }
    level = below;
  }
  return found;
}
