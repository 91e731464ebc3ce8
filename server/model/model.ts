// A model as the loop sees it: history in, one normalised event stream out.
import * as z from "zod";
import { isShallow, tooDeep } from "../protocol/depth.ts";
import type { ErrorInfo, TokenUsageBreakdown } from "../protocol/turn.ts";

/** `json`: arguments as the model wrote them, not parsed. `freeform`: plain text, such as a patch. */
const ToolInputKind = z.enum(["json", "freeform"]);

const ToolCallEntry = z.object({
  type: z.literal("toolCall"),
  callId: z.string(),
  name: z.string(),
  kind: ToolInputKind,
  input: z.string(),
});
export type ToolCallEntry = z.infer<typeof ToolCallEntry>;

/** One entry of what the model is told, free of any provider's dialect. This is what a rollout keeps. */
export const HistoryItem = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("message"),
    role: z.enum(["developer", "user", "assistant"]),
    text: z.string(),
    /** Pictures behind the text, as data URLs. */
    images: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal("reasoning"),
    id: z.string(),
    summary: z.array(z.string()),
    /** The provider's own opaque form, sent back to it as it came. */
    encrypted: z.string().nullable(),
  }),
  ToolCallEntry,
  z.object({
    type: z.literal("toolOutput"),
    callId: z.string(),
    kind: ToolInputKind,
    output: z.string(),
    /** Pictures behind the text, as data URLs. */
    images: z.array(z.string()).optional(),
  }),
  /** An item of the Responses API that a client put here; sent as it came. */
  z.object({ type: z.literal("raw"), item: z.record(z.string(), z.unknown()).refine(isShallow, tooDeep) }),
]);
export type HistoryItem = z.infer<typeof HistoryItem>;

export interface ToolSpec {
  name: string;
  description: string;
  input: { kind: "json"; schema: Record<string, unknown> } | { kind: "freeform"; grammar: string };
}

export interface ModelRequest {
  model: string;
  threadId: string;
  effort: string | null;
  history: readonly HistoryItem[];
  tools: readonly ToolSpec[];
  /** A JSON schema that the last message must fit; null: free text. */
  outputSchema: Record<string, unknown> | null;
}

/** Freeform input as it is being written. The call, if it comes, has all of it, and is the truth. */
export interface ToolInputPiece {
  callId: string;
  name: string;
  delta: string;
}

/**
 * Ids tie the parts of one output together within one stream, until it completes, and mean nothing beyond it.
 * An index is one that was there before in its output, or the next one.
 * A started message or reasoning always completes, unless the stream reconnects or ends in `failed` or `interrupted`.
 */
export type ModelEvent =
  | { type: "messageStarted"; id: string }
  | { type: "messageDelta"; id: string; delta: string }
  | { type: "messageCompleted"; id: string; text: string }
  | { type: "reasoningStarted"; id: string }
  | { type: "reasoningSummaryPart"; id: string; index: number }
  | { type: "reasoningSummaryDelta"; id: string; index: number; delta: string }
  | { type: "reasoningTextDelta"; id: string; index: number; delta: string }
  | { type: "reasoningCompleted"; id: string; summary: string[]; content: string[]; encrypted: string | null }
  | ({ type: "toolInputDelta" } & ToolInputPiece)
  | { type: "toolCall"; call: ToolCallEntry }
  | Reconnecting
  | ModelEnd;

/** Whatever this stream has said so far is void, calls and all. After a wait it is asked anew. */
export interface Reconnecting {
  type: "reconnecting";
  /** From 1. */
  attempt: number;
  of: number;
  /** Why. */
  failure: ModelFailure;
}

/** The last event of every stream, exactly once. */
export type ModelEnd =
  | { type: "completed"; usage: TokenUsageBreakdown | null }
  | { type: "failed"; failure: ModelFailure }
  | { type: "interrupted" };

export interface ModelFailure {
  /** A sentence that names cause and cure. */
  message: string;
  info: ErrorInfo;
  details: string | null;
  /** Absent: the same request would fail again. */
  retry?: Retry;
}

export interface Retry {
  /** `request`: nothing was answered, and trying again is nobody's concern at first. `stream`: people are told. */
  kind: "request" | "stream";
  /** How long the provider asks to be left alone; null: it did not say. */
  afterMs: number | null;
  httpStatus: number | null;
}

export interface Model {
  /**
   * Must not throw, neither when called nor while iterated: a failure is the last event, and so is an abort.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
