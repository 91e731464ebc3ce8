// How much of a running command's output is kept to be shown. Free of zod at run time, so that the panel can use it.

const MAX_LIVE_CHARS = 1024 * 1024;

/** The newest of it: the completed item has head and tail. Cut seldom, for each cut copies. */
export function withDelta(before: string | null, delta: string): string {
  const text = (before ?? "") + delta;
  return text.length > 2 * MAX_LIVE_CHARS ? text.slice(-MAX_LIVE_CHARS) : text;
}
