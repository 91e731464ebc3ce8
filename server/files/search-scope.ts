// Which files below a folder a search is about, and how much of a line it shows: the same for every engine. Pure.
import { basename, relative, sep } from "node:path";
import { globFilter } from "./gitignore.ts";

/** Never searched, whatever lies in them. */
export const leftOutNames: ReadonlySet<string> = new Set([".git"]);

/** Whether a file is one that `glob` means; `root` may be that file. Null: all are. */
export function scopeOf(root: string, glob: string | null): (path: string) => boolean {
  if (glob === null) return () => true;
  const filter = globFilter(glob);
  return (path) => filter(path === root ? basename(path) : relative(root, path).split(sep).join("/"));
}

const maxExcerptChars = 300;
const charsBefore = 100;

/** What is around the character `at` of a long line; the line itself when it is short. */
export function excerpt(line: string, at: number): string {
  if (line.length <= maxExcerptChars) return line;
  const start = Math.max(0, Math.min(at - charsBefore, line.length - maxExcerptChars));
  const end = Math.min(line.length, start + maxExcerptChars);
  return `${start > 0 ? "…" : ""}${line.slice(start, end)}${end < line.length ? "…" : ""}`;
}
