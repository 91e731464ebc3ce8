// Of a file that another process should touch or remove: whether it has been as it is for long. Measured by whoever
// watches, on a clock that nobody sets: so neither clocks that differ between machines nor one that jumps matter.
import { statSync } from "node:fs";

export class Silence {
  readonly #afterMs: number;
  readonly #nowMs: () => number;
  /** Since when they are as they are. */
  readonly #seen = new Map<string, { stamp: string; sinceMs: number }>();

  constructor(afterMs: number, nowMs = () => performance.now()) {
    this.#afterMs = afterMs;
    this.#nowMs = nowMs;
  }

  /** Seen twice, at least so far apart, without any change. True also when there is none any more. */
  isSilent(path: string, owner: string): boolean {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    if (stats === undefined) {
      this.#seen.delete(path);
      return true;
    }
    const stamp = `${stats.mtimeNs} ${stats.ino} ${owner}`;
    const nowMs = this.#nowMs();
    const before = this.#seen.get(path);
    if (before?.stamp === stamp) return nowMs - before.sinceMs > this.#afterMs;
    this.#seen.set(path, { stamp, sinceMs: nowMs });
    return false;
  }
}
