// The name of a mode on the wire. What each mode means stands in modes.ts.
import * as z from "zod";

export const Mode = z.enum(["ask", "agent", "fullAccess"]);
export type Mode = z.infer<typeof Mode>;

/** `propose`: a patch is only proposed, and written when the person keeps it. */
export const Edits = z.enum(["write", "propose"]);
export type Edits = z.infer<typeof Edits>;
