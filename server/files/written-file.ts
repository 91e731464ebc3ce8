// A file before and behind a write, as bytes: what is on disk, or what the editor would put there.
import { readRegularFile } from "./disk-read.ts";
import { encode } from "./encoding.ts";
import type { FilePlan } from "./patch-plan.ts";

export interface FileBytes {
  /** Null: nothing is there. */
  readonly bytes: Uint8Array | null;
  /** Permission bits; null where only the editor has the file. */
  readonly mode: number | null;
  /** How many names the file has on disk. Absent: not known. */
  readonly names?: number;
}

/** What became of one file of a plan. */
export interface WrittenFile extends FileBytes {
  readonly plan: FilePlan;
  /** False: the disk does not have it; the editor does. */
  readonly isSaved: boolean;
  /** Why it could not be saved; null when it was, or was not meant to be. */
  readonly saveProblem: string | null;
  /** The text there is now, where somebody changed what the plan made of it: a formatter at saving. */
  readonly changedTo: string | null;
  /** It had other names, hard links, which keep the old content: they were parted. */
  readonly isParted: boolean;
}

export const nothing: FileBytes = { bytes: null, mode: null };

/** Rejects with a sentence when it cannot be read. */
export async function bytesAt(path: string): Promise<FileBytes> {
  try {
    const file = await readRegularFile(path);
    // In the place of a file there may be a folder by now.
    if (!file.ok && file.isFolder) return nothing;
    if (!file.ok) throw new Error(`${path}: ${file.reason}`);
    return { bytes: file.bytes, mode: file.stat.mode & 0o7777, names: file.stat.nlink };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return nothing;
    throw error;
  }
}

/** As the editor would save it. `like` is what the disk has: its byte order mark, which no editor shows, stays. */
export function unsavedBytes(text: string, { encoding }: FilePlan, like: FileBytes): FileBytes {
  const marked = hasMark(like.bytes) && !text.startsWith(mark) ? mark + text : text;
  return { bytes: encode(marked, encoding) ?? Buffer.from(marked), mode: like.mode };
}

export const mark = "\uFEFF";

/** Of UTF-8. */
export function hasMark(bytes: Uint8Array | null): boolean {
  return bytes !== null && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
