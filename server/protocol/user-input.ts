// What a user puts into a turn.
import * as z from "zod";

/** Deeper than any span needs, and far from where copying or writing a value runs out of stack. */
const MAX_ELEMENT_DEPTH = 32;

export const UserInput = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("text"),
    text: z.string(),
    /** Spans of the text that a client draws specially. Kept and echoed, never interpreted here. */
    text_elements: z
      .array(z.unknown())
      .refine((elements) => !isDeeperThan(elements, MAX_ELEMENT_DEPTH), `nested more than ${MAX_ELEMENT_DEPTH} deep`)
      .default([]),
  }),
  /** A file the user pointed at; the path is resolved against the thread's cwd. */
  z.object({ type: z.literal("mention"), name: z.string(), path: z.string() }),
]);
export type UserInput = z.infer<typeof UserInput>;

/** Longest text of one input, all parts together, in characters. From the App Server protocol, section 2.5. */
export const MAX_INPUT_CHARS = 1_048_576;

/** Level by level instead of by recursion, which is what a deep value would break. */
function isDeeperThan(value: unknown, depth: number): boolean {
  let level = [value];
  for (let at = 0; level.length > 0; at++) {
    if (at > depth) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
