// THE tables: every method that is spoken on the wire, one row each, with its types, its lane and who may send it. What
// only the editor's connection and the panel know stands in editor-methods.ts and host-methods.ts. Nothing else lists
// methods. A row without a handler, or a handler without a row, does not compile.
import * as z from "zod";
import * as account from "./account.ts";
import * as approval from "./approval.ts";
import * as command from "./command.ts";
import * as commandExec from "./command-exec.ts";
import * as search from "./file-search.ts";
import * as fs from "./fs.ts";
import * as config from "./config.ts";
import { ApplyEditParams, ApplyEditResult } from "./apply-edit.ts";
import * as experimentalFeature from "./experimental-feature.ts";
import * as initialize from "./initialize.ts";
import * as item from "./item.ts";
import * as model from "./model.ts";
import { notification, type NotificationOf, type NotificationRow, request, type RequestRow } from "./rows.ts";
import * as permissionProfile from "./permission-profile.ts";
import * as queue from "./queue.ts";
import * as review from "./review.ts";
import * as thread from "./thread.ts";
import * as section from "./thread-section.ts";
import { ThreadSavingNotification } from "./thread-saving.ts";
import * as threads from "./thread-store.ts";
import * as turn from "./turn.ts";
import * as userInput from "./user-input.ts";

/** A variant that the original has behind its gate, wherever an approval policy is taken. */
const granular = { "approvalPolicy.granular": "askForApproval.granular" } as const;
const anyone = ["extension", "webview"] as const;
const extensionOnly = ["extension"] as const;
const onQueue = { lane: "thread", from: anyone, experimental: true } as const;

/** Client to server. */
export const clientRequests = {
  initialize: request(initialize.InitializeParams, initialize.InitializeResponse),
  "thread/start": request(thread.ThreadStartParams, thread.ThreadStartResponse, {
    from: anyone,
    needsWorkspace: "both",
    experimental: {
      dynamicTools: "thread/start.dynamicTools",
      permissions: "thread/start.permissions",
      runtimeWorkspaceRoots: "thread/start.runtimeWorkspaceRoots",
      ...granular,
    },
  }),
  "thread/resume": request(threads.ThreadResumeParams, threads.ThreadResumeResponse, {
    lane: "thread",
    from: anyone,
    needsWorkspace: "windowFolders",
    experimental: {
      initialTurnsPage: "thread/resume.initialTurnsPage",
      permissions: "thread/resume.permissions",
      runtimeWorkspaceRoots: "thread/resume.runtimeWorkspaceRoots",
      ...granular,
    },
  }),
  "thread/fork": request(threads.ThreadForkParams, thread.ThreadStartResponse, {
    lane: "thread",
    from: anyone,
    needsWorkspace: "windowFolders",
    experimental: {
      beforeTurnId: "thread/fork.beforeTurnId",
      permissions: "thread/fork.permissions",
      runtimeWorkspaceRoots: "thread/fork.runtimeWorkspaceRoots",
      ...granular,
    },
  }),
  "thread/list": request(threads.ThreadListParams, threads.ThreadListResponse, {
    from: anyone,
    needsWorkspace: "cwds",
    experimental: {
      parentThreadId: "thread/list.parentThreadId",
      ancestorThreadId: "thread/list.ancestorThreadId",
      attachedToThreadId: "thread/list.attachedToThreadId",
      projectId: "thread/list.projectId",
    },
  }),
  "thread/loaded/list": request(threads.ThreadLoadedListParams, threads.ThreadLoadedListResponse),
  "thread/search": request(threads.ThreadSearchParams, threads.ThreadSearchResponse, {
    from: anyone,
    experimental: true,
  }),
  "thread/searchOccurrences": request(threads.ThreadSearchOccurrencesParams, threads.ThreadSearchOccurrencesResponse, {
    from: anyone,
    experimental: true,
  }),
  "thread/read": request(threads.ThreadReadParams, thread.ThreadResponse, { lane: "thread", from: anyone }),
  "thread/turns/list": request(threads.ThreadTurnsListParams, threads.ThreadTurnsListResponse, { lane: "thread" }),
  "thread/items/list": request(threads.ThreadItemsListParams, threads.ThreadItemsListResponse, { lane: "thread" }),
  "thread/archive": request(thread.ThreadIdParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "thread/unarchive": request(thread.ThreadIdParams, thread.ThreadResponse, { lane: "thread", from: anyone }),
  "thread/delete": request(thread.ThreadIdParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "thread/section/move": request(section.ThreadSectionMoveParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "threadSection/list": request(section.ThreadSectionListParams, section.ThreadSectionListResponse, { from: anyone }),
  "threadSection/create": request(section.ThreadSectionCreateParams, section.ThreadSectionResponse, { from: anyone }),
  "threadSection/update": request(section.ThreadSectionUpdateParams, section.ThreadSectionResponse, { from: anyone }),
  "threadSection/delete": request(section.ThreadSectionDeleteParams, turn.EmptyResponse, { from: anyone }),
  "thread/unsubscribe": request(thread.ThreadIdParams, threads.ThreadUnsubscribeResponse, {
    lane: "thread",
    from: anyone,
  }),
  "thread/name/set": request(threads.ThreadSetNameParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "thread/metadata/update": request(threads.ThreadMetadataUpdateParams, thread.ThreadResponse, { lane: "thread" }),
  "thread/settings/update": request(turn.ThreadSettingsUpdateParams, turn.EmptyResponse, {
    lane: "thread",
    from: anyone,
    needsWorkspace: "windowFolders",
    experimental: true,
  }),
  "thread/inject_items": request(turn.ThreadInjectItemsParams, turn.EmptyResponse, { lane: "thread" }),
  "thread/revert": request(threads.ThreadRevertParams, threads.ThreadRevertResponse, {
    lane: "thread",
    from: anyone,
  }),
  "thread/shellCommand": request(turn.ThreadShellCommandParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "thread/compact/start": request(thread.ThreadIdParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "belay/compaction/undo": request(item.CompactionParams, turn.EmptyResponse, { lane: "thread", from: anyone }),
  "belay/context/read": request(thread.ThreadIdParams, turn.ContextReadResponse, { from: anyone }),
  "thread/queue/add": request(queue.ThreadQueueAddParams, queue.QueuedSubmissionResponse, onQueue),
  "thread/queue/list": request(queue.ThreadQueueListParams, queue.ThreadQueueListResponse, onQueue),
  "thread/queue/update": request(queue.ThreadQueueUpdateParams, queue.QueuedSubmissionResponse, onQueue),
  "thread/queue/delete": request(queue.ThreadQueueDeleteParams, queue.ThreadQueueDeleteResponse, onQueue),
  "thread/queue/reorder": request(queue.ThreadQueueReorderParams, turn.EmptyResponse, onQueue),
  "thread/queue/start": request(queue.ThreadQueueStartParams, queue.ThreadQueueStartResponse, onQueue),
  "belay/queue/sendNow": request(queue.QueueSendNowParams, queue.ThreadQueueStartResponse, {
    lane: "thread",
    from: anyone,
  }),
  "belay/threadDefaults/read": request(thread.ThreadDefaultsReadParams, thread.ThreadDefaultsReadResponse, {
    from: anyone,
    needsWorkspace: "cwd",
  }),
  "turn/start": request(turn.TurnStartParams, turn.TurnStartResponse, {
    lane: "thread",
    from: anyone,
    needsWorkspace: "windowFolders",
    experimental: {
      permissions: "turn/start.permissions",
      runtimeWorkspaceRoots: "turn/start.runtimeWorkspaceRoots",
      ...granular,
    },
  }),
  "turn/steer": request(turn.TurnSteerParams, turn.TurnSteerResponse, { lane: "thread", from: anyone }),
  // No lane: it must pass whatever it is meant to stop.
  "turn/interrupt": request(turn.TurnInterruptParams, turn.EmptyResponse, { from: anyone, urgent: true }),
  "model/list": request(model.ModelListParams, model.ModelListResponse, { from: anyone }),
  "fs/readFile": request(fs.FsReadFileParams, fs.FsReadFileResponse),
  "fs/writeFile": request(fs.FsWriteFileParams, fs.FsWriteFileResponse),
  "fs/createDirectory": request(fs.FsCreateDirectoryParams, fs.FsCreateDirectoryResponse),
  "fs/getMetadata": request(fs.FsGetMetadataParams, fs.FsGetMetadataResponse),
  "fs/readDirectory": request(fs.FsReadDirectoryParams, fs.FsReadDirectoryResponse),
  "fs/remove": request(fs.FsRemoveParams, fs.FsRemoveResponse),
  "fs/copy": request(fs.FsCopyParams, fs.FsCopyResponse),
  "fs/watch": request(fs.FsWatchParams, fs.FsWatchResponse),
  "fs/unwatch": request(fs.FsUnwatchParams, fs.FsUnwatchResponse),
  fuzzyFileSearch: request(search.FuzzyFileSearchParams, search.FuzzyFileSearchResponse),
  "fuzzyFileSearch/sessionStart": request(search.SessionStartParams, search.SessionResponse, { experimental: true }),
  "fuzzyFileSearch/sessionUpdate": request(search.SessionUpdateParams, search.SessionResponse, { experimental: true }),
  "fuzzyFileSearch/sessionStop": request(search.SessionStopParams, search.SessionResponse, { experimental: true }),
  "command/exec": request(commandExec.CommandExecParams, commandExec.CommandExecResponse, {
    experimental: { permissionProfile: "command/exec.permissionProfile" },
  }),
  "command/exec/write": request(commandExec.CommandExecWriteParams, turn.EmptyResponse),
  "command/exec/resize": request(commandExec.CommandExecResizeParams, turn.EmptyResponse),
  // It must pass whatever it is meant to stop.
  "command/exec/terminate": request(commandExec.CommandExecTerminateParams, turn.EmptyResponse, { urgent: true }),
  "thread/backgroundTerminals/list": request(
    command.BackgroundTerminalsListParams,
    command.BackgroundTerminalsListResponse,
    { from: anyone, experimental: true },
  ),
  "thread/backgroundTerminals/terminate": request(
    command.BackgroundTerminalsTerminateParams,
    command.BackgroundTerminalsTerminateResponse,
    { from: anyone, experimental: true, urgent: true },
  ),
  "thread/backgroundTerminals/clean": request(thread.ThreadIdParams, turn.EmptyResponse, {
    from: anyone,
    experimental: true,
    urgent: true,
  }),
  "belay/command/write": request(command.CommandWriteParams, turn.EmptyResponse, { from: anyone, urgent: true }),
  "belay/command/resize": request(command.CommandResizeParams, turn.EmptyResponse, { from: anyone }),
  "belay/command/stop": request(command.CommandParams, command.CommandStopResponse, { from: anyone, urgent: true }),
  "belay/stopAll": request(command.StopAllParams, command.StopAllResponse, { from: anyone, urgent: true }),
  "belay/rule/list": request(command.RuleListParams, command.RuleListResponse, { from: anyone }),
  "belay/rule/remove": request(command.RuleRemoveParams, command.RuleRemoveResponse, { from: anyone }),
  "belay/policy/check": request(command.PolicyCheckParams, command.PolicyCheckResponse, { from: anyone }),
  "belay/sandbox/read": request(z.object({}), command.SandboxState, { from: anyone }),
  "belay/review/list": request(review.ReviewListParams, review.ReviewListResponse, {
    from: anyone,
    needsWorkspace: "both",
  }),
  "belay/review/text": request(review.ReviewTextParams, review.ReviewTextResponse, {
    from: anyone,
    needsWorkspace: "cwd",
  }),
  "belay/review/keep": request(review.ReviewKeepParams, review.RestoreResponse, {
    from: anyone,
    needsWorkspace: "both",
  }),
  "belay/review/undo": request(review.ReviewUndoParams, review.RestoreResponse, {
    from: anyone,
    needsWorkspace: "both",
  }),
  "belay/files/restore": request(review.FilesRestoreParams, review.RestoreResponse, { lane: "thread", from: anyone }),
  "belay/files/turns": request(review.FilesTurnsParams, review.FilesTurnsResponse, { from: anyone }),
  "belay/files/diff": request(review.FilesDiffParams, review.FilesDiffResponse, { from: anyone }),
  "belay/journal/read": request(z.object({}), review.JournalReadResponse, { from: anyone }),
  "belay/journal/clear": request(review.JournalClearParams, review.JournalClearResponse, { from: extensionOnly }),
  "modelProvider/list": request(model.ModelProviderListParams, model.ModelProviderListResponse),
  "modelProvider/capabilities/read": request(
    model.ModelProviderCapabilitiesReadParams,
    model.ModelProviderCapabilitiesReadResponse,
  ),
  "config/read": request(config.ConfigReadParams, config.ConfigReadResponse),
  "config/value/write": request(config.ConfigValueWriteParams, config.ConfigWriteResponse),
  "config/batchWrite": request(config.ConfigBatchWriteParams, config.ConfigWriteResponse),
  "configRequirements/read": request(config.ConfigRequirementsReadParams, config.ConfigRequirementsReadResponse),
  "account/read": request(account.AccountReadParams, account.AccountReadResponse),
  "account/login/start": request(account.AccountLoginStartParams, account.AccountLoginStartResponse),
  "account/logout": request(account.AccountLogoutParams, account.AccountLogoutResponse),
  "permissionProfile/list": request(
    permissionProfile.PermissionProfileListParams,
    permissionProfile.PermissionProfileListResponse,
  ),
  "experimentalFeature/list": request(
    experimentalFeature.ExperimentalFeatureListParams,
    experimentalFeature.ExperimentalFeatureListResponse,
  ),
} as const satisfies Record<string, RequestRow>;

/** Server to client. Each is asked of a person or of the editor, so each can take as long as it likes. */
export const serverRequests = {
  "item/commandExecution/requestApproval": request(
    approval.CommandExecutionRequestApprovalParams,
    approval.CommandApprovalResponse,
    {
      from: anyone,
    },
  ),
  "item/fileChange/requestApproval": request(approval.FileChangeRequestApprovalParams, approval.ApprovalResponse, {
    from: anyone,
  }),
  "item/tool/requestUserInput": request(userInput.ToolRequestUserInputParams, userInput.ToolRequestUserInputResponse, {
    from: anyone,
  }),
  /** A tool that the client brought along. */
  "item/tool/call": request(item.DynamicToolCallParams, item.DynamicToolCallResponse),
  "workspace/applyEdit": request(ApplyEditParams, ApplyEditResult, { from: extensionOnly }),
  "belay/runInTerminal": request(command.RunInTerminalParams, command.RunInTerminalResult, { from: extensionOnly }),
} as const satisfies Record<string, RequestRow>;

/** Server to client. */
export const serverNotifications = {
  configWarning: notification(initialize.ConfigWarningNotification),
  warning: notification(initialize.WarningNotification),
  "account/login/completed": notification(account.AccountLoginCompletedNotification),
  "account/updated": notification(account.AccountUpdatedNotification),
  error: notification(turn.ErrorNotification),
  "thread/started": notification(thread.ThreadStartedNotification),
  "thread/archived": notification(thread.ThreadNotification),
  "thread/unarchived": notification(thread.ThreadNotification),
  "thread/deleted": notification(thread.ThreadNotification),
  "thread/closed": notification(thread.ThreadNotification),
  "thread/reverted": notification(thread.ThreadNotification),
  "thread/section/changed": notification(section.ThreadSectionChangedNotification),
  "thread/name/updated": notification(thread.ThreadNameUpdatedNotification),
  "thread/status/changed": notification(thread.ThreadStatusChangedNotification, { backlog: "latest" }),
  "thread/queue/changed": notification(queue.ThreadQueueChangedNotification, { backlog: "latest" }),
  "thread/settings/updated": notification(thread.ThreadSettingsUpdatedNotification),
  "thread/tokenUsage/updated": notification(thread.ThreadTokenUsageUpdatedNotification, { backlog: "latest" }),
  "turn/started": notification(turn.TurnNotification),
  "turn/completed": notification(turn.TurnNotification),
  "turn/diff/updated": notification(turn.TurnDiffUpdatedNotification, { backlog: "latest" }),
  "turn/plan/updated": notification(turn.TurnPlanUpdatedNotification, { backlog: "latest" }),
  "belay/compaction/undone": notification(item.CompactionUndoneNotification),
  "item/started": notification(item.ItemStartedNotification),
  "item/completed": notification(item.ItemCompletedNotification),
  "item/agentMessage/delta": notification(item.ItemDeltaNotification, { backlog: "append" }),
  "item/reasoning/summaryPartAdded": notification(item.ReasoningSummaryPartAddedNotification),
  "item/reasoning/summaryTextDelta": notification(item.ReasoningSummaryTextDeltaNotification, { backlog: "append" }),
  "item/reasoning/textDelta": notification(item.ReasoningTextDeltaNotification, { backlog: "append" }),
  "item/commandExecution/outputDelta": notification(item.ItemDeltaNotification, { backlog: "append" }),
  "item/fileChange/patchUpdated": notification(item.FileChangePatchUpdatedNotification, { backlog: "latest" }),
  "item/commandExecution/terminalInteraction": notification(command.TerminalInteractionNotification),
  "belay/review/updated": notification(review.ReviewUpdatedNotification),
  "belay/files/updated": notification(review.FilesUpdatedNotification),
  "belay/thread/saving/updated": notification(ThreadSavingNotification, { backlog: "latest" }),
  "belay/sandbox/updated": notification(command.SandboxState, { backlog: "latest" }),
  "fs/changed": notification(fs.FsChangedNotification),
  "fuzzyFileSearch/sessionUpdated": notification(search.SessionUpdatedNotification, { backlog: "latest" }),
  "fuzzyFileSearch/sessionCompleted": notification(search.SessionCompletedNotification),
  "command/exec/outputDelta": notification(commandExec.CommandExecOutputDeltaNotification),
  "serverRequest/resolved": notification(thread.ServerRequestResolvedNotification),
} as const satisfies Record<string, NotificationRow>;

/** Client to server. */
export const clientNotifications = {
  initialized: notification(z.unknown()),
} as const satisfies Record<string, NotificationRow>;

export type ServerNotification = NotificationOf<typeof serverNotifications>;
