// What is left of a deleted thread while forks begin in its file: the file, moved out of every list until the last goes.
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sharedFolder, sharedPath } from "./files.ts";
import { readHead, metaOf } from "./scan.ts";

/**
 * Deletes the file of a thread, or moves it out of the way while it is needed. `basesInUse`: the threads that those
 * which stay begin in. Rejects when the file can be neither moved nor removed.
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
async function removeUnshared(home: string, basesInUse: ReadonlySet<string>): Promise<void> {
  const baseOf = new Map<string, string | null>();
  for (const name of await readdir(sharedFolder(home))) {
    if (name.endsWith(".jsonl"))
      baseOf.set(name.slice(0, -".jsonl".length), await readBaseId(join(sharedFolder(home), name)));
  }
  const needed = new Set<string>();
  for (const start of basesInUse) {
    for (let id: string | null = start; id !== null && !needed.has(id); id = baseOf.get(id) ?? null) needed.add(id);
  }
  for (const id of baseOf.keys()) if (!needed.has(id)) await rm(sharedPath(home, id), { force: true });
}

/** Null: its history begins in its own file, or nobody can say. */
async function readBaseId(path: string): Promise<string | null> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    return metaOf(await readHead(file, size))?.base?.threadId ?? null;
  } finally {
    await file.close();
  }
}
