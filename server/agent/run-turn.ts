// The loop: ask the model, run the tools it calls, tell it what they returned, until it calls none.
// No IO of its own: model, tools, clock and `emit` are handed in, so a whole turn can run in a test.
import type { HistoryItem, ModelFailure, ModelRequest } from "../model/model.ts";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import { type ReplyDeps, streamReply } from "./stream-reply.ts";
import { RanCalls, runToolCalls, type ToolRunner } from "./tool-calls.ts";

export type TurnEnd = { status: "completed" } | { status: "interrupted" } | { status: "failed"; failure: ModelFailure };

export interface ContextFit {
  /** Before each request: makes the history shorter when it would be too long. */
  makeRoom(): Promise<void>;
  /** The provider says it is too long, `times` times before since it last answered. Null: it is shorter now. */
  exceeded(failure: ModelFailure, times: number): Promise<ModelFailure | null>;
}

export interface TurnDeps extends ReplyDeps {
  request: Omit<ModelRequest, "history">;
  /** As it is when it is read. */
  readonly history: readonly HistoryItem[];
  fit: ContextFit;
  /** Adds to `history`, for good. */
  record(entries: readonly HistoryItem[]): void;
  tools: ToolRunner;
  /** Aborted when such input waits. */
  newInput(): AbortSignal;
  /** Input that came while the turn was running, already recorded: true when there was any. */
  takeInput(): boolean;
  /** After each answer of the model and the tools of that answer. */
  reportUsage(usage: TokenUsageBreakdown | null): void;
}

/** Never throws for what a model or a tool can do wrong. */
export async function runTurn(deps: TurnDeps): Promise<TurnEnd> {
  const ran = new RanCalls();
  let timesExceeded = 0;
  for (;;) {
    await deps.fit.makeRoom();
    const signal = AbortSignal.any([deps.signal, deps.newInput()]);
    const reply = await streamReply({ ...deps.request, history: deps.history }, { ...deps, signal });
    deps.record(reply.entries);
    if (reply.kind === "failed") {
      if (reply.failure.info !== "contextWindowExceeded") return { status: "failed", failure: reply.failure };
      const failure = await deps.fit.exceeded(reply.failure, timesExceeded++);
      if (failure === null) continue;
      return deps.signal.aborted ? { status: "interrupted" } : { status: "failed", failure };
    }
    timesExceeded = 0;
    if (reply.kind === "interrupted") {
      if (deps.signal.aborted) return { status: "interrupted" };
      // Cut short for what the user added: what was said stays said, and the model is asked anew.
      deps.takeInput();
      continue;
    }

    const stopped = await runToolCalls(reply.toolCalls, ran, deps);
    deps.reportUsage(reply.usage);
    if (stopped || deps.signal.aborted) return { status: "interrupted" };

    const hasNewInput = deps.takeInput();
    if (reply.toolCalls.length === 0 && !hasNewInput) return { status: "completed" };
  }
}
