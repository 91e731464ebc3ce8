// When an answer counts: not before the question has been in sight for a moment, so that a press that was meant for
// something else, or for the question before it, decides nothing.

/** Long enough to notice that something new is there. */
export const NOTICED_AFTER_MS = 500;

/** Since when each question has been in front of the reader. The times are those of one clock, in milliseconds. */
export class Readiness {
  readonly #seenAt = new Map<string, number>();
  #turnedAt = Number.NEGATIVE_INFINITY;
  #current: string | null = null;

  /** Another question is the one that has the key; for every question the wait begins anew. */
  currentIs(key: string | null, now: number): void {
    if (key === this.#current) return;
    this.#current = key;
    this.#turnedAt = now;
  }

  cameInSight(key: string, now: number): void {
    if (!this.#seenAt.has(key)) this.#seenAt.set(key, now);
  }

  leftSight(key: string): void {
    this.#seenAt.delete(key);
  }

  /** How long until an answer to it counts; 0: it counts. Infinity while it is out of sight. */
  remaining(key: string, now: number): number {
    const seenAt = this.#seenAt.get(key) ?? Number.POSITIVE_INFINITY;
    return Math.max(0, Math.max(seenAt, this.#turnedAt) + NOTICED_AFTER_MS - now);
  }
}
