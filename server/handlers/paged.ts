// One page of a list that is at hand as a whole. Cursors are positions in it.
import { invalidPage } from "../protocol/rpc/errors.ts";

interface PageParams {
  cursor?: string | null | undefined;
  limit?: number | null | undefined;
}

/** `what` names the list for a cursor that lies behind its end. A limit of 0 counts as 1. */
export function paged<T>(
  all: readonly T[],
  { cursor, limit }: PageParams,
  what: string,
): { data: T[]; nextCursor: string | null } {
  if (cursor && !/^\d+$/.test(cursor)) throw invalidPage(`invalid cursor: ${cursor}`);
  const start = Number(cursor ?? 0);
  if (start > all.length) throw invalidPage(`cursor ${start} exceeds total ${what} ${all.length}`);
  const end = start + Math.max(limit ?? all.length, 1);
  return { data: all.slice(start, end), nextCursor: end < all.length ? String(end) : null };
}
