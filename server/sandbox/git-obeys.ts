// What git obeys of a repository and a command could otherwise write: its own directory, the files its configuration
// includes, and the hooks it keeps elsewhere. Pure.
import { dirname, join, resolve } from "node:path";
import { isInside } from "../util/inside.ts";
import type { FileSystemFacts, PathKind } from "./policy.ts";

export interface Obeyed {
  /** Real paths, all below a root. */
  readonly present: readonly string[];
  /** Names that do not exist: a directory there becomes hooks. */
  readonly absent: readonly string[];
  /** Files that do not exist and would be read as configuration. */
  readonly absentConfigs: readonly string[];
}

export interface GitSurroundings {
  readonly roots: readonly string[];
  /** Null: there is none. */
  readonly home: string | null;
  readonly files: FileSystemFacts;
}

const maxIncludes = 20;

/** `git` is no link. */
export function gitObeys(git: string, kind: PathKind, around: GitSurroundings): Obeyed {
  const { roots, home, files } = around;
  const worktree = dirname(git);
  const directories = kind === "file" ? gitDirectories(git, around) : [];
  const own = [git, ...directories].flatMap((directory) => [
    join(directory, "config"),
    join(directory, "config.worktree"),
  ]);
  const users = home === null ? [] : [join(home, ".gitconfig"), join(home, ".config/git/config")];
  const configs = withIncludes([...own, ...users, "/etc/gitconfig"], around);
  // All of a root cannot be protected: it is what the command works on.
  const isBelowRoot = (path: string) => !roots.includes(path) && roots.some((root) => isInside(root, path));
  const hooks = configs.flatMap(({ text }) => valuesOf(text, "hookspath").map((path) => atHome(path, home)));
  const places = hooks.map((path) => place(resolve(worktree, path), roots, files));
  const included = configs.slice(own.length + users.length + 1);
  const lasting = included.flatMap(({ path }) => place(path, roots, files));
  return {
    present: [git, ...directories, ...[...places, ...lasting].flatMap(({ real }) => real ?? []).filter(isBelowRoot)],
    absent: places.flatMap(({ missing }) => missing ?? []),
    absentConfigs: lasting.flatMap(({ missing }) => missing ?? []),
  };
}

/** The given ones first, each with its text; then what they include. */
function withIncludes(paths: readonly string[], { home, files }: GitSurroundings): { path: string; text: string }[] {
  const found = paths.map((path) => ({ path, text: files.readText(path) ?? "" }));
  for (let at = 0; at < found.length && found.length < paths.length + maxIncludes; at++) {
    const config = found[at];
    if (config === undefined) continue;
    const folder = dirname(files.realpath(config.path) ?? config.path);
    for (const value of valuesOf(config.text, "path")) {
      const path = resolve(folder, atHome(value, home));
      if (!found.some((other) => other.path === path)) found.push({ path, text: files.readText(path) ?? "" });
    }
  }
  return found;
}

/** Of a key in any section: one section too many only protects a file too many. */
function valuesOf(config: string, key: string): string[] {
  const line = new RegExp(String.raw`^[ \t]*(?:\[[^\]\n]*\][ \t]*)?${key}[ \t]*=[ \t]*"?([^"\n;#]+)`, "gim");
  return [...config.matchAll(line)].map(([, value = ""]) => value.trim());
}

function atHome(path: string, home: string | null): string {
  return path.startsWith("~/") && home !== null ? join(home, path.slice(2)) : path;
}

/**
 * Where a path leads. `missing`: the first name on the way that is not there, if it could be made; seen through `lstat`,
 * to which a placeholder is nothing.
 */
function place(
  path: string,
  roots: readonly string[],
  files: FileSystemFacts,
): { real: string | null; missing: string | null } {
  const parent = dirname(path);
  if (parent === path) return { real: path, missing: null };
  const above = place(parent, roots, files);
  if (above.real === null) return above;
  const own = resolve(above.real, path.slice(path.lastIndexOf("/") + 1));
  if (files.lstat(own) !== null) return { real: files.realpath(own), missing: null };
  return { real: null, missing: roots.some((root) => own !== root && isInside(root, own)) ? own : null };
}

// A gitfile (worktree, submodule) names the directory whose config git obeys, and that one may name a common one.
function gitDirectories(gitfile: string, { roots, files }: GitSurroundings): string[] {
  const target = /^gitdir: *(.+)$/m.exec(files.readText(gitfile) ?? "")?.[1];
  const directory = target === undefined ? null : files.realpath(resolve(dirname(gitfile), target.trim()));
  if (directory === null) return [];
  const common = files.readText(join(directory, "commondir"));
  const shared = common === null ? null : files.realpath(resolve(directory, common.trim()));
  return [directory, ...(shared === null ? [] : [shared])].filter((path) => roots.some((root) => isInside(root, path)));
}
