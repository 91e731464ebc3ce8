// What a list shows of a thread on disk, and all of them in the order of a time.
import type { ThreadSettings } from "../protocol/thread.ts";
import type { ThreadMeta, ThreadMetadata } from "./line.ts";

/** Without what only the model is told: there are thousands of these in memory. */
export interface ListedMeta
  extends Pick<
    ThreadMeta,
    "id" | "createdAt" | "cliVersion" | "originator" | "source" | "preview" | "forkedFromId" | "threadSource"
  > {
  /** The thread whose file its history begins in. Absent: in its own. */
  baseId?: string;
}

/** What the thread was last set to. */
export type ListedSettings = Pick<ThreadSettings, "model" | "modelProvider" | "cwd" | "reasoningEffort">;

/** Never changed: another one takes its place. */
export interface ListedRollout {
  /** These two as in `meta`, and known without reading it. */
  readonly id: string;
  readonly createdAt: number;
  readonly meta: ListedMeta;
  readonly metadata: ThreadMetadata;
  readonly settings: ListedSettings;
  readonly isArchived: boolean;
  /** Absolute. */
  readonly path: string;
  /** Unix seconds; the time of the last write. */
  readonly updatedAt: number;
  /** False: none of its texts is this one. True: one may be. Spares reading what `meta` and the like are made of. */
  mayShow(text: string): boolean;
}

export type ListOrder = "createdAt" | "updatedAt";

/** The id makes the order total, so that a place among equals is one place. */
export interface ListKey {
  time: number;
  id: string;
}

/** What a list is in order of. */
export type KeyOf = (entry: ListedRollout) => ListKey;

export function keyBy(order: ListOrder): KeyOf {
  return (entry) => ({ time: entry[order], id: entry.id });
}

/** Where the first one stands that does not come before this key; one behind the last when there is none. */
export function firstAt(sorted: readonly ListedRollout[], keyOf: KeyOf, key: ListKey): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = sorted[middle];
    if (entry !== undefined && compareKeys(keyOf(entry), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function compareKeys(a: ListKey, b: ListKey): number {
  if (a.time !== b.time) return a.time - b.time;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Sorted when it is asked for, and from then on kept so while threads come and go. */
export class SortedRollouts {
  readonly #order: ListOrder;
  readonly #all: () => ListedRollout[];
  /** Null: not sorted yet. */
  #entries: ListedRollout[] | null = null;

  /** `all` tells what there is, in no order. */
  constructor(order: ListOrder, all: () => ListedRollout[]) {
    this.#order = order;
    this.#all = all;
  }

  /** Ascending. Not to be kept: it changes. */
  get entries(): readonly ListedRollout[] {
    const order = this.#order;
    this.#entries ??= this.#all().sort((a, b) => a[order] - b[order] || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    return this.#entries;
  }

  /** Much is about to change: sorting it once costs less. */
  reset(): void {
    this.#entries = null;
  }

  add(entry: ListedRollout): void {
    this.#entries?.splice(this.#placeOf(entry), 0, entry);
  }

  remove(entry: ListedRollout): void {
    const at = this.#entries?.indexOf(entry, this.#placeOf(entry)) ?? -1;
    if (at !== -1) this.#entries?.splice(at, 1);
  }

  #placeOf(entry: ListedRollout): number {
    const keyOf = keyBy(this.#order);
    return firstAt(this.#entries ?? [], keyOf, keyOf(entry));
  }
}
