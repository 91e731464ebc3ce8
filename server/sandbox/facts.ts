// The facts about this machine that the translation asks for. The one file of this folder that reads the disk.
import { accessSync, constants, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import type { FileSystemFacts, PathKind } from "./policy.ts";

export const diskFacts: FileSystemFacts = {
  lstat(path) {
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      return stats === undefined ? null : kindOf(stats);
    } catch (error) {
      // What the user may not look at, a command of theirs may not reach either. Anything else must not pass for
      // "nothing there": as "other" it is mounted over, and if that fails the command does not start.
      return ["ENOENT", "ENOTDIR", "EACCES"].includes(codeOf(error)) ? null : "other";
    }
  },
  realpath: (path) => orNull(() => (isThere(path) ? realpathSync.native(path) : null)),
  readText: (path) => orNull(() => (isThere(path) ? readFileSync(path, "utf8") : null)),
  list: (path) =>
    orNull(() =>
      readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, kind: kindOf(entry) })),
    ) ?? [],
};

/** The real path of an executable file; null when it is not one. */
export function executable(path: string): string | null {
  return orNull(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? realpathSync(path) : null;
  });
}

function kindOf(stats: { isSymbolicLink(): boolean; isDirectory(): boolean; isFile(): boolean }): PathKind {
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isDirectory()) return "directory";
  return stats.isFile() ? "file" : "other";
}

/** Most paths that are asked about are not, and an error that is thrown costs more than this question. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

// Null is the answer to the question here, not a swallowed failure.
function orNull<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
