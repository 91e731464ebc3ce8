// Tells a double click on a row of a tree from two clicks: VS Code runs the row's command for each, and says no more.

/** As long as systems wait by default. */
const DOUBLE_CLICK_MS = 500;

export class Clicks {
  readonly #now: () => number;
  #last: { id: string; at: number } | null = null;
  #isKeyed = false;
  #count = 0;

  /** `now`: milliseconds on a clock that only goes forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The first one while `open` runs is no click: a key opens the row. False: a row was clicked as well meanwhile. A click
   * before the key and one behind it are two.
   */
  async keyed(open: () => PromiseLike<unknown>): Promise<boolean> {
    const before = this.#count;
    this.#last = null;
    this.#isKeyed = true;
    try {
      await open();
    } finally {
      this.#isKeyed = false;
    }
    return this.#count === before;
  }

  /** Another thread, or none, came on show: the click before belongs to no double click. */
  shown(id: string | null): void {
    if (this.#last?.id !== id) this.#last = null;
  }

  /** Call at each click. True: it is the second of two that belong together; a third one begins anew. */
  isDouble(id: string): boolean {
    const isKeyed = this.#isKeyed;
    this.#isKeyed = false;
    if (isKeyed) return false;
    this.#count++;
    const at = this.#now();
    const isDouble = this.#last?.id === id && at - this.#last.at <= DOUBLE_CLICK_MS;
    this.#last = isDouble ? null : { id, at };
    return isDouble;
  }
}
