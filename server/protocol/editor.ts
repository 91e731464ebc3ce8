// The few messages of the Language Server Protocol 3.18 that the editor's connection speaks besides ours:
// the handshake, the sync of open documents, code actions, and edits that go through the editor.
// Field meanings are those of the specification; only what we read is declared.
import * as z from "zod";
import { Range } from "./apply-edit.ts";
import { BelayCapabilities, ClientInfo } from "./initialize.ts";

/** What Belay's own extension puts into `initializationOptions`. */
export const EditorOptions = z.lazy(() =>
  z.object({
    belay: BelayCapabilities.optional(),
    /** Configuration keys set in the editor; they win over config.toml. Dotted keys as with `-c`. */
    config: z.record(z.string(), z.unknown()).optional(),
    /** The key a person stored in the editor's secret storage, for the provider they stored it for. */
    apiKey: z.object({ provider: z.string(), key: z.string() }).optional(),
  }),
);
export type EditorOptions = z.infer<typeof EditorOptions>;

export const LspInitializeParams = z.lazy(() =>
  z.object({
    processId: z.number().int().nullish(),
    clientInfo: ClientInfo.partial({ version: true }).optional(),
    initializationOptions: EditorOptions.optional(),
  }),
);
export const LspInitializeResult = z.lazy(() =>
  z.object({
    capabilities: z.object({
      textDocumentSync: z.object({
        openClose: z.boolean(),
        change: z.literal(2),
        save: z.object({ includeText: z.boolean() }),
      }),
      codeActionProvider: z.object({ codeActionKinds: z.array(z.string()) }),
    }),
    serverInfo: z.object({ name: z.string(), version: z.string() }),
  }),
);

export const DidOpenParams = z.lazy(() =>
  z.object({
    textDocument: z.object({ uri: z.string(), languageId: z.string(), version: z.number().int(), text: z.string() }),
  }),
);
export const DidChangeParams = z.lazy(() =>
  z.object({
    textDocument: z.object({ uri: z.string(), version: z.number().int() }),
    contentChanges: z.array(z.object({ range: Range.optional(), text: z.string() })),
  }),
);
export type DidChangeParams = z.infer<typeof DidChangeParams>;
export const DidSaveParams = z.object({ textDocument: z.object({ uri: z.string() }) });
export const DidCloseParams = z.object({ textDocument: z.object({ uri: z.string() }) });

export const Diagnostic = z.lazy(() =>
  z.object({
    range: Range,
    severity: z.number().int().optional(),
    source: z.string().optional(),
    message: z.string(),
  }),
);
export const CodeActionParams = z.lazy(() =>
  z.object({
    textDocument: z.object({ uri: z.string() }),
    range: Range,
    context: z.object({ diagnostics: z.array(Diagnostic), only: z.array(z.string()).optional() }),
  }),
);
export type CodeActionParams = z.infer<typeof CodeActionParams>;

/** The command behind the code action `Fix with Belay`. The extension registers it under this very id. */
export const FIX_COMMAND = "belay.fix";
/** What the code action hands to that command: a prompt that stands on its own. */
export const FixArguments = z.object({ prompt: z.string() });
export type FixArguments = z.infer<typeof FixArguments>;

export const CodeAction = z.lazy(() =>
  z.object({
    title: z.string(),
    kind: z.string(),
    diagnostics: z.array(Diagnostic),
    command: z.object({ title: z.string(), command: z.string(), arguments: z.tuple([FixArguments]) }),
  }),
);
export type CodeAction = z.infer<typeof CodeAction>;
