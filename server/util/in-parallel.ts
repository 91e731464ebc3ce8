// The same work on many things, some at a time.

/** The answers in the order of `items`. Rejects with the first failure, once nothing that was begun is still at work. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  const failures: { index: number; error: unknown }[] = [];
  const next = items.entries();
  const worker = async () => {
    for (const [index, item] of next) {
      try {
        answers[index] = await work(item, index);
      } catch (error) {
        failures.push({ index, error });
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  const [failure] = failures.toSorted((a, b) => a.index - b.index);
  if (failure !== undefined) throw failure.error;
  return answers;
}
