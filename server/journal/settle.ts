// What became of a change whose writer died at it: found out by looking at the files, and never by writing them.
import { createHash } from "node:crypto";
import { lstat, readlink } from "node:fs/promises";
import { readRegularFile } from "../files/disk-read.ts";
import { decode } from "../files/encoding.ts";
import type { Change, FileChange, Image, JournalLine } from "./change.ts";
import { linkAbove } from "./links.ts";

/**
 * A file that is neither as it was nor as it was to be was changed by somebody since, or stands unsaved in an editor: then
 * it counts as written, which makes undo a merge and loses nothing.
 */
export async function settledLine({ id, files }: Change): Promise<JournalLine> {
  const written: FileChange[] = [];
  for (const file of files) {
    const { image } = await readImage(file.path);
    if (!isSame(image, file.before)) written.push({ ...file, after: isSame(image, file.after) ? image : file.after });
  }
  return written.length === 0 ? { type: "abandoned", id } : { type: "applied", id, files: written };
}

/** Of a change that was refused or taken back: what is there all the same as it was to be, was written, whoever says what. */
export async function refusedLine({ id, files }: Change): Promise<JournalLine> {
  const written: FileChange[] = [];
  for (const file of files) {
    const { image } = await readImage(file.path);
    if (!isSame(image, file.before) && isSame(image, file.after)) written.push({ ...file, after: image });
  }
  return written.length === 0 ? { type: "abandoned", id } : { type: "applied", id, files: written };
}

/**
 * What is at a real path, and its bytes where it is a file. Where a folder is, no file is; behind a link in the place of a
 * folder is nothing: what is seen there is somewhere else. Must not throw.
 */
export async function readImage(path: string): Promise<{ image: Image; bytes: Uint8Array | null }> {
  try {
    if ((await linkAbove(path)) !== null) return { image: { kind: "missing" }, bytes: null };
    const found = await lstat(path);
    if (found.isSymbolicLink()) return { image: { kind: "link", target: await readlink(path) }, bytes: null };
    if (found.isDirectory()) return { image: { kind: "missing" }, bytes: null };
    const file = await readRegularFile(path);
    if (!file.ok) return { image: { kind: "notCaptured", reason: file.reason, hash: null }, bytes: null };
    return { image: imageOf(file.bytes, { mode: file.stat.mode & 0o7777 }), bytes: file.bytes };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    const image = isMissing
      ? { kind: "missing" as const }
      : { kind: "notCaptured" as const, reason: `it cannot be read (${message})`, hash: null };
    return { image, bytes: null };
  }
}

/** Of bytes that nobody keeps yet. */
export function imageOf(bytes: Uint8Array, { mode }: { mode: number | null }): Image {
  const decoded = decode(bytes);
  const encoding = decoded.ok ? decoded.encoding : "binary";
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { kind: "file", hash, size: bytes.length, mode, encoding };
}

/** By content: permissions do not count. What was not captured is the same only by its hash. */
export function isSame(a: Image, b: Image): boolean {
  if (a.kind === "missing" || b.kind === "missing") return a.kind === b.kind;
  if (a.kind === "link" || b.kind === "link") return a.kind === "link" && b.kind === "link" && a.target === b.target;
  return a.hash !== null && a.hash === b.hash;
}
