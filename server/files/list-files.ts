// Lists what is below a directory for a search: hidden files too, what git ignores not. Links are followed once, or not
// at all.
import type { Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { type Candidate, foldPath } from "./fuzzy-match.ts";
import { type IgnoreRules, isIgnored, parseIgnoreFile, type Rule } from "./gitignore.ts";

export interface ListOptions {
  readonly signal: AbortSignal;
  /** Directories (absolute) that are listed, but not what is in them. */
  readonly closed: ReadonlySet<string>;
  /** Links are not there, and neither is what has one of these names. Undefined: all is. */
  readonly leftOut?: ReadonlySet<string> | undefined;
}

/**
 * Calls `found` for each file and directory below `root`; resolves when there are no more, at the abort, or at the bound.
 * Never rejects: what cannot be read is empty.
 */
export async function listFiles(
  root: string,
  found: (entry: Candidate) => void,
  { signal, closed, leftOut }: ListOptions,
): Promise<void> {
  const start = await identity(root);
  if (start === null) return;
  const queue: Directory[] = [{ path: root, relative: "", above: await rulesAbove(root), chain: [start] }];
  const running = new Set<Promise<void>>();
  let left = maxEntries;
  const take = (entry: Candidate) => {
    left--;
    found(entry);
  };
  const next = () => (running.size < maxOpenDirectories && left > 0 && !signal.aborted ? queue.pop() : undefined);
  for (;;) {
    for (let directory = next(); directory !== undefined; directory = next()) {
      if (directory.path !== root && closed.has(directory.path)) continue;
      const work = readOne(directory, queue, { found: take, leftOut }).catch(() => undefined);
      const tracked: Promise<void> = work.finally(() => running.delete(tracked));
      running.add(tracked);
    }
    if (running.size === 0) return;
    await Promise.race(running);
  }
}

/** Whether ignore files leave out a path below `root`. Never rejects: what cannot be read leaves out nothing. */
export async function isLeftOut(root: string, path: string, { isDirectory = false } = {}): Promise<boolean> {
  let ignore = await rulesAbove(root);
  let at = root;
  const names = relative(root, path).split(sep);
  for (const [depth, name] of names.entries()) {
    ignore = await rulesOf(at, null, ignore);
    at = join(at, name);
    if (isIgnored(at, isDirectory || depth < names.length - 1, ignore)) return true;
  }
  return false;
}

const maxOpenDirectories = 16;
const maxEntries = 1_000_000;

interface Directory {
  readonly path: string;
  /** With "/" as separator, whatever the system has. */
  readonly relative: string;
  readonly above: IgnoreRules | null;
  /** What it lies in, from the root on, so that a link back up is not followed. */
  readonly chain: readonly string[];
}

async function readOne(
  directory: Directory,
  queue: Directory[],
  { found, leftOut }: { found: (entry: Candidate) => void; leftOut: ListOptions["leftOut"] },
): Promise<void> {
  const entries = await fs.readdir(directory.path, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  const ignore = await rulesOf(directory.path, names, directory.above);
  for (const entry of entries) {
    if (leftOut !== undefined && (entry.isSymbolicLink() || leftOut.has(entry.name))) continue;
    const path = join(directory.path, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === null || isIgnored(path, kind === "directory", ignore)) continue;
    const relative = directory.relative === "" ? entry.name : `${directory.relative}/${entry.name}`;
    let { chain } = directory;
    if (kind === "directory" && entry.isSymbolicLink()) {
      const target = await identity(path);
      if (target === null || (await chainOf(directory)).includes(target)) continue;
      chain = [...chain, target];
    }
    const nameStart = relative.length - entry.name.length;
    found({ path: relative, nameStart, isDirectory: kind === "directory", folded: foldPath(relative) });
    if (kind === "directory") queue.push({ path, relative, above: ignore, chain });
  }
}

async function kindOf(entry: Dirent, path: string): Promise<"file" | "directory" | null> {
  const what = entry.isSymbolicLink() ? await fs.stat(path).catch(() => null) : entry;
  if (what === null) return null;
  return what.isDirectory() ? "directory" : what.isFile() ? "file" : null;
}

/** Only a link can lead back up, so only then is it worth to look at what every directory on the way is. */
async function chainOf({ path, relative, chain }: Directory): Promise<readonly string[]> {
  const above: string[] = [];
  let at = path;
  for (let depth = relative === "" ? 0 : relative.split("/").length; depth > 0; depth--) {
    above.push((await identity(at)) ?? "");
    at = dirname(at);
  }
  return [...chain, ...above];
}

async function identity(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await fs.stat(path);
    return `${dev}:${ino}`;
  } catch {
    // Gone, or a link to nothing.
    return null;
  }
}

/** Those of the directories above, up to where the repository begins. */
export async function rulesAbove(root: string): Promise<IgnoreRules | null> {
  const above: string[] = [];
  for (let at = root; !(await exists(join(at, ".git"))) && dirname(at) !== at; at = dirname(at)) {
    above.unshift(dirname(at));
  }
  let ignore: IgnoreRules | null = null;
  for (const path of above) ignore = await rulesOf(path, null, ignore);
  return ignore;
}

/** With those of the directory itself. `names`: what is in it, if that is known. */
export async function rulesOf(
  path: string,
  names: ReadonlySet<string> | null,
  above: IgnoreRules | null,
): Promise<IgnoreRules | null> {
  const rules: Rule[] = [];
  for (const [name, file] of ignoreFiles) {
    if (names !== null && !names.has(name)) continue;
    const text = await fs.readFile(join(path, file), "utf8").catch(() => "");
    rules.push(...parseIgnoreFile(text));
  }
  return rules.length === 0 ? above : { base: join(path, "/"), rules, above };
}

// The later one wins. First: the name whose presence says that it is worth to look.
const ignoreFiles = [
  [".git", ".git/info/exclude"],
  [".gitignore", ".gitignore"],
  [".ignore", ".ignore"],
] as const;

async function exists(path: string): Promise<boolean> {
  return (await identity(path)) !== null;
}
