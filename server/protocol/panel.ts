// What the chat panel and the extension that hosts it say to each other besides the protocol they relay.
// The panel speaks JSON-RPC over postMessage; methods named here end at the extension, all others go on to the server.
import * as z from "zod";

/** The server process as a person sees it. */
export const ServerStatus = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("stopped") }),
    z.object({ kind: z.literal("starting"), attempt: z.number().int() }),
    /** `silence`: it does not answer, and after a `long` one a person may want to end it. Absent: it does. */
    z.object({ kind: z.literal("running"), silence: z.enum(["short", "long"]).optional() }),
    /** `reason` is a sentence; `retrying` says whether another start is under way on its own. */
    z.object({ kind: z.literal("failed"), reason: z.string(), retrying: z.boolean() }),
  ]),
);
export type ServerStatus = z.infer<typeof ServerStatus>;

const Folder = z.object({ name: z.string(), cwd: z.string() });
export type Folder = z.infer<typeof Folder>;

/** What the panel needs to know of the window around it. Sent whole whenever any of it changes. */
export const HostState = z.lazy(() =>
  z.object({
    server: ServerStatus,
    /** The folder in which a new thread runs, and all that the window has; null without an open folder. */
    workspace: Folder.extend({ trusted: z.boolean(), folders: z.array(Folder) }).nullable(),
    /** "⌘" on macOS, "Ctrl" elsewhere: for key hints. */
    modifierKey: z.string(),
  }),
);
export type HostState = z.infer<typeof HostState>;

/** Ends at the extension. */
/** `cwd`: what a relative path is relative to; null: the first folder of the window. */
export const OpenFileParams = z.lazy(() =>
  z.object({ path: z.string(), line: z.number().int().optional(), cwd: z.string().nullish() }),
);
export const ItemParams = z.object({ threadId: z.string(), itemId: z.string() });
/** These turns; or, with `fromTurnId`, that one and all later ones. */
export const TurnsParams = z.lazy(() =>
  z.object({ threadId: z.string(), turnIds: z.array(z.string()).optional(), fromTurnId: z.string().optional() }),
);
/** `path`: absolute; null for all files. */
export const ReviewParams = z.lazy(() =>
  z.object({ verb: z.enum(["show", "keep", "undo"]), path: z.string().nullable() }),
);
export const OpenLinkParams = z.object({ url: z.string() });
/** `turnId`: what it is scrolled to; without it to its end. */
export const ShowThreadParams = z.lazy(() => z.object({ threadId: z.string(), turnId: z.string().optional() }));
export const CopyParams = z.object({ text: z.string() });
