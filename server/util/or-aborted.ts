// Waits for a promise, but not longer than a signal.

/** "aborted" when the signal comes first; what the promise does after that is nobody's business any more. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | "aborted"> {
  let giveUp = (): void => undefined;
  const aborted = new Promise<"aborted">((resolve) => {
    giveUp = () => resolve("aborted");
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
