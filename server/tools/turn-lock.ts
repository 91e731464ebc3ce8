// Keeps the file tools of a turn apart from its commands: a command that runs can move what a file tool has judged.
// Calls of one kind run side by side; the other kind waits for them, in order of arrival.

export type Occupant = "commands" | "files";

export class TurnLock {
  #inside: { readonly kind: Occupant; count: number } | null = null;
  #waiting: { readonly kind: Occupant; readonly enter: () => void }[] = [];

  /** What to call when done; null when the signal was aborted before there was room. Never rejects. */
  async enter(kind: Occupant, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null;
    if (this.#waiting.length === 0 && this.#hasRoomFor(kind)) return this.#occupy(kind);
    return new Promise((resolve) => {
      const waiter = {
        kind,
        enter: () => {
          signal.removeEventListener("abort", giveUp);
          resolve(this.#occupy(kind));
        },
      };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        resolve(null);
        // Who stood behind may have waited for this one alone.
        this.#admit();
      };
      this.#waiting.push(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #hasRoomFor(kind: Occupant): boolean {
    return this.#inside === null || this.#inside.kind === kind;
  }

  #occupy(kind: Occupant): () => void {
    const occupied = (this.#inside ??= { kind, count: 0 });
    occupied.count += 1;
    return () => {
      occupied.count -= 1;
      if (occupied.count === 0) this.#inside = null;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoomFor(next.kind); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.enter();
    }
  }
}

/** The one lock of the turn that this signal ends. It goes with the signal. */
export function lockOf(signal: AbortSignal): TurnLock {
  const lock = locks.get(signal) ?? new TurnLock();
  locks.set(signal, lock);
  return lock;
}

const locks = new WeakMap<AbortSignal, TurnLock>();
