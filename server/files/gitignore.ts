// Which paths `.gitignore` and `.ignore` files leave out, and which a glob of the same syntax means. The syntax is git's.
// Pure.

export interface IgnoreRules {
  /** Absolute, with a separator at its end: what the patterns are relative to. */
  readonly base: string;
  /** In order: the last that matches decides. */
  readonly rules: readonly Rule[];
  /** Those of the directories above, which decide where these say nothing. */
  readonly above: IgnoreRules | null;
}

export interface Rule {
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly onlyDirectories: boolean;
}

/** A pattern that makes no sense is left out. */
export function parseIgnoreFile(text: string): Rule[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap((line) => parseLine(line) ?? []);
}

/** `path` is absolute. Whether its directories are ignored is for the caller to know: it did not look into them. */
export function isIgnored(path: string, isDirectory: boolean, ignore: IgnoreRules | null): boolean {
  for (let level = ignore; level !== null; level = level.above) {
    const relative = path.slice(level.base.length);
    const deciding = level.rules.findLast(
      (rule) => (isDirectory || !rule.onlyDirectories) && rule.pattern.test(relative),
    );
    if (deciding !== undefined) return !deciding.isNegated;
  }
  return false;
}

/**
 * Asked with paths of files below the folder that the glob is about, with "/" between names. A folder that matches stands
 * for all in it; braces are alternatives; "!" in front turns the meaning around.
 */
export function globFilter(glob: string): (relativePath: string) => boolean {
  const isNegated = glob.startsWith("!");
  const wanted = glob.slice(isNegated ? 1 : 0).replace(/^\.\//, "");
  const rules = withoutBraces(wanted).flatMap((one) => parseLine(one.replace(/^[#!]/, "\\$&")) ?? []);
  const matches = (path: string, isDirectory: boolean) =>
    rules.some(({ pattern, onlyDirectories }) => (isDirectory || !onlyDirectories) && pattern.test(path));
  return (path) => (matches(path, false) || foldersOf(path).some((folder) => matches(folder, true))) !== isNegated;
}

function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, at) => names.slice(0, at + 1).join("/"));
}

const maxAlternatives = 64;

/** `a{b,c}` is `ab` and `ac`. Of very many the first. */
function withoutBraces(glob: string): string[] {
  let globs = [glob];
  for (;;) {
    const next = globs.flatMap((one) => {
      const innermost = /\{([^{}]*)\}/.exec(one);
      if (innermost === null) return [one];
      const [before, after] = [one.slice(0, innermost.index), one.slice(innermost.index + innermost[0].length)];
      return (innermost[1] ?? "").split(",").map((choice) => before + choice + after);
    });
    if (next.length === globs.length && next.every((one, at) => one === globs[at])) return globs;
    globs = next.slice(0, maxAlternatives);
  }
}

function parseLine(line: string): Rule | null {
  if (line.startsWith("#")) return null;
  let glob = line.replace(/(?<!\\)[ \t]+$/, "");
  const isNegated = glob.startsWith("!");
  if (isNegated) glob = glob.slice(1);
  const onlyDirectories = glob.endsWith("/");
  if (onlyDirectories) glob = glob.slice(0, -1);
  if (glob === "") return null;
  const isAnchored = glob.includes("/");
  try {
    const body = toRegExp(glob.replace(/^\//, ""));
    return { pattern: new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${body}$`, "s"), isNegated, onlyDirectories };
  } catch {
    // Such as a range that runs backwards: git matches nothing by it either.
    return null;
  }
}

const tokens = /^\*\*\/|\/\*\*\/|\/\*\*$|\*+|\?|\[[!^]?\]?(?:\\.|\[:\w+:\]|[^\]])*\]|\\.|[^]/gsu;

function toRegExp(glob: string): string {
  return glob.replaceAll(tokens, (token) => {
    if (token === "**/") return "(?:.*/)?";
    if (token === "/**/") return "/(?:.*/)?";
    if (token === "/**") return "/.+";
    if (token.startsWith("*")) return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.startsWith("[") && token.length > 1) return `(?!/)[${characterClass(token.slice(1, -1))}]`;
    return literal(token.length > 1 && token.startsWith("\\") ? token.slice(1) : token);
  });
}

function characterClass(inside: string): string {
  const isNegated = /^[!^]/.test(inside);
  const members = (isNegated ? inside.slice(1) : inside).replaceAll(/[[\]^]/g, "\\$&");
  return isNegated ? `^${members}` : members;
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
