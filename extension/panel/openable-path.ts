// Which paths of a model's text may be opened. Pure.
import { isAbsolute, join } from "node:path";

/**
 * The absolute path; null where it is none of a disk of this machine: `\\server\share` would make the system say who
 * the user is to that server, and an address with a scheme is no path. `cwd` null: no folder is open.
 */
export function openablePath(path: string, cwd: string | null): string | null {
  // A drive letter is no scheme.
  if (/^[\\/]{2}/.test(path) || /^[a-z][a-z\d+.-]+:/i.test(path) || path.includes("\0")) return null;
  return isAbsolute(path) || cwd === null ? path : join(cwd, path);
}
