// A turn: one user input until the agent stops.
import * as z from "zod";
import { ApprovalPolicy } from "./approval.ts";
import { ThreadItem } from "./item.ts";
import { Mode } from "./mode.ts";
import { SandboxPolicy } from "./sandbox.ts";
import { UserInput } from "./user-input.ts";

export const TurnStatus = z.enum(["inProgress", "completed", "interrupted", "failed"]);
export type TurnStatus = z.infer<typeof TurnStatus>;

/** Why a turn failed, by the protocol's own words. Open: a client must accept words it does not know. */
export const ErrorInfo = z.union([z.string(), z.record(z.string(), z.unknown())]);
export type ErrorInfo = z.infer<typeof ErrorInfo>;

export const TurnError = z.object({
  /** A sentence that names the cause, and the cure where there is one. */
  message: z.string(),
  codexErrorInfo: ErrorInfo.nullable(),
  additionalDetails: z.string().nullable(),
});
export type TurnError = z.infer<typeof TurnError>;

export const TokenUsageBreakdown = z.object({
  totalTokens: z.number().int(),
  inputTokens: z.number().int(),
  cachedInputTokens: z.number().int(),
  outputTokens: z.number().int(),
  reasoningOutputTokens: z.number().int(),
});
export type TokenUsageBreakdown = z.infer<typeof TokenUsageBreakdown>;

export const Turn = z.object({
  id: z.string(),
  items: z.array(ThreadItem),
  /** How much of the items is here: `notLoaded` means ask for them, not that there are none. */
  itemsView: z.enum(["notLoaded", "summary", "full"]),
  status: TurnStatus,
  error: TurnError.nullable(),
  /** Unix seconds. */
  startedAt: z.number().nullable(),
  completedAt: z.number().nullable(),
  durationMs: z.number().nullable(),
  /** Tokens of all model requests of this turn. Ours; null until the first answer. */
  tokenUsage: TokenUsageBreakdown.nullish(),
});
export type Turn = z.infer<typeof Turn>;

export const TurnStartParams = z.object({
  threadId: z.string(),
  clientUserMessageId: z.string().nullish(),
  input: z.array(UserInput),
  /** These hold for this turn and all later ones. */
  cwd: z.string().nullish(),
  approvalPolicy: ApprovalPolicy.nullish(),
  sandboxPolicy: SandboxPolicy.nullish(),
  model: z.string().nullish(),
  effort: z.string().nullish(),
  /** Sets approval policy and sandbox together, by the name a person picks. Ours; wins over the two. */
  mode: Mode.nullish(),
});
export type TurnStartParams = z.infer<typeof TurnStartParams>;
export const TurnStartResponse = z.object({ turn: Turn });

export const TurnInterruptParams = z.object({ threadId: z.string(), turnId: z.string() });
export const EmptyResponse = z.object({});

export const TurnNotification = z.object({ threadId: z.string(), turn: Turn });
export const TurnDiffUpdatedNotification = z.object({
  threadId: z.string(),
  turnId: z.string(),
  /** Git-style unified diff of everything the turn changed so far. */
  diff: z.string(),
});
export const ErrorNotification = z.object({
  error: TurnError,
  /** True: the server tries again on its own, and text streamed since the last completed item is void. */
  willRetry: z.boolean(),
  threadId: z.string(),
  turnId: z.string(),
});
