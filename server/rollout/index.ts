// Finds rollouts on disk. Derived from the files at each call: nothing here can be out of date or lost.
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ThreadMeta } from "./line.ts";
import { readMeta } from "./reader.ts";

export interface ListedRollout {
  meta: ThreadMeta;
  path: string;
  /** Unix seconds; the time of the last write. */
  updatedAt: number;
}

/** `<home>/threads/YYYY/MM/DD/rollout-<time>-<threadId>.jsonl`, in UTC. */
export function rolloutPath(home: string, threadId: string, nowMs: number): string {
  const iso = new Date(nowMs).toISOString();
  const [year, month, day] = iso.slice(0, 10).split("-") as [string, string, string];
  const time = iso.slice(0, 19).replaceAll(":", "-");
  return join(home, "threads", year, month, day, `rollout-${time}-${threadId}.jsonl`);
}

/** All of them, in no order. Files that are no rollouts are left out. */
export async function listRollouts(home: string): Promise<ListedRollout[]> {
  const paths = await findRolloutFiles(home);
  const listed = await Promise.all(paths.map(listOne));
  return listed.filter((entry) => entry !== null);
}

/** Null when no rollout has this thread. */
export async function findRollout(home: string, threadId: string): Promise<string | null> {
  const suffix = `-${threadId}.jsonl`;
  return (await findRolloutFiles(home)).find((path) => basename(path).endsWith(suffix)) ?? null;
}

async function findRolloutFiles(home: string): Promise<string[]> {
  try {
    const entries = await readdir(join(home, "threads"), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^rollout-.*\.jsonl$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function listOne(path: string): Promise<ListedRollout | null> {
  try {
    const [meta, { mtimeMs }] = await Promise.all([readMeta(path), stat(path)]);
    return meta === null ? null : { meta, path, updatedAt: Math.floor(mtimeMs / 1000) };
  } catch {
    // Deleted meanwhile, or unreadable: not a thread that could be shown.
    return null;
  }
}
