// A turn: one user input until the agent stops.
import * as z from "zod";
import { ApprovalPolicy } from "./approval.ts";
import { isShallow, tooDeep } from "./depth.ts";
import { ThreadItem } from "./item.ts";
import { Edits, Mode } from "./mode.ts";
import { AbsolutePath } from "./path.ts";
import { SandboxPolicy } from "./sandbox.ts";
import { vacant } from "./vacant.ts";
import { UserInput } from "./user-input.ts";

export const TurnStatus = z.enum(["inProgress", "completed", "interrupted", "failed"]);
export type TurnStatus = z.infer<typeof TurnStatus>;

/** Why a turn failed, by the protocol's own words. Open: a client must accept words it does not know. */
export const ErrorInfo = z.union([z.string(), z.record(z.string(), z.unknown()).refine(isShallow, tooDeep)]);
export type ErrorInfo = z.infer<typeof ErrorInfo>;

export const TurnError = z.lazy(() =>
  z.object({
    /** A sentence that names the cause, and the cure where there is one. */
    message: z.string(),
    codexErrorInfo: ErrorInfo.nullable(),
    additionalDetails: z.string().nullable(),
    misalignment: vacant,
  }),
);
export type TurnError = z.infer<typeof TurnError>;

export const TokenUsageBreakdown = z.lazy(() =>
  z.object({
    totalTokens: z.number().int(),
    inputTokens: z.number().int(),
    cachedInputTokens: z.number().int(),
    /** Written to the provider's cache; providers that do not say count as none. */
    cacheWriteInputTokens: z.number().int().optional(),
    outputTokens: z.number().int(),
    reasoningOutputTokens: z.number().int(),
  }),
);
export type TokenUsageBreakdown = z.infer<typeof TokenUsageBreakdown>;

/** How much of a turn's items is here: `notLoaded` means ask for them, not that there are none. */
export const TurnItemsView = z.enum(["notLoaded", "summary", "full"]);
export type TurnItemsView = z.infer<typeof TurnItemsView>;

export const Turn = z.lazy(() =>
  z.object({
    id: z.string(),
    /** The first turn of the chain of work that led here: itself, unless a client says otherwise at `turn/start`. */
    rootTurnId: z.string().nullish(),
    items: z.array(ThreadItem),
    itemsView: TurnItemsView,
    status: TurnStatus,
    error: TurnError.nullable(),
    /** Unix seconds. */
    startedAt: z.number().nullable(),
    completedAt: z.number().nullable(),
    durationMs: z.number().nullable(),
    /** Tokens of all model requests of this turn. Ours; null until the first answer. */
    tokenUsage: TokenUsageBreakdown.nullish(),
  }),
);
export type Turn = z.infer<typeof Turn>;

export const TurnStartParams = z.object({
  threadId: z.string(),
  clientUserMessageId: z.string().nullish(),
  input: z.array(UserInput),
  /** These hold for this turn and all later ones. */
  cwd: z.string().nullish(),
  /** The folders the thread works in, in place of those it had. `cwd` always is one. */
  runtimeWorkspaceRoots: z.array(AbsolutePath).nullish(),
  /** As `thread/resume` takes them. Ours. */
  windowFolders: z.array(AbsolutePath).nullish(),
  approvalPolicy: ApprovalPolicy.nullish(),
  sandboxPolicy: SandboxPolicy.nullish(),
  /** The id of a permission profile; not together with `sandboxPolicy`. */
  permissions: z.string().nullish(),
  model: z.string().nullish(),
  effort: z.string().nullish(),
  /** A JSON schema that the last message of this turn must fit. */
  outputSchema: z.record(z.string(), z.unknown()).refine(isShallow, tooDeep).nullish(),
  /** The first turn of the chain of work this one belongs to. */
  rootTurnId: z.string().nullish(),
  /** Sets approval policy and sandbox together, by the name a person picks. Ours; wins over the two. */
  mode: Mode.nullish(),
  /** Whether edits of files are written or only proposed. Ours. */
  edits: Edits.nullish(),
});
export type TurnStartParams = z.infer<typeof TurnStartParams>;
export const TurnStartResponse = z.object({ turn: Turn });

export const TurnSteerParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    clientUserMessageId: z.string().nullish(),
    input: z.array(UserInput),
    /** Refused when another turn runs, or none. */
    expectedTurnId: z.string(),
  }),
);
export const TurnSteerResponse = z.object({ turnId: z.string() });

/** For the turns from now on; a running one keeps what it began with. */
export const ThreadSettingsUpdateParams = z.lazy(() =>
  TurnStartParams.pick({
    threadId: true,
    cwd: true,
    runtimeWorkspaceRoots: true,
    windowFolders: true,
    approvalPolicy: true,
    sandboxPolicy: true,
    permissions: true,
    model: true,
    effort: true,
    mode: true,
    edits: true,
  }),
);

export const ThreadInjectItemsParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    /** Items of the Responses API, kept and sent to the model as they are. */
    items: z.array(z.looseObject({ type: z.string() })).refine(isShallow, tooDeep),
  }),
);
/** A command line of the user's own: in their shell, without a sandbox, asking nobody. */
export const ThreadShellCommandParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    command: z.string(),
    /** One hour when absent. */
    timeoutMs: z.int().min(0).nullish(),
  }),
);

export const TurnInterruptParams = z.object({ threadId: z.string(), turnId: z.string() });
export const EmptyResponse = z.object({});

export const TurnNotification = z.object({ threadId: z.string(), turn: Turn });
export const TurnDiffUpdatedNotification = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    /** Git-style unified diff of everything the turn changed so far. */
    diff: z.string(),
  }),
);
const TurnPlanStep = z.object({ step: z.string(), status: z.enum(["pending", "inProgress", "completed"]) });
export type TurnPlanStep = z.infer<typeof TurnPlanStep>;
export const TurnPlanUpdatedNotification = z.lazy(() =>
  z.object({
    threadId: z.string(),
    /** The turn in which the model said so. */
    turnId: z.string(),
    /** Why it is as it is now, or differs from the one before. */
    explanation: z.string().nullable(),
    /** All of it, in place of the one before. Empty: there is no plan any more. */
    plan: z.array(TurnPlanStep),
  }),
);
export type TurnPlanUpdatedNotification = z.infer<typeof TurnPlanUpdatedNotification>;

export const ErrorNotification = z.lazy(() =>
  z.object({
    error: TurnError,
    /** True: the server asks the model again on its own, and what it said in this answer is void. */
    willRetry: z.boolean(),
    /** Ours: the items of that answer. All have completed, those that were cut as nothing; the thread no longer has them. */
    takenBack: z.array(z.string()).optional(),
    threadId: z.string(),
    turnId: z.string(),
  }),
);

/** What the next request of a thread would tell the model, in tokens. All but what was counted is estimated. */
export const ContextReadResponse = z.lazy(() =>
  z.object({
    window: z.int(),
    /** From here on the thread is compacted by itself. */
    compactAt: z.int(),
    used: z.int(),
    /** Of the last request, what the provider had cached; null before the first answer. */
    cachedShare: z.number().nullable(),
    /** Of `used`. They add up to it. */
    parts: z.object({ instructions: z.int(), messages: z.int(), toolOutputs: z.int() }),
    /** The newest compaction that can be taken back; null: there is none. */
    undoable: z.string().nullable(),
  }),
);
export type ContextReadResponse = z.infer<typeof ContextReadResponse>;
