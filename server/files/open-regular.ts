// Opens a file without trusting its name, for who does not want all of it: one descriptor, and a look at where that
// really is. Waits for no pipe and no device.
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import type { Permits } from "./disk-read.ts";
import { inKernelDirectory } from "./paths.ts";

export interface OpenedFile extends AsyncDisposable {
  readonly handle: fs.FileHandle;
  readonly stat: Stats;
}

/** Null for what is no regular file, or is not where it may be read. Rejects with the error of the file system. */
export async function openRegularFile(path: string, permits: Permits): Promise<OpenedFile | null> {
  const [before, realPath] = await Promise.all([fs.stat(path), fs.realpath(path)]);
  if (!before.isFile() || inKernelDirectory(realPath)) return null;
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const opened = { handle, [Symbol.asyncDispose]: () => handle.close() };
  try {
    const stat = await handle.stat();
    const place = stat.isFile() ? await placeOf(handle, path, stat) : null;
    if (place !== null && !inKernelDirectory(place) && permits(place)) return { ...opened, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return null;
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
