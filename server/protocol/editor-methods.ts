// The tables of what only VS Code's connection speaks besides: the part of the Language Server Protocol that it needs.
import * as z from "zod";
import * as editor from "./editor.ts";
import { notification, type NotificationRow, request, type RequestRow } from "./rows.ts";

/** Client to server, only on the editor's connection; there they take the place of the rows of the same name. */
export const editorRequests = {
  initialize: request(editor.LspInitializeParams, editor.LspInitializeResult),
  shutdown: request(z.unknown(), z.null()),
  /** Does nothing: the answer says that the server is there. */
  "belay/ping": request(z.object({}), z.object({}), { from: ["extension"] }),
  "textDocument/codeAction": request(editor.CodeActionParams, z.array(editor.CodeAction), {
    from: ["extension"],
  }),
} as const satisfies Record<string, RequestRow>;

/** Client to server, only on the editor's connection. */
export const editorNotifications = {
  exit: notification(z.unknown()),
  "textDocument/didOpen": notification(editor.DidOpenParams),
  "textDocument/didChange": notification(editor.DidChangeParams),
  "textDocument/didSave": notification(editor.DidSaveParams),
  "textDocument/didClose": notification(editor.DidCloseParams),
} as const satisfies Record<string, NotificationRow>;
