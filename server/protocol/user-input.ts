// What a user puts into a turn.
import * as z from "zod";
import { isShallow, tooDeep } from "./depth.ts";

export const UserInput = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({
      type: z.literal("text"),
      text: z.string(),
      /** Spans of the text that a client draws specially. Kept and echoed, never interpreted here. */
      text_elements: z.array(z.unknown()).refine(isShallow, tooDeep).default([]),
    }),
    /** A picture inside the message, as a data URL. */
    z.object({ type: z.literal("image"), url: z.string(), detail: z.string().nullish() }),
    /** A picture on this machine, absolute or relative to the thread's cwd. */
    z.object({ type: z.literal("localImage"), path: z.string(), detail: z.string().nullish() }),
    z.object({ type: z.literal("audio"), url: z.string() }),
    z.object({ type: z.literal("localAudio"), path: z.string() }),
    /** Instructions the user chose: the file they stand in. */
    z.object({ type: z.literal("skill"), name: z.string(), path: z.string() }),
    /** A file the user pointed at; the path is resolved against the thread's cwd. */
    z.object({ type: z.literal("mention"), name: z.string(), path: z.string() }),
  ]),
);
export type UserInput = z.infer<typeof UserInput>;

/** Longest text of one input, all parts together, in characters. From the App Server protocol, section 2.5. */
export const MAX_INPUT_CHARS = 1_048_576;

/** Questions of the model to the person, with answers to choose from. */
export const ToolRequestUserInputParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    questions: z.array(
      z.object({
        id: z.string(),
        /** A word or two. */
        header: z.string(),
        question: z.string(),
        /** An answer in the person's own words is welcome as well. */
        isOther: z.boolean(),
        /** What is typed is not shown. */
        isSecret: z.boolean(),
        /** Null: only their own words. */
        options: z.array(z.object({ label: z.string(), description: z.string() })).nullable(),
      }),
    ),
    /** The turn waits until it is answered. */
    isBlocking: z.boolean(),
    /** Null: it waits as long as it takes. */
    autoResolutionMs: z.number().nullable(),
  }),
);
export type ToolRequestUserInputParams = z.infer<typeof ToolRequestUserInputParams>;
/** By the id of the question. One that is not there was not answered. */
export const ToolRequestUserInputResponse = z.lazy(() =>
  z.object({
    answers: z.record(z.string(), z.object({ answers: z.array(z.string()) })).default({}),
  }),
);
export type ToolRequestUserInputResponse = z.infer<typeof ToolRequestUserInputResponse>;
