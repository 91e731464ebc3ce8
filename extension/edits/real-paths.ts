// Whether the files of an edit are still where they were approved to be. Asks the disk, and waits for nothing.
import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The first of the files (by URI) that is not at its real path any more; null when all are. Must not throw. */
export function findMoved(realPaths: Readonly<Record<string, string>>): string | null {
  for (const [uri, realPath] of Object.entries(realPaths)) {
    try {
      if (realTarget(fileURLToPath(uri), 40) === realPath) continue;
    } catch {
      // No access on the way, or a loop of links: then it is not known to be where it was.
    }
    return uri;
  }
  return null;
}

/** Where a write lands, as the server resolves it: through links, also one whose target is missing. */
function realTarget(path: string, hops: number): string {
  const real = unlessMissing(() => realpathSync.native(path));
  if (real !== null) return real;
  if (hops === 0) throw new Error(`too many symbolic links: ${path}`);
  const parent = dirname(path);
  if (parent === path) return path;
  const realParent = realTarget(parent, hops);
  const leaf = join(realParent, basename(path));
  const target = unlessMissing(() => readlinkSync(leaf));
  return target === null ? leaf : realTarget(resolve(realParent, target), hops - 1);
}

// EINVAL is how readlink says that the path is not a link.
function unlessMissing(look: () => string): string | null {
  try {
    return look();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["ENOENT", "ENOTDIR", "EINVAL"].includes(code)) return null;
    throw error;
  }
}
