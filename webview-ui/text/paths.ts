// Paths for display. What is sent to the host is always the path as the server said it.
import type { FileUpdateChange } from "../../server/protocol/item.ts";

/** The path below `cwd`, or the path itself where it lies elsewhere. */
export function relativePath(path: string, cwd: string | null): string {
  if (cwd === null) return path;
  const root = cwd.replace(/[\\/]+$/, "");
  if (!path.startsWith(root)) return path;
  const rest = path.slice(root.length);
  return /^[\\/]./.test(rest) ? rest.slice(1) : path;
}

/** Folder and name apart, so that the folder can give way first where room is short. */
export function splitPath(path: string): { folder: string; name: string } {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1;
  return { folder: path.slice(0, cut), name: path.slice(cut) };
}

/** Where a renamed file was; null for any other change. */
export function movedFrom({ kind, path }: FileUpdateChange): string | null {
  return kind.type === "update" && kind.move_path !== null ? path : null;
}

/** "a.ts", or "a.ts → b.ts" for a rename. */
export function changeName({ kind, path }: FileUpdateChange, cwd: string | null): string {
  const shown = relativePath(path, cwd);
  const target = kind.type === "update" ? kind.move_path : null;
  return target === null ? shown : `${shown} → ${relativePath(target, cwd)}`;
}

/** The paths of a change that lead elsewhere than they say. */
export function realPlaces({
  kind,
  path,
  realPath,
  realMovePath,
}: FileUpdateChange): { path: string; realPath: string }[] {
  const target = kind.type === "update" ? kind.move_path : null;
  return [
    ...(realPath === undefined ? [] : [{ path, realPath }]),
    ...(realMovePath === undefined || target === null ? [] : [{ path: target, realPath: realMovePath }]),
  ];
}
