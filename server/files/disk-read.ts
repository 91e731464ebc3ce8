// Reads a file without trusting its name: one descriptor, a look at where that really is, and never more than a bound.
// Nothing here waits for a pipe or a device, whatever is put in the file's place meanwhile.
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { decode } from "./encoding.ts";
import type { FileView } from "./patch-plan.ts";
import { inKernelDirectory } from "./paths.ts";

/** Whether the file that was opened may be read. Asked with its real path, after opening and before reading. */
export type Permits = (realPath: string) => boolean;

/** Must not throw: what cannot be read is `refused`, with cause and cure. The text keeps its byte order mark. */
export async function readTextFile(path: string, permits: Permits = () => true): Promise<FileView> {
  try {
    const file = await readRegularFile(path, permits);
    if (!file.ok) return refused(file.reason);
    const decoded = decode(file.bytes);
    if (!decoded.ok) return refused(decoded.reason);
    return { kind: "text", text: decoded.text, encoding: decoded.encoding, version: null, dirty: false };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    return refused(`it cannot be read (${errorText(error)}). Check its permissions.`);
  }
}

export type RegularFile =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly stat: Stats }
  | { readonly ok: false; readonly reason: string };

/** Rejects with the error of the file system, also when nothing is there. */
export async function readRegularFile(path: string, permits: Permits = () => true): Promise<RegularFile> {
  const [stat, realPath] = await Promise.all([fs.stat(path), fs.realpath(path)]);
  if (inKernelDirectory(realPath)) return unfit("it belongs to the kernel, not to a disk. Look at it with a command.");
  if (!stat.isFile()) return unfit(`it is ${stat.isDirectory() ? "a directory" : "not a regular file"}. Name a file.`);
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) return unfit("it is not a regular file. Name a file.");
    const place = await placeOf(handle, path, opened);
    if (place === null || inKernelDirectory(place) || !permits(place))
      return unfit("it was moved, or a link leads elsewhere, while it was read. Look again.");
    const bytes = await readBounded(handle, opened.size, maxTextBytes);
    if (bytes === null) return unfit(`it is larger than ${maxTextBytes >> 20} MB. Edit it with a command.`);
    return { ok: true, bytes, stat: opened };
  } finally {
    await handle.close();
  }
}

/** Node adds the call and its path, which may be a temporary one; the message names the file itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*$/s, "") : String(error);
}

/** What is larger is neither read nor, later, written over. */
export const maxTextBytes = 64 * 1024 * 1024;

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

/** Null when there is more than may be read. `size` is a hint: files of the kernel and growing ones do not keep to it. */
export async function readBounded(handle: fs.FileHandle, size: number, maxBytes: number): Promise<Buffer | null> {
  if (size > maxBytes) return null;
  let bytes = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
    if (length > maxBytes) return null;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * length + 4096, maxBytes + 1));
  }
}

function refused(reason: string): FileView {
  return { kind: "refused", reason };
}

function unfit(reason: string): RegularFile {
  return { ok: false, reason };
}
