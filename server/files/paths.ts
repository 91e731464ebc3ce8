// What a spelled path means: where it points, whether that is inside a root, and whether it is a protected name.
// The approval policy and the writer both ask here, so that the path that was judged is the path that is written.
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isInside } from "../util/inside.ts";

export type ResolvedPath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly message: string };

/**
 * The absolute, normalised path that `spelled` means from `cwd`. It may lie outside: that is for the policy to judge.
 * Refused are characters that would make the path look different from what it is.
 */
export function resolveInside(cwd: string, spelled: string): ResolvedPath {
  if (spelled.trim() === "") return { ok: false, message: "the path is empty" };
  if (misleading.test(spelled)) {
    return {
      ok: false,
      message: `the path "${escapeMisleading(spelled)}" has control characters; spell it without them`,
    };
  }
  if (spelled.endsWith("/") || spelled.endsWith(sep)) {
    return { ok: false, message: `the path "${spelled}" names a directory; name a file` };
  }
  return { ok: true, path: resolve(cwd, spelled) };
}

export interface LinkReader {
  realpath(path: string): Promise<string>;
  readlink(path: string): Promise<string>;
}

/**
 * Where a write to `path` lands: symbolic links of the longest existing ancestor are followed, and so is a link whose
 * target is missing. Rejects when the answer cannot be known (no access, a loop): the caller must then not write.
 */
export async function realTarget(path: string, links: LinkReader): Promise<string> {
  return follow(resolve(path), links, maxHops);
}

/**
 * Whether a name below `root` is one that an agent must not change unasked: version control, editor and agent
 * settings. Both paths must be real (see `realTarget`); false for a path outside of the root.
 */
export function isProtected(root: string, realPath: string): boolean {
  if (!isInside(root, realPath)) return false;
  // A backslash separates on every platform: to ask once too often is harmless.
  return relative(root, realPath).split(/[\\/]/).some(isProtectedName);
}

/** Whether a real path lies in what git keeps of a repository, whichever folder was opened. */
export function isInGit(realPath: string): boolean {
  return realPath.split(/[\\/]/).some((name) => asFileSystemsSee(name) === ".git");
}

/** Whether tools may run what a file says once its folder is opened or entered, besides those that are protected. */
export function isAutorun(root: string, realPath: string): boolean {
  if (!isInside(root, realPath)) return false;
  const names = relative(root, realPath).split(/[\\/]/).map(asFileSystemsSee);
  return names.some((name) => autorunNames.has(name));
}

/** Whether a real path names no file of a disk, but something the kernel makes up: a read of it may never end. */
export function inKernelDirectory(realPath: string): boolean {
  // With a drive in front, as in C:\\dev, it is a folder like others.
  return realPath.startsWith("/") && kernelDirectories.some((directory) => isInside(directory, realPath));
}

const kernelDirectories = ["/dev", "/proc", "/sys"];
const maxHops = 40;
// Control characters, lone surrogates, line separators, and the marks that change the direction of the text.
const misleading = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const autorunNames = new Set([".envrc", ".devcontainer", ".devcontainer.json"]);
const protectedNames = new Set([".git", ".vscode", ".codex", ".mcp.json", ".belay"]);

function escapeMisleading(text: string): string {
  return text.replaceAll(
    new RegExp(misleading, "gu"),
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
}

async function follow(path: string, links: LinkReader, hops: number): Promise<string> {
  const real = await unlessMissing(links.realpath(path));
  if (real !== null) return real;
  if (hops === 0) throw new Error(`too many symbolic links: ${path}`);
  const parent = dirname(path);
  if (parent === path) return path;
  const realParent = await follow(parent, links, hops);
  const leaf = join(realParent, basename(path));
  const target = await unlessMissing(links.readlink(leaf));
  return target === null ? leaf : follow(resolve(realParent, target), links, hops - 1);
}

// EINVAL is how readlink says that the path is not a link. Every other error is a reason not to write.
async function unlessMissing(answer: Promise<string>): Promise<string | null> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EINVAL") return null;
    throw error;
  }
}

function isProtectedName(component: string): boolean {
  const name = asFileSystemsSee(component);
  return protectedNames.has(name) || name.endsWith(".code-workspace") || isShortName(name);
}

// Some file systems ignore case, trailing dots and spaces, a ":stream" suffix, zero-width characters, or compose.
// Upper case first, so that letters such as U+017F that fold to ASCII do so.
function asFileSystemsSee(component: string): string {
  return component
    .replaceAll(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "")
    .normalize("NFC")
    .replace(/:.*$/s, "")
    .replace(/[. ]+$/, "")
    .toUpperCase()
    .toLowerCase();
}

// The 8.3 names that Windows gives to the protected names, such as GIT~1, or GI1A2B~1 where many begin alike.
function isShortName(name: string): boolean {
  return /^(git|vscode|codex|belay|mcp|(gi|vs|co|be|mc)[\da-f]{4})~\d+(\.jso)?$/.test(name) || /~\d+\.cod$/.test(name);
}
