// What is in a workspace now, made from what was there at the last look: only files whose rows have changed since are
// read. Nothing here fails for a single file: one that cannot be held is named, with the reason.
import { constants, fstatSync, readlinkSync } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { inParallel } from "../../util/in-parallel.ts";
import { type Content, type Entry, isSameRow, type Row, type Table } from "./file-table.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { rowOf, toRow, walk } from "./walk.ts";

/** Of one workspace. */
export const snapshotLimits = {
  maxFileBytes: 2 << 20,
  maxHeldBytes: 128 << 20,
  maxHeldFiles: 20_000,
  maxFiles: 100_000,
};
const filesAtATime = 16;
export type SnapshotLimits = typeof snapshotLimits;

export interface LookOptions {
  /** Null: there was none. */
  readonly previous: Table | null;
  readonly held: HeldBytes;
  /** Aborted when there is no more time: what was not read until then is named only. */
  readonly signal: AbortSignal;
  /** Folders that are not looked into. Real. */
  readonly closed: ReadonlySet<string>;
  readonly limits: SnapshotLimits;
}

export type Look =
  | { readonly kind: "seen"; readonly table: Table }
  /** Ends the sentence "it was not watched: …". */
  | { readonly kind: "unseen"; readonly reason: string };

/** `root` is real. Must not throw or reject. */
export async function look(root: string, options: LookOptions): Promise<Look> {
  const { previous, signal, closed, limits } = options;
  const found = await walk(root, { signal, closed, maxFiles: limits.maxFiles });
  if (found.kind === "stopped") return { kind: "unseen", reason: found.reason };
  const { rows, rules } = found;
  const entries = new Map<string, Entry>();
  if (previous !== null) await addUnlisted(rows, entries, previous);
  const toRead: [string, Row][] = [];
  const budget = { files: limits.maxHeldFiles, bytes: limits.maxHeldBytes };
  for (const [path, row] of rows) {
    const earlier = previous?.entries.get(path);
    if (earlier === undefined || !isCurrent(earlier, row)) {
      toRead.push([path, row]);
      continue;
    }
    entries.set(path, earlier);
    if (earlier.content.kind === "held") spend(budget, earlier.content.place.length);
  }
  // What was touched last is what is likely to be touched next.
  toRead.sort(([, a], [, b]) => b.mtimeMs - a.mtimeMs);
  await inParallel(toRead, filesAtATime, async ([path, row]) => {
    const earlier = previous?.entries.get(path) ?? null;
    entries.set(path, await entryOf(path, row, earlier, { ...options, budget }));
  });
  return { kind: "seen", table: { entries, rules } };
}

/** What was there and is not listed: it is gone, or an ignore file that has changed since leaves it out. */
async function addUnlisted(rows: Map<string, Row>, entries: Map<string, Entry>, previous: Table): Promise<void> {
  const folders = new Map<string, Promise<boolean>>();
  const missing = [...previous.entries].filter(([path]) => !rows.has(path));
  await inParallel(missing, filesAtATime, async ([path, earlier]) => {
    const folder = dirname(path);
    const isReal = folders.get(folder) ?? isRealFolder(folder);
    folders.set(folder, isReal);
    try {
      const row = (await isReal) ? await rowOf(path) : null;
      if (row !== null) rows.set(path, row);
    } catch {
      // It may be there and cannot be looked at: it stays as it was known.
      entries.set(path, earlier);
    }
  });
}

/** False when a link, or nothing, has taken its place: what it leads to is another file. Rejects when that is not known. */
async function isRealFolder(folder: string): Promise<boolean> {
  try {
    return (await fs.realpath(folder)) === folder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return false;
    throw error;
  }
}

function isCurrent({ row: earlier, content }: Entry, row: Row): boolean {
  return isSameRow(earlier, row) && earlier.isSettled && !(content.kind === "unread" && content.mayRetry);
}

interface Budget {
  files: number;
  bytes: number;
}

/** False: there is not that much left, and nothing is taken. */
function spend(budget: Budget, bytes: number): boolean {
  if (budget.files < 1 || budget.bytes < bytes) return false;
  budget.files--;
  budget.bytes -= bytes;
  return true;
}

type Reading = LookOptions & { readonly budget: Budget };

async function entryOf(path: string, row: Row, earlier: Entry | null, reading: Reading): Promise<Entry> {
  if (row.kind === "link") return linkEntry(path, row);
  const { limits, budget, signal } = reading;
  if (row.size > limits.maxFileBytes) return unread(row, tooLarge(limits.maxFileBytes));
  if (signal.aborted)
    return { row, content: { kind: "unread", reason: "there was no time to keep it", mayRetry: true } };
  if (!spend(budget, row.size)) return unread(row, "more files are there than are kept before a command");
  try {
    return await heldEntry(path, row, earlier, reading);
  } catch (error) {
    return unread(row, `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "of an unknown reason"})`);
  }
}

async function linkEntry(path: string, row: Row): Promise<Entry> {
  try {
    return { row, content: { kind: "link", target: await fs.readlink(path) } };
  } catch {
    // It has just become something else: the next look finds what.
    return { row, content: { kind: "unread", reason: "it changed while it was read", mayRetry: true } };
  }
}

async function heldEntry(path: string, row: Row, earlier: Entry | null, { held, limits }: Reading): Promise<Entry> {
  const now = Date.now();
  const file = await fs.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  let bytes: Buffer;
  let readRow: Row | null;
  try {
    if (!(await isAt(file, path))) return unread(row, "a link leads elsewhere");
    bytes = await readUpTo(file, row.size);
    // What is open answers at once.
    readRow = toRow(fstatSync(file.fd), now);
  } finally {
    await file.close();
  }
  if (readRow === null) return unread(row, "it is not a regular file any more");
  if (readRow.size > limits.maxFileBytes) return unread(readRow, tooLarge(limits.maxFileBytes));
  // It grew, or shrank, meanwhile: what was read is of no moment.
  const settled = readRow.size === bytes.length ? readRow : { ...readRow, isSettled: false };
  return { row: settled, content: { kind: "held", place: await placeFor(bytes, earlier, held) } };
}

/** The same bytes stay where they are held. */
async function placeFor(bytes: Buffer, earlier: Entry | null, held: HeldBytes) {
  if (earlier?.content.kind === "held" && earlier.content.place.length === bytes.length) {
    const { place } = earlier.content;
    if (bytes.equals(await held.read(place))) return place;
  }
  return held.hold(bytes);
}

/** Whether what was opened is the file of that name, and no link on the way led elsewhere. */
async function isAt(file: fs.FileHandle, path: string): Promise<boolean> {
  try {
    return readlinkSync(`/proc/self/fd/${file.fd}`) === path;
  } catch {
    // Only Linux has that.
    return (await fs.realpath(path)) === path;
  }
}

/** What there is of the first `size` bytes. */
async function readUpTo(file: fs.FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let have = 0;
  while (have < size) {
    const { bytesRead } = await file.read(bytes, have, size - have, have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}

function unread(row: Row, reason: string): Entry {
  return { row, content: { kind: "unread", reason, mayRetry: false } satisfies Content };
}

function tooLarge(maxBytes: number): string {
  return `it is larger than ${maxBytes >> 20} MB`;
}
