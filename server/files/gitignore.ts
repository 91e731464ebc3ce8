// Which paths `.gitignore` and `.ignore` files leave out. The syntax is git's. Pure.

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
