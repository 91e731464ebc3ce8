// What a user puts into a turn.
import * as z from "zod";

export const UserInput = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("text"),
    text: z.string(),
    /** Spans of the text that a client draws specially. Kept and echoed, never interpreted here. */
    text_elements: z.array(z.unknown()).default([]),
  }),
  /** A file the user pointed at; the path is resolved against the thread's cwd. */
  z.object({ type: z.literal("mention"), name: z.string(), path: z.string() }),
]);
export type UserInput = z.infer<typeof UserInput>;

/** Longest text of one input, all parts together, in characters. From the App Server protocol, section 2.5. */
export const MAX_INPUT_CHARS = 1_048_576;
