// Links that came into the place of a folder or a file: changes are kept under real paths, so what is behind a link is
// not what they were about.
import { lstat, readlink, realpath } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The link, in the place of a folder, through which alone the path leads anywhere; null when there is none, or it is one
 * of those that are `going`. Must not throw: what cannot be looked at is no link.
 */
export async function linkAbove(path: string, going: ReadonlySet<string> = new Set()): Promise<string | null> {
  const folder = dirname(path);
  if ((await realpath(folder).catch(() => null)) === folder) return null;
  // From the top: what is below a link is somewhere else.
  for (const place of downTo(folder)) {
    const found = await lstat(place).catch(() => null);
    if (found?.isSymbolicLink()) return going.has(place) ? null : place;
  }
  return null;
}

/** The same for one look at many files: each folder is asked about once. */
export function linksAbove(): (path: string) => Promise<string | null> {
  const known = new Map<string, Promise<string | null>>();
  return (path) => {
    const folder = dirname(path);
    const answer = known.get(folder) ?? linkAbove(path);
    known.set(folder, answer);
    return answer;
  };
}

/** Why what is behind the link is left alone, and what to do. */
export async function linkInTheWay(link: string, shown: (path: string) => string): Promise<string> {
  const target = await readlink(link).catch(() => null);
  const where = target === null ? "" : ` to ${target}`;
  return `the folder ${shown(link)} is a link${where} now; put the folder back in its place, or undo the link as well`;
}

/** Why a link that a file has become is left alone, and what to do. `name`: as people see it. */
export function becameLink(name: string, target: string): string {
  return `${name} is a link to ${target} now; put the file back in its place, or keep it as it is`;
}

function downTo(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...downTo(parent), folder];
}
