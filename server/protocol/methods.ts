// THE tables: every method that is spoken, one row each, with its types, its lane and who may send it.
// Nothing else lists methods. A row without a handler, or a handler without a row, does not compile.
import * as z from "zod";
import {
  ApprovalResponse,
  CommandExecutionRequestApprovalParams,
  FileChangeRequestApprovalParams,
} from "./approval.ts";
import {
  ApplyEditParams,
  ApplyEditResult,
  CodeAction,
  CodeActionParams,
  DidChangeParams,
  DidCloseParams,
  DidOpenParams,
  LspInitializeParams,
  LspInitializeResult,
} from "./editor.ts";
import { ConfigWarningNotification, InitializeParams, InitializeResponse, WarningNotification } from "./initialize.ts";
import {
  ItemCompletedNotification,
  ItemDeltaNotification,
  ItemStartedNotification,
  ReasoningSummaryPartAddedNotification,
  ReasoningSummaryTextDeltaNotification,
  ReasoningTextDeltaNotification,
} from "./item.ts";
import { ModelListParams, ModelListResponse } from "./model.ts";
import { CopyParams, HostState, ItemParams, OpenFileParams, OpenLinkParams, ShowThreadParams } from "./panel.ts";
import {
  ServerRequestResolvedNotification,
  ThreadDefaultsReadParams,
  ThreadDefaultsReadResponse,
  ThreadListParams,
  ThreadListResponse,
  ThreadReadParams,
  ThreadReadResponse,
  ThreadResumeParams,
  ThreadResumeResponse,
  ThreadSettingsUpdatedNotification,
  ThreadStartedNotification,
  ThreadStartParams,
  ThreadStartResponse,
  ThreadStatusChangedNotification,
  ThreadTokenUsageUpdatedNotification,
} from "./thread.ts";
import {
  EmptyResponse,
  ErrorNotification,
  TurnDiffUpdatedNotification,
  TurnInterruptParams,
  TurnNotification,
  TurnStartParams,
  TurnStartResponse,
} from "./turn.ts";

/** Which requests wait for each other. `thread`: those with the same threadId, in order of arrival. */
type Lane = "none" | "thread";
/** Who, besides any client of the wire, may send it through the extension's relay. */
type Surface = "extension" | "webview";

interface RequestRow<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly params: P;
  readonly result: R;
  readonly lane: Lane;
  readonly from: readonly Surface[];
  /** The extension adds the workspace's cwd on the way through: the panel never composes a path. */
  readonly needsWorkspace: boolean;
}

interface NotificationRow<P extends z.ZodType = z.ZodType> {
  readonly params: P;
}

function request<P extends z.ZodType, R extends z.ZodType>(
  params: P,
  result: R,
  row: { lane: Lane; from: readonly Surface[]; needsWorkspace?: boolean },
): RequestRow<P, R> {
  return { params, result, needsWorkspace: false, ...row };
}

function notification<P extends z.ZodType>(params: P): NotificationRow<P> {
  return { params };
}

const anyone = ["extension", "webview"] as const;
const extensionOnly = ["extension"] as const;

/** Client to server. */
export const clientRequests = {
  initialize: request(InitializeParams, InitializeResponse, { lane: "none", from: [] }),
  "thread/start": request(ThreadStartParams, ThreadStartResponse, { lane: "none", from: anyone, needsWorkspace: true }),
  "thread/resume": request(ThreadResumeParams, ThreadResumeResponse, { lane: "thread", from: anyone }),
  "thread/list": request(ThreadListParams, ThreadListResponse, { lane: "none", from: anyone, needsWorkspace: true }),
  "thread/read": request(ThreadReadParams, ThreadReadResponse, { lane: "thread", from: anyone }),
  "belay/threadDefaults/read": request(ThreadDefaultsReadParams, ThreadDefaultsReadResponse, {
    lane: "none",
    from: anyone,
    needsWorkspace: true,
  }),
  "turn/start": request(TurnStartParams, TurnStartResponse, { lane: "thread", from: anyone }),
  // No lane: it must pass whatever it is meant to stop.
  "turn/interrupt": request(TurnInterruptParams, EmptyResponse, { lane: "none", from: anyone }),
  "model/list": request(ModelListParams, ModelListResponse, { lane: "none", from: anyone }),
} as const satisfies Record<string, RequestRow>;

/** Client to server, only on the editor's connection; there they take the place of the rows of the same name. */
export const editorRequests = {
  initialize: request(LspInitializeParams, LspInitializeResult, { lane: "none", from: [] }),
  shutdown: request(z.unknown(), z.null(), { lane: "none", from: [] }),
  "textDocument/codeAction": request(CodeActionParams, z.array(CodeAction), { lane: "none", from: extensionOnly }),
} as const satisfies Record<string, RequestRow>;

/** Server to client. Each is asked of a person or of the editor, so each can take as long as it likes. */
export const serverRequests = {
  "item/commandExecution/requestApproval": request(CommandExecutionRequestApprovalParams, ApprovalResponse, {
    lane: "none",
    from: anyone,
  }),
  "item/fileChange/requestApproval": request(FileChangeRequestApprovalParams, ApprovalResponse, {
    lane: "none",
    from: anyone,
  }),
  "workspace/applyEdit": request(ApplyEditParams, ApplyEditResult, { lane: "none", from: extensionOnly }),
} as const satisfies Record<string, RequestRow>;

/** Server to client. */
export const serverNotifications = {
  configWarning: notification(ConfigWarningNotification),
  warning: notification(WarningNotification),
  error: notification(ErrorNotification),
  "thread/started": notification(ThreadStartedNotification),
  "thread/status/changed": notification(ThreadStatusChangedNotification),
  "thread/settings/updated": notification(ThreadSettingsUpdatedNotification),
  "thread/tokenUsage/updated": notification(ThreadTokenUsageUpdatedNotification),
  "turn/started": notification(TurnNotification),
  "turn/completed": notification(TurnNotification),
  "turn/diff/updated": notification(TurnDiffUpdatedNotification),
  "item/started": notification(ItemStartedNotification),
  "item/completed": notification(ItemCompletedNotification),
  "item/agentMessage/delta": notification(ItemDeltaNotification),
  "item/reasoning/summaryPartAdded": notification(ReasoningSummaryPartAddedNotification),
  "item/reasoning/summaryTextDelta": notification(ReasoningSummaryTextDeltaNotification),
  "item/reasoning/textDelta": notification(ReasoningTextDeltaNotification),
  "item/commandExecution/outputDelta": notification(ItemDeltaNotification),
  "serverRequest/resolved": notification(ServerRequestResolvedNotification),
} as const satisfies Record<string, NotificationRow>;

/** Client to server. */
export const clientNotifications = {
  initialized: notification(z.unknown()),
} as const satisfies Record<string, NotificationRow>;

/** Client to server, only on the editor's connection. */
export const editorNotifications = {
  exit: notification(z.unknown()),
  "textDocument/didOpen": notification(DidOpenParams),
  "textDocument/didChange": notification(DidChangeParams),
  "textDocument/didClose": notification(DidCloseParams),
} as const satisfies Record<string, NotificationRow>;

/** Panel to extension; they end there. */
export const hostRequests = {
  /** Shows a file in the editor. */
  "host/openFile": request(OpenFileParams, z.null(), { lane: "none", from: ["webview"] }),
  /** Opens the native diff editor for one file change. */
  "host/openDiff": request(ItemParams.extend({ path: z.string() }), z.null(), { lane: "none", from: ["webview"] }),
  /** Reveals the integrated terminal of a command execution. False: it is gone. */
  "host/openTerminal": request(ItemParams, z.boolean(), { lane: "none", from: ["webview"] }),
  /** Opens a web address after the editor's own confirmation; refuses every scheme but http, https and mailto. */
  "host/openLink": request(OpenLinkParams, z.null(), { lane: "none", from: ["webview"] }),
  "host/copy": request(CopyParams, z.null(), { lane: "none", from: ["webview"] }),
  "host/restartServer": request(z.object({}), z.null(), { lane: "none", from: ["webview"] }),
  "host/showLog": request(z.object({}), z.null(), { lane: "none", from: ["webview"] }),
  "host/openFolder": request(z.object({}), z.null(), { lane: "none", from: ["webview"] }),
  /** Asks for the API key of the model provider in use, stores it, and restarts the server. */
  "host/setApiKey": request(z.object({}), z.null(), { lane: "none", from: ["webview"] }),
  "host/manageTrust": request(z.object({}), z.null(), { lane: "none", from: ["webview"] }),
} as const satisfies Record<string, RequestRow>;

/** Panel to extension. */
export const panelNotifications = {
  /** The panel has drawn itself and wants the host's state and the approvals that wait. Sent again after a reload. */
  "panel/ready": notification(z.object({})),
  /** Which thread the panel shows, so that commands act on it. Null: a new one. */
  "panel/threadShown": notification(z.object({ threadId: z.string().nullable() })),
} as const satisfies Record<string, NotificationRow>;

/** Extension to panel. */
export const hostNotifications = {
  "host/state": notification(HostState),
  "host/showThread": notification(ShowThreadParams),
  "host/newThread": notification(z.object({})),
  "host/showThreads": notification(z.object({})),
  "host/focusComposer": notification(z.object({})),
} as const satisfies Record<string, NotificationRow>;

export type RequestTable = Record<string, RequestRow>;
export type NotificationTable = Record<string, NotificationRow>;

/** Params as a sender writes them (defaults may be left out). */
export type ParamsIn<T extends RequestTable | NotificationTable, M extends keyof T> = z.input<T[M]["params"]>;
/** Params as a handler gets them (validated, defaults filled in). */
export type ParamsOut<T extends RequestTable | NotificationTable, M extends keyof T> = z.output<T[M]["params"]>;
export type ResultOf<T extends RequestTable, M extends keyof T> = z.output<T[M]["result"]>;

/** Any notification of a table, as a value: method and params that belong together. */
export type NotificationOf<T extends NotificationTable> = {
  [M in keyof T & string]: { method: M; params: z.output<T[M]["params"]> };
}[keyof T & string];
export type ServerNotification = NotificationOf<typeof serverNotifications>;
