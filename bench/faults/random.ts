// Chance that can be repeated: the same seed gives the same numbers. What it is spent on depends on the machine's pace.

export interface Chance {
  /** From 0 on, below 1. */
  number(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  happens(share: number): boolean;
  /** Undefined for an empty list. */
  pick<T>(from: readonly T[]): T | undefined;
  /** One of the names, each as often as its weight says. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K;
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const number = () => {
    // Mulberry32: small, and good enough to spread faults.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    number,
    between: (from, to) => from + Math.floor(number() * (to - from + 1)),
    happens: (share) => number() < share,
    pick: (from) => from[Math.floor(number() * from.length)],
    weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries = Object.entries(weights) as [K, number][];
      let left = number() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
      return (entries.at(-1) as [K, number])[0];
    },
  };
}
