// Long work in slices, so that nobody else waits for all of it.
import { setImmediate as nextTick } from "node:timers/promises";

/** What it returns is awaited often: once a slice has lasted long enough, all others go first. */
export function slices(sliceMs = 10): () => Promise<void> {
  let end = performance.now() + sliceMs;
  return async () => {
    if (performance.now() < end) return;
    await nextTick();
    end = performance.now() + sliceMs;
  };
}
