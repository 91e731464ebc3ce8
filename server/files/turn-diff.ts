// What a turn changed in total: the first text of each file it touched against the latest one.
import type { FilePlan } from "./patch-plan.ts";
import { type FileDelta, gitStyleDiff } from "./unified-diff.ts";

export class TurnDiff {
  /** By where the file is now. */
  readonly #files = new Map<string, { origin: string; before: string | null; after: string | null }>();

  add(plan: readonly FilePlan[]): void {
    for (const { path, change, before, after } of plan) {
      const earlier = this.#files.get(path) ?? { origin: path, before };
      this.#files.delete(path);
      const now = change.kind === "update" ? (change.movePath ?? path) : path;
      const replaced = this.#files.get(now);
      if (replaced === undefined) {
        this.#files.set(now, { ...earlier, after });
        continue;
      }
      // It takes the place of a file that the turn deleted: that one changed, and this one is gone from where it was.
      this.#files.set(now, { ...replaced, after });
      if (earlier.before !== null) this.#files.set(earlier.origin, { ...earlier, after: null });
    }
  }

  text(cwd: string): string {
    const deltas = [...this.#files].map(([now, file]) => toDelta(now, file));
    return gitStyleDiff(
      deltas.filter((delta) => delta !== null),
      cwd,
    );
  }
}

/** Null when the file is as it was before the turn. */
function toDelta(now: string, file: { origin: string; before: string | null; after: string | null }): FileDelta | null {
  const { origin: path, before, after } = file;
  if (before === after && now === path) return null;
  if (before === null) return { path: now, movePath: null, before, after };
  return { path, movePath: now === path || after === null ? null : now, before, after };
}
