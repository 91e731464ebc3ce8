// Finds keys that are probably meant to be another. Only near misses: one file serves other programs of this protocol
// too, so a key that is simply not ours is nobody's mistake.

/** For each unknown key that is at most two typing errors away from a known one: which. */
export function misspelledKeys(given: readonly string[], known: readonly string[]): { key: string; meant: string }[] {
  return given
    .filter((key) => !known.includes(key))
    .flatMap((key) => {
      const meant = known.find((candidate) => distance(key, candidate) <= 2);
      return meant === undefined ? [] : [{ key, meant }];
    });
}

/** Levenshtein's: how many letters must be put in, taken out or replaced. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
