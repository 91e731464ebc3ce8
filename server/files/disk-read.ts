// Reads a file without trusting its name, and never more of it than a bound.
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { decode } from "./encoding.ts";
import { openRegularFile, type Permits } from "./open-regular.ts";
import type { FileView } from "./patch-plan.ts";

/** Must not throw: what cannot be read is `refused`, with cause and cure. The text keeps its byte order mark. */
export async function readTextFile(path: string, permits: Permits = () => true): Promise<FileView> {
  try {
    const file = await readRegularFile(path, permits);
    if (!file.ok) return file.isFolder ? { ...refused(file.reason), isFolder: true } : refused(file.reason);
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
  | { readonly ok: false; readonly reason: string; readonly isFolder: boolean };

/** Rejects with the error of the file system, also when nothing is there. */
export async function readRegularFile(path: string, permits: Permits = () => true): Promise<RegularFile> {
  await using file = await openRegularFile(path, permits);
  if (!file.ok) return { ok: false, reason: file.reason, isFolder: file.isFolder };
  const bytes = await readBounded(file.handle, file.stat.size, maxTextBytes);
  if (bytes !== null) return { ok: true, bytes, stat: file.stat };
  return { ok: false, reason: `it is larger than ${maxTextBytes >> 20} MB. Edit it with a command.`, isFolder: false };
}

/** Node adds the call and its path, which may be a temporary one; the message names the file itself. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*$/s, "") : String(error);
}

/** What is larger is neither read nor, later, written over. */
export const maxTextBytes = 64 * 1024 * 1024;

/** Null when there is more than may be read. `size` is a hint: files of the kernel and growing ones do not keep to it. */
export async function readBounded(handle: FileHandle, size: number, maxBytes: number): Promise<Buffer | null> {
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

function refused(reason: string): Extract<FileView, { kind: "refused" }> {
  return { kind: "refused", reason };
}
