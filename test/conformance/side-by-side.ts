// Does the same with many things, a few at a time: most of it is waiting for processes.

/** The results in the order of the things. `work` must not throw. */
export async function sideBySide<T, R>(things: readonly T[], work: (thing: T) => Promise<R>, count = 3): Promise<R[]> {
  const results: R[] = [];
  const left = [...things.entries()];
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, thing] = next;
      results[at] = await work(thing);
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  return results;
}
