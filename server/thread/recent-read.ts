// The last long thread that was read and not loaded, for a moment: clients read a history page by page, and each page
// would cost the whole file.
import { statSync } from "node:fs";
import type { StoredThread } from "./stored-threads.ts";

const keptMs = 10_000;
/** Shorter ones are read in no time. */
const minBytes = 1024 * 1024;

export class RecentRead {
  #kept: { thread: StoredThread; stamp: string } | null = null;
  readonly #forget = setTimeout(() => (this.#kept = null), keptMs).unref();

  /** Null unless it was read a moment ago and its file is as it was. What it began in never changes. */
  get(threadId: string): StoredThread | null {
    const kept = this.#kept;
    if (kept?.thread.record.meta.id !== threadId || stampOf(kept.thread.found.path) !== kept.stamp) return null;
    this.#forget.refresh();
    return kept.thread;
  }

  /** `stamp`: of before it was read; `bytes`: so many were. */
  keep(thread: StoredThread, { stamp, bytes }: { stamp: string; bytes: number }): void {
    if (bytes < minBytes) return;
    this.#kept = { thread, stamp };
    this.#forget.refresh();
  }
}

/** Tells a file from what it was and will be: it is only ever appended to. Empty when it is not there. */
export function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}
