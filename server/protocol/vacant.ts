// Members the original has and we have nothing to put into.
import * as z from "zod";

/** Sent as null, as the original sends it where it has nothing either. */
export const vacant = z.null().optional();
