// Finds rollouts on disk. What it remembers is derived from the files and checked against them at each call.
import { stat } from "node:fs/promises";
import { findRolloutFiles } from "./files.ts";
import type { ThreadMeta, ThreadMetadata } from "./line.ts";
import { readMeta } from "./reader.ts";

export interface ListedRollout {
  meta: ThreadMeta;
  metadata: ThreadMetadata;
  isArchived: boolean;
  path: string;
  /** Unix seconds; the time of the last write. */
  updatedAt: number;
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
    const found = await findRolloutFiles(this.#home);
    const archived = new Set(found.flatMap(({ path, isArchived }) => (isArchived ? [path] : [])));
    const paths = found.map(({ path }) => path);
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
      meta === null
        ? []
        : [
            {
              meta,
              metadata: { name: null, gitInfo: null },
              isArchived: archived.has(path),
              path,
              updatedAt: Math.floor(mtimeMs / 1000),
            },
          ],
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
