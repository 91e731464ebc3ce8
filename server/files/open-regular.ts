// Opens a file without trusting its name: one descriptor, and a look at where that really is. Waits for no pipe and no
// device, whatever is put in the file's place meanwhile.
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { inKernelDirectory } from "./paths.ts";

/** Whether the file that was opened may be read. Asked with its real path, after opening and before reading. */
export type Permits = (realPath: string) => boolean;

export interface OpenedFile extends AsyncDisposable {
  readonly ok: true;
  readonly handle: fs.FileHandle;
  readonly stat: Stats;
}

/** Why it may not be read, as a sentence with its cure. */
export interface Unfit extends AsyncDisposable {
  readonly ok: false;
  readonly reason: string;
  /** It is a directory, or leads to one. */
  readonly isFolder: boolean;
}

/** Rejects with the error of the file system, also when nothing is there. */
export async function openRegularFile(path: string, permits: Permits): Promise<OpenedFile | Unfit> {
  const [before, realPath] = await Promise.all([fs.stat(path), fs.realpath(path)]);
  if (inKernelDirectory(realPath)) return unfit("it belongs to the kernel, not to a disk. Look at it with a command.");
  if (before.isDirectory()) return { ...unfit("it is a directory. Name a file."), isFolder: true };
  if (!before.isFile()) return unfit(notRegular);
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    const problem = stat.isFile() ? await elsewhere(handle, { path, stat, permits }) : notRegular;
    if (problem === null) return { ok: true, handle, stat, [Symbol.asyncDispose]: () => handle.close() };
    await handle.close();
    return unfit(problem);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const notRegular = "it is not a regular file. Name a file.";

/** Null: what was opened is where it may be read. */
async function elsewhere(
  handle: fs.FileHandle,
  { path, stat, permits }: { path: string; stat: Stats; permits: Permits },
): Promise<string | null> {
  const place = await placeOf(handle, path, stat);
  const isFit = place !== null && !inKernelDirectory(place) && permits(place);
  return isFit ? null : "it was moved, or a link leads elsewhere, while it was read. Look again.";
}

/** The real path of what was opened; null when another file is at `path` by now. */
async function placeOf(handle: fs.FileHandle, path: string, opened: Stats): Promise<string | null> {
  try {
    const place = await fs.readlink(`/proc/self/fd/${handle.fd}`);
    return opened.nlink === 0 ? place.replace(/ \(deleted\)$/, "") : place;
  } catch {
    // Only Linux has that: the portable way below.
  }
  const place = await fs.realpath(path);
  const found = await fs.lstat(place);
  return found.ino === opened.ino && found.dev === opened.dev ? place : null;
}

function unfit(reason: string): Unfit {
  return { ok: false, reason, isFolder: false, [Symbol.asyncDispose]: async () => undefined };
}
