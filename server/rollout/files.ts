// Where rollouts lie: by day, or in the archive, by the time in their own name.
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface FoundRollout {
  path: string;
  isArchived: boolean;
}

/** `<home>/threads/YYYY/MM/DD/rollout-<time>-<threadId>.jsonl`, in UTC. */
export function rolloutPath(home: string, threadId: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(":", "-");
  return livePath(home, `rollout-${time}-${threadId}.jsonl`);
}

/** Null when no rollout has this thread. */
export async function findRollout(home: string, threadId: string): Promise<FoundRollout | null> {
  const suffix = `-${threadId}.jsonl`;
  return (await findRolloutFiles(home)).find(({ path }) => path.endsWith(suffix)) ?? null;
}

/** All of them. Rejects when a folder is there and cannot be read. */
export async function findRolloutFiles(home: string): Promise<FoundRollout[]> {
  const [live, archived] = await Promise.all([listFolder(join(home, "threads")), listFolder(archiveOf(home))]);
  return [
    ...live.map((path) => ({ path, isArchived: false })),
    ...archived.map((path) => ({ path, isArchived: true })),
  ];
}

export async function archive(home: string, path: string): Promise<void> {
  await move(path, join(archiveOf(home), basename(path)));
}

export async function unarchive(home: string, path: string): Promise<void> {
  await move(path, livePath(home, basename(path)));
}

export async function deleteRollout(path: string): Promise<void> {
  await rm(path, { force: true });
}

function archiveOf(home: string): string {
  return join(home, "archived");
}

function livePath(home: string, name: string): string {
  const [year, month, day] = name.slice("rollout-".length).split(/[-T]/, 3) as [string, string, string];
  return join(home, "threads", year, month, day, name);
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(from, to);
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^rollout-\d{4}-\d\d-\d\dT.*\.jsonl$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
