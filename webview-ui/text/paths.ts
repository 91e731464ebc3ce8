// Paths for display. What is sent to the host is always the path as the server said it.
import type { FileUpdateChange } from "../../server/protocol/item.ts";
import type { Folder } from "../../server/protocol/panel.ts";

/** What paths are shown by. */
export interface PathBase {
  /** The thread's folder; null: there is none. */
  cwd: string | null;
  /** Those of the window, where they are several. */
  folders: readonly Folder[];
}

/** "src/a.ts" below the thread's folder, "web: src/a.ts" below another of the window, or else the path itself. */
export function relativePath(path: string, { cwd, folders }: PathBase): string {
  const own = cwd === null ? null : below(cwd, path);
  if (own !== null && own !== "") return own;
  const around = folders
    .filter((folder) => below(folder.cwd, path) !== null)
    .toSorted((one, other) => other.cwd.length - one.cwd.length);
  const [innermost] = around;
  // Two folders can have one name: then it says nothing.
  if (own !== null || innermost === undefined || folders.filter(({ name }) => name === innermost.name).length > 1)
    return path;
  const rest = below(innermost.cwd, path);
  return rest === "" ? innermost.name : `${innermost.name}: ${rest}`;
}

/** "web" or "web: src" in a window of several folders; null: it has no name that says where it is. */
export function placeName(folder: string, base: PathBase): string | null {
  if (base.folders.length < 2) return null;
  const shown = relativePath(folder, { ...base, cwd: null });
  return shown === folder ? null : shown;
}

/** Empty: it is the folder itself. Null: it lies elsewhere. */
export function below(folder: string, path: string): string | null {
  const root = folder.replace(/[\\/]+$/, "");
  if (!path.startsWith(root)) return null;
  const rest = path.slice(root.length);
  if (/^[\\/]*$/.test(rest)) return "";
  return /^[\\/]/.test(rest) ? rest.slice(1) : null;
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
export function changeName({ kind, path }: FileUpdateChange, base: PathBase): string {
  const shown = relativePath(path, base);
  const target = kind.type === "update" ? kind.move_path : null;
  return target === null ? shown : `${shown} → ${relativePath(target, base)}`;
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
