// The first exchange of a connection.
import * as z from "zod";

/** What a client can do beyond the protocol. Absent means it cannot; the harness is complete without. */
export const BelayCapabilities = z.lazy(() =>
  z.object({
    /** The client applies `workspace/applyEdit`: edits go through its open buffers and its undo. */
    workspaceEdits: z.boolean().default(false),
    /** The client answers `belay/runInTerminal`: it has shells of the person's own. */
    terminals: z.boolean().default(false),
  }),
);
export type BelayCapabilities = z.infer<typeof BelayCapabilities>;

export const ClientInfo = z.object({
  name: z.string(),
  title: z.string().nullish(),
  version: z.string(),
});

export const InitializeParams = z.lazy(() =>
  z.object({
    clientInfo: ClientInfo,
    capabilities: z
      .object({
        experimentalApi: z.boolean().default(false),
        /** Exact names of notifications this connection does not want. Unknown names are ignored. */
        optOutNotificationMethods: z.array(z.string()).nullish(),
        belay: BelayCapabilities.optional(),
      })
      .nullish(),
  }),
);
export type InitializeParams = z.infer<typeof InitializeParams>;

export const InitializeResponse = z.lazy(() =>
  z.object({
    userAgent: z.string(),
    /** BELAY_HOME; the wire keeps the original's name for it. */
    codexHome: z.string(),
    platformFamily: z.string(),
    platformOs: z.string(),
  }),
);

/** 1-based; columns count characters, not bytes. */
const TextPosition = z.object({ line: z.int(), column: z.int() });

export const ConfigWarningNotification = z.lazy(() =>
  z.object({
    summary: z.string(),
    details: z.string().nullable(),
    path: z.string().nullable(),
    /** Where in the file, from the first to the last character. Absent: not known. */
    range: z.object({ start: TextPosition, end: TextPosition }).optional(),
  }),
);
export const WarningNotification = z.lazy(() => z.object({ threadId: z.string().nullable(), message: z.string() }));
