// Paths for display. What is sent to the host is always the path as the server said it.

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
