// Whether one path lies below another, and what it is called from there.
import { isAbsolute, relative, sep } from "node:path";

/** Compares whole components: `/ws-evil` is not inside `/ws`. A root is inside itself. Both paths must be absolute. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** As people name it in that folder: relative below it, whole elsewhere. */
export function shownIn(root: string, path: string): string {
  return isInside(root, path) && path !== root ? relative(root, path) : path;
}
