// Lists that are given out page by page.
import * as z from "zod";

/** `cursor` is the `nextCursor` of the page before; without a limit all is one page. */
export const pageParams = {
  cursor: z.string().nullish(),
  limit: z.int().min(0).nullish(),
};

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}
