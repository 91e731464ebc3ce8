// What repository a folder is in, read from its files: running git would cost more than the answer is worth, and a
// repository's own settings can make git run programs.
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { GitInfo } from "../protocol/thread.ts";

/** Null where there is none, or none that can be read. Never throws. */
export async function readGitInfo(cwd: string): Promise<GitInfo | null> {
  try {
    const gitDir = await findGitDir(cwd);
    if (gitDir === null) return null;
    const commonDir = await readOptional(join(gitDir, "commondir"));
    const common = commonDir === null ? gitDir : resolve(gitDir, commonDir.trim());
    const head = (await readFile(join(gitDir, "HEAD"), "utf8")).trim();
    const branch = /^ref: refs\/heads\/(.+)$/.exec(head)?.[1] ?? null;
    const sha = branch === null ? head : await readRef([gitDir, common], `refs/heads/${branch}`);
    const originUrl = originOf((await readOptional(join(common, "config"))) ?? "");
    return { sha: sha !== null && /^[0-9a-f]{40,64}$/.test(sha) ? sha : null, branch, originUrl };
  } catch {
    // A repository that cannot be read is as good as none: the thread works without.
    return null;
  }
}

/** `.git` of the folder or of one above it; a worktree's is a file that says where. */
async function findGitDir(cwd: string): Promise<string | null> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, ".git");
    const found = await stat(candidate).catch(() => null);
    if (found?.isDirectory()) return candidate;
    if (found?.isFile()) {
      const target = /^gitdir: (.+)$/m.exec(await readFile(candidate, "utf8"))?.[1]?.trim();
      return target === undefined ? null : isAbsolute(target) ? target : resolve(folder, target);
    }
    if (dirname(folder) === folder) return null;
  }
}

async function readRef(dirs: readonly string[], ref: string): Promise<string | null> {
  for (const dir of dirs) {
    const loose = await readOptional(join(dir, ref));
    if (loose !== null) return loose.trim();
  }
  const packed = (await readOptional(join(dirs.at(-1) ?? "", "packed-refs"))) ?? "";
  return (
    packed
      .split("\n")
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(" ")[0] ?? null
  );
}

function originOf(config: string): string | null {
  const section = /^\[remote "origin"\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(config)?.[1] ?? "";
  const url = /^\s*url\s*=\s*(.+?)\s*$/m.exec(section)?.[1] ?? null;
  return url === null ? null : withoutCredentials(url);
}

/** A token inside an address must not get into threads, lists and logs. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^@/]*@/i, "$1");
}

async function readOptional(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}
