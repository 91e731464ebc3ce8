// Finds rollouts on disk. What it remembers is derived from the files and checked against them at each call.
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

/** Null when no rollout has this thread. */
export async function findRollout(home: string, threadId: string): Promise<string | null> {
  const suffix = `-${threadId}.jsonl`;
  return (await findRolloutFiles(home)).find((path) => basename(path).endsWith(suffix)) ?? null;
}

interface Remembered {
  mtimeMs: number;
  size: number;
  /** Null: the file is no rollout. */
  meta: ThreadMeta | null;
}

export class RolloutList {
  readonly #home: string;
  readonly #onTrouble: (message: string) => void;
  #remembered = new Map<string, Remembered>();

  /** `onTrouble` hears of files that could not be read, once a listing. */
  constructor(home: string, onTrouble: (message: string) => void) {
    this.#home = home;
    this.#onTrouble = onTrouble;
  }

  /** All of them, in no order. Files that are no rollouts are left out. */
  async read(): Promise<ListedRollout[]> {
    const paths = await findRolloutFiles(this.#home);
    const seen = new Map<string, Remembered>();
    const troubles: string[] = [];
    await eachOf(paths, async (path) => {
      try {
        seen.set(path, await this.#look(path));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        // Deleted meanwhile: not a thread any more.
        if (code !== "ENOENT") troubles.push(message);
      }
    });
    this.#remembered = seen;
    if (troubles.length > 0) {
      this.#onTrouble(
        `the list of threads is not complete, because files cannot be read (${troubles.length}): ${troubles[0]}`,
      );
    }
    return [...seen].flatMap(([path, { meta, mtimeMs }]) =>
      meta === null ? [] : [{ meta, path, updatedAt: Math.floor(mtimeMs / 1000) }],
    );
  }

  async #look(path: string): Promise<Remembered> {
    const { mtimeMs, size } = await stat(path);
    const before = this.#remembered.get(path);
    if (before?.mtimeMs === mtimeMs && before.size === size) return before;
    return { mtimeMs, size, meta: await readMeta(path) };
  }
}

// Each has a descriptor and a buffer of its own while it is read.
const atOnce = 32;

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const workers = Array.from({ length: atOnce }, async () => {
    for (const item of queue) await act(item);
  });
  await Promise.all(workers);
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
