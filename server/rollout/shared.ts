// What is left of a deleted thread while forks begin in its file: the file, moved out of every list until the last goes.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { slices } from "../util/slices.ts";
import { allRollouts, sharedFolder, sharedPath } from "./files.ts";
import { headBytes, maxMetaBytes, metaOf } from "./scan.ts";

/** Where a file waits while it is made sure that nobody needs it: whoever begins a fork in it finds it gone. */
const hidden = ".unneeded";

/**
 * Deletes the file of a thread, or moves it out of the way while it is needed. `basesInUse`: the threads that those
 * which stay begin in, as far as is known at once. Rejects when the file can be neither moved nor removed.
 */
export async function removeRollout(
  home: string,
  { threadId, path }: { threadId: string; path: string },
  basesInUse: () => Promise<ReadonlySet<string>>,
): Promise<void> {
  const aside = sharedPath(home, threadId);
  await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
  // Moved first: from now on nobody can begin a fork in it, and who did so before is seen.
  await rename(path, aside);
  await removeUnshared(home, await basesInUse());
}

/** Removes what no thread begins in any more; those that were moved here begin in others, too. */
async function removeUnshared(home: string, known: ReadonlySet<string>): Promise<void> {
  const folder = sharedFolder(home);
  const kept = await namesIn(folder, ".jsonl");
  const bases = new Map(kept.map((id) => [id, beginsInIfReadable(sharedPath(home, id))]));
  const needed = closure(known, bases);
  for (const id of kept) if (!needed.has(id)) await moved(sharedPath(home, id), join(folder, `${id}${hidden}`));
  // Also what another process is about to remove, or was when it ended.
  const unneeded = await namesIn(folder, hidden);
  if (unneeded.length === 0) return;
  // What is known at once may be damaged, or older than a fork of another process: the files themselves say it.
  const inUse = await basesOnDisk(home).catch(() => null);
  for (const id of unneeded) {
    const path = join(folder, `${id}${hidden}`);
    // Where nobody can say, it stays until the next deletion.
    if (inUse === null || inUse.has(id) || known.has(id)) await moved(path, sharedPath(home, id));
    else await rm(path, { force: true });
  }
}

/** Rejects when a file is there and cannot be read. */
async function basesOnDisk(home: string): Promise<ReadonlySet<string>> {
  const pause = slices();
  const starts = new Set<string>();
  for (const path of await allRollouts(home)) {
    await pause();
    for (const id of beginsIn(path)) starts.add(id);
  }
  const folder = sharedFolder(home);
  const bases = new Map<string, readonly string[]>();
  for (const ending of [".jsonl", hidden]) {
    for (const id of await namesIn(folder, ending)) bases.set(id, beginsIn(join(folder, `${id}${ending}`)));
  }
  return closure(starts, bases);
}

function closure(starts: Iterable<string>, bases: ReadonlyMap<string, readonly string[]>): Set<string> {
  const needed = new Set(starts);
  for (const id of needed) for (const base of bases.get(id) ?? []) needed.add(base);
  return needed;
}

/**
 * The thread that this one begins in. Where the first line is damaged, every thread that it names. Throws when the file
 * cannot be read.
 */
function beginsIn(path: string): string[] {
  const head = headOf(path);
  const meta = metaOf(head);
  if (meta !== null) return meta.base === null ? [] : [meta.base.threadId];
  const named = head.toString("latin1").match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? [];
  return named.filter((id) => !basename(path).includes(id));
}

/** Good enough to guess by. */
function beginsInIfReadable(path: string): string[] {
  try {
    return beginsIn(path);
  } catch {
    return [];
  }
}

/** Synchronous: for thousands of small files that takes a tenth of the time. */
function headOf(path: string): Buffer {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const read = (length: number) => {
      const buffer = Buffer.allocUnsafe(Math.min(size, length));
      return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, 0));
    };
    const head = read(headBytes);
    return head.includes(0x0a) || head.length < headBytes ? head : read(maxMetaBytes);
  } finally {
    closeSync(fd);
  }
}

async function namesIn(folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending));
  return files.map(({ name }) => name.slice(0, -ending.length));
}

/** Does nothing when another process was there first. */
async function moved(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
}
