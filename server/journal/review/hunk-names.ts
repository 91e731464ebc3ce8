// Ids of hunks, by which clients ask to keep or undo one: of what was shown, never of another hunk that looks like it.
import { createHash } from "node:crypto";
import type { Hunk } from "./hunks.ts";
import type { LineSpan } from "./merge.ts";

export type Named<T extends Hunk = Hunk> = T & { readonly id: string };

/** The two texts of a file's review. */
interface Texts {
  readonly baseline: string;
  readonly current: string;
}

/** Of a file as it was shown last; the texts are digests. */
interface Shown extends Texts {
  readonly hunks: readonly Named[];
}

/**
 * An id is made of both texts and the place in them: where nothing is remembered it means something in that state only. A
 * hunk that is certainly the same in the next state takes its id along, so that to keep or undo one, or to type elsewhere,
 * leaves the others theirs. In doubt it gets a new one: then who asks by the old one is refused and looks again.
 */
export class HunkNames {
  /** Tells hunks that are written from those that are proposed. */
  readonly #kind: string;
  readonly #shown = new Map<string, Shown>();
  /** By path. Equal lines may leave a hunk in the place of one that was undone, with the same lines. */
  readonly #used = new Map<string, Set<string>>();

  constructor(kind: "written" | "proposed") {
    this.#kind = kind;
  }

  /** `hunks` are all between the texts. */
  named<T extends Hunk>(path: string, texts: Texts, hunks: readonly T[]): Named<T>[] {
    const [baseline, current] = [digest(texts.baseline), digest(texts.current)];
    const last = this.#shown.get(path);
    const isSame = last?.baseline === baseline && last.current === current;
    const ids = isSame ? last.hunks.map(({ id }) => id) : this.#idsOf(path, { baseline, current }, hunks);
    const named = hunks.map((hunk, index) => ({ ...hunk, id: ids[index] ?? "" }));
    if (!isSame) this.#shown.set(path, { baseline, current, hunks: named });
    return named;
  }

  /** Whether these are the ids as they were given last. */
  areShown(path: string, hunks: readonly { readonly id: string }[]): boolean {
    const shown = this.#shown.get(path)?.hunks ?? [];
    return shown.length === hunks.length && shown.every(({ id }, index) => id === hunks[index]?.id);
  }

  /** Call before the hunk is kept or undone: in no other state the id means anything any more. */
  use(path: string, id: string): void {
    this.#used.set(path, (this.#used.get(path) ?? new Set()).add(id));
  }

  /** Forgets files that have nothing to review. */
  keepOnly(paths: { has(path: string): boolean }): void {
    for (const path of this.#shown.keys()) if (!paths.has(path)) this.#shown.delete(path);
    for (const path of this.#used.keys()) if (!paths.has(path)) this.#used.delete(path);
  }

  #idsOf(path: string, texts: Texts, hunks: readonly Hunk[]): string[] {
    const used = this.#used.get(path) ?? new Set();
    const last = this.#shown.get(path);
    const kept = hunks.map((_, index) => {
      const id = last && earlier(last, texts, hunks, index)?.id;
      return id === undefined || used.has(id) ? null : id;
    });
    const taken = new Set([...used, ...kept]);
    const state = [this.#kind, path, texts.baseline, texts.current];
    return kept.map((id, index) => id ?? newId([...state, String(index)], taken));
  }
}

/** A state that is there again may have had a hunk that was used since. */
function newId(parts: readonly string[], taken: ReadonlySet<string | null>): string {
  const id = digest(...parts);
  return taken.has(id) ? newId([id], taken) : id;
}

/** The hunk that this one was: with the same lines, and in the same place of a text that is the same. */
function earlier(last: Shown, texts: Texts, hunks: readonly Hunk[], index: number): Named | undefined {
  const hunk = hunks[index];
  const isLike = (other: Named | undefined) => other?.likeness === hunk?.likeness;
  for (const side of ["baseline", "current"] as const) {
    if (hunk === undefined || last[side] !== texts[side]) continue;
    return last.hunks.find((other) => isLike(other) && isSameSpan(other[side], hunk[side]));
  }
  // The person typed, and both texts have it.
  const other = last.hunks.length === hunks.length ? last.hunks[index] : undefined;
  return isLike(other) ? other : undefined;
}

function isSameSpan(a: LineSpan, b: LineSpan): boolean {
  return a.start === b.start && a.count === b.count;
}

function digest(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 20);
}
