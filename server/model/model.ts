// A model as the loop sees it: history in, one normalised event stream out.
import type { ErrorInfo, TokenUsageBreakdown } from "../protocol/turn.ts";

/** One entry of what the model is told, free of any provider's dialect. This is what a rollout keeps. */
export type HistoryItem =
  | { type: "message"; role: "developer" | "user" | "assistant"; text: string }
  /** `encrypted` is the provider's own opaque form, sent back to it as it came. */
  | { type: "reasoning"; id: string; summary: string[]; encrypted: string | null }
  | ToolCallEntry
  | { type: "toolOutput"; callId: string; kind: ToolInputKind; output: string };

export interface ToolCallEntry {
  type: "toolCall";
  callId: string;
  name: string;
  /** `json`: arguments as the model wrote them, not parsed. `freeform`: plain text, such as a patch. */
  kind: ToolInputKind;
  input: string;
}
export type ToolInputKind = "json" | "freeform";

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
}

/**
 * Ids tie the parts of one output together within one stream and mean nothing beyond it.
 * A started message or reasoning always completes unless the stream ends in `failed` or `interrupted`.
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
  | { type: "toolCall"; call: ToolCallEntry }
  | ModelEnd;

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
}

export interface Model {
  /**
   * Must not throw, neither when called nor while iterated: a failure is the last event, and so is an abort.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
