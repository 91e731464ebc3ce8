// Where rollouts lie: by day, or in the archive, by the time in their own name.
import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import native, { basename, dirname, join, type PlatformPath } from "node:path";
import { uuidV7Time } from "../util/uuid-v7.ts";

export interface FoundRollout {
  path: string;
  isArchived: boolean;
}

/** Folders of a home with rollouts in them. */
export const roots = ["threads", "archived"] as const;

/** `<home>/threads/YYYY/MM/DD/rollout-<time>-<threadId>.jsonl`, in UTC. */
export function rolloutPath(home: string, threadId: string, nowMs: number): string {
  return livePath(home, nameAt(nowMs, threadId));
}

export function isRolloutName(name: string): boolean {
  return /^rollout-\d{4}-\d\d-\d\dT.*\.jsonl$/.test(name);
}

/** How the index names a file or folder of a home: relative to it, and with slashes on every system. */
export function keyOf(home: string, path: string, { relative, sep }: Pick<PlatformPath, "relative" | "sep"> = native) {
  const key = relative(home, path);
  return sep === "/" ? key : key.replaceAll(sep, "/");
}

// One expression, because it is asked of thousands: below a root, and no part that is empty, or leads up or elsewhere.
const rolloutPlace = new RegExp(`^(?:${roots.join("|")})(?:/(?!\\.\\.?(?:/|$))[^/\\\\\\0]+)*$`);

/** Of the key of a file or a folder of rollouts: one that leads out of the home is none. */
export function isRolloutPlace(path: string): boolean {
  return rolloutPlace.test(path);
}

/** `path` is relative to a home. */
export function isInArchive(path: string): boolean {
  return path.startsWith("archived");
}

/** Where the file of a deleted thread lies while forks begin in it: in no list, and found by no search. */
export function sharedPath(home: string, threadId: string): string {
  return join(sharedFolder(home), `${threadId}.jsonl`);
}

export function sharedFolder(home: string): string {
  return join(home, "shared");
}

/** Where a fork of this thread begins, deleted or not. Null, and rejects, as `findRollout`. */
export async function findBase(home: string, threadId: string): Promise<string | null> {
  const shared = sharedPath(home, threadId);
  return (await findRollout(home, threadId))?.path ?? ((await isFile(shared)) ? shared : null);
}

/** Null when no rollout has this thread. Rejects when a folder is there and cannot be read. */
export async function findRollout(home: string, threadId: string): Promise<FoundRollout | null> {
  // An id tells when it was made, and so, but for a clock that was set, where its file is.
  for (const place of likelyPlaces(home, threadId)) {
    if (await isFile(place.path)) return place;
  }
  const suffix = `-${threadId}.jsonl`;
  for (const root of roots) {
    const path = (await listFolder(join(home, root))).find((each) => each.endsWith(suffix));
    if (path !== undefined) return { path, isArchived: root === "archived" };
  }
  return null;
}

/** Rejects when a folder is there and cannot be read. */
export async function allRollouts(home: string): Promise<ReadonlySet<string>> {
  const found: string[] = [];
  // The first once more: one that comes back from the archive between the two would be in neither.
  for (const root of [...roots, roots[0]]) found.push(...(await listFolder(join(home, root))));
  return new Set(found);
}

export async function archive(home: string, path: string): Promise<string> {
  return move(path, archivedPath(home, path));
}

export async function unarchive(home: string, path: string): Promise<string> {
  return move(path, livePath(home, basename(path)));
}

export async function deleteRollout(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** The file is named a moment before or after the id is made. */
function likelyPlaces(home: string, threadId: string): FoundRollout[] {
  const madeAtMs = uuidV7Time(threadId);
  if (madeAtMs === null) return [];
  const names = [0, -1_000, 1_000].map((offMs) => nameAt(madeAtMs + offMs, threadId));
  return [
    ...names.map((name) => ({ path: livePath(home, name), isArchived: false })),
    ...names.map((name) => ({ path: archivedPath(home, name), isArchived: true })),
  ];
}

function nameAt(nowMs: number, threadId: string): string {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(":", "-");
  return `rollout-${time}-${threadId}.jsonl`;
}

function livePath(home: string, name: string): string {
  const [year, month, day] = name.slice("rollout-".length).split(/[-T]/, 3) as [string, string, string];
  return join(home, "threads", year, month, day, name);
}

/** Of a rollout that lies, or would lie, at this path or under this name. */
export function archivedPath(home: string, path: string): string {
  return join(home, "archived", basename(path));
}

async function isFile(path: string): Promise<boolean> {
  try {
    // A link is none, here as in a list: it may lead anywhere.
    return (await lstat(path)).isFile();
  } catch {
    // Not there, or not to be seen: the search that follows says which.
    return false;
  }
}

/** Returns where it is now. */
async function move(from: string, to: string): Promise<string> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(from, to);
  return to;
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && isRolloutName(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
