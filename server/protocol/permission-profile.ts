// The named sets of permissions a thread can run with.
import * as z from "zod";
import { pageOf, pageParams } from "./paging.ts";

export const PermissionProfileListParams = z.object({ ...pageParams, cwd: z.string().nullish() });
export const PermissionProfileListResponse = pageOf(
  z.object({
    /** The built-in ones begin with a colon. */
    id: z.string(),
    description: z.string().nullable(),
    /** False: an administrator forbids it. */
    allowed: z.boolean(),
  }),
);
