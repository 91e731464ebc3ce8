// What concerns the same thing is done one after the other, all else side by side.

export class KeyedTurns {
  /** By key, the end of whoever came last. */
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when all who came before with one of these keys are done. Call the result once, whatever happens. */
  async enter(keys: readonly string[]): Promise<() => void> {
    let leave = () => {};
    const own = new Promise<void>((resolve) => (leave = resolve));
    // For all keys at once: two who want the same in another order do not wait for each other.
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    for (const key of keys) this.#last.set(key, own);
    await Promise.all(before);
    return () => {
      for (const key of keys) {
        if (this.#last.get(key) === own) this.#last.delete(key);
      }
      leave();
    };
  }
}
