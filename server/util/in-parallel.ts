// Many small waits at a time, but not all of them.

const atATime = 16;

/** Rejects with the first error; what had begun by then goes on. */
export async function inParallel<T>(all: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const items = all[Symbol.iterator]();
  const worker = async () => {
    for (const item of items) await one(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
