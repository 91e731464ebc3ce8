// Who writes the changes that are neither written nor given up yet, and whether they still may: also elsewhere, where
// nobody here can see them.
import { lives, ownName } from "../exec/process-identity.ts";
import type { Unsettled } from "./state.ts";

/** What is prepared is written at once, and an editor that does not answer is gone by then. */
const SILENT_AFTER_MS = 5 * 60_000;

export class Writers {
  readonly #nowMs: () => number;
  /** By id, since when a change is known whose writer cannot be seen from here. */
  readonly #unseenSince = new Map<string, number>();

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** They have not said how it ended, and will not. */
  areGone({ owner, change: { id } }: Unsettled): boolean {
    if (owner === null) return true;
    if (owner === ownName()) return false;
    const isAlive = lives(owner);
    if (isAlive !== null) return !isAlive;
    const since = this.#unseenSince.get(id) ?? this.#nowMs();
    this.#unseenSince.set(id, since);
    return this.#nowMs() - since > SILENT_AFTER_MS;
  }

  /** The others have been settled. */
  keepOnly(unsettled: readonly Unsettled[]): void {
    if (this.#unseenSince.size === 0) return;
    const ids = new Set(unsettled.map(({ change }) => change.id));
    for (const id of this.#unseenSince.keys()) if (!ids.has(id)) this.#unseenSince.delete(id);
  }
}
