// The answer to a request is the first that its client hears of what it began.

/** Resolves behind the answer of the handler that is running now. */
export function afterAnswer(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
