// Texts of Belay's own, read so that whatever lies in their place costs an error and no more: a pipe would be waited for
// without end, and what is too large would fill the memory.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";

// Windows has no such pipes among its files, and knows no such flag.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Null: there is none. Rejects with a sentence. */
export async function ownText(path: string, maxBytes: number): Promise<string | null> {
  const file = await open(path, flags).catch(orNull);
  if (file === null) return null;
  try {
    check(path, await file.stat(), maxBytes);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** The same, at once. */
export function ownTextSync(path: string, maxBytes: number): string | null {
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (error) {
    return orNull(error);
  }
  try {
    check(path, fstatSync(fd), maxBytes);
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function check(path: string, stats: Stats, maxBytes: number): void {
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  if (stats.size > maxBytes) throw new Error(`${path} is larger than ${maxBytes / 1024} KB`);
}

function orNull(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
  throw error;
}
