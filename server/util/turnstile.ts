// Lets in only so much at a time. What does not fit waits, first come, first served.

interface Waiting {
  readonly weight: number;
  admit(): void;
}

export class Turnstile {
  readonly #capacity: number;
  readonly #waiting = new Set<Waiting>();
  #inside = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Resolves with a place, to be disposed of once; with null when the signal comes first. What weighs more than all there
   * is room for gets in alone.
   */
  async enter(signal: AbortSignal, weight = 1): Promise<Disposable | null> {
    const taken = Math.min(weight, this.#capacity);
    if (signal.aborted || !(await this.#admitted(signal, taken))) return null;
    return {
      [Symbol.dispose]: () => {
        this.#inside -= taken;
        this.#admitNext();
      },
    };
  }

  #admitted(signal: AbortSignal, weight: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiting.delete(waiting);
        resolve(false);
        // A light one may have waited behind this one only.
        this.#admitNext();
      };
      const waiting = {
        weight,
        admit() {
          signal.removeEventListener("abort", giveUp);
          resolve(true);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(waiting);
      this.#admitNext();
    });
  }

  #admitNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#inside + waiting.weight > this.#capacity) return;
      this.#inside += waiting.weight;
      this.#waiting.delete(waiting);
      waiting.admit();
    }
  }
}
