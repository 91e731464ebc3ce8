// Whether one path lies below another.
import { isAbsolute, relative, sep } from "node:path";

/** Compares whole components: `/ws-evil` is not inside `/ws`. A root is inside itself. Both paths must be absolute. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
