// Keeps what a turn tells the model within the model's window: before it is too much, and when the provider says so.
import { compact, isWorthCompacting } from "../agent/compaction.ts";
import { replacedEntries, withShortOutputs } from "../agent/compacted-history.ts";
import type { ContextFit } from "../agent/run-turn.ts";
import { announceRetry } from "../agent/stream-reply.ts";
import { estimateAll, estimateTools, usedTokens } from "../agent/token-estimate.ts";
import type { HistoryItem, ModelFailure, ToolSpec } from "../model/model.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { TokenUsageBreakdown, Turn } from "../protocol/turn.ts";
import { carriedOver } from "./carried-over.ts";
import type { Thread } from "./thread.ts";
import { onlyWithRoom } from "./saving.ts";
import { noUsage } from "./usage.ts";

type Item = ThreadItemOf<"contextCompaction">;
type Trigger = NonNullable<Item["trigger"]>;

export interface TurnPlace {
  turnId: string;
  /** Of the turn. */
  signal: AbortSignal;
  tools: readonly ToolSpec[];
  /** Each request for a summary has cost this. */
  answered(usage: TokenUsageBreakdown): void;
}

export type Outcome =
  | { kind: "completed" }
  | { kind: "interrupted" }
  /** The thread is as it was. The failure is the model's, where it was that. */
  | { kind: "failed"; reason: string; failure: ModelFailure | null };

/** So many automatic ones in a row that failed, and only people ask for more. */
const MAX_FAILURES = 3;

export class Compactor implements ContextFit {
  readonly #thread: Thread;
  readonly #turn: TurnPlace;

  constructor(thread: Thread, turn: TurnPlace) {
    this.#thread = thread;
    this.#turn = turn;
  }

  /** `coming`: what will be told besides. */
  async makeRoom(coming: readonly HistoryItem[] = []): Promise<void> {
    const { limits } = this.#thread;
    const { history, turns } = this.#thread.record;
    if (this.#turn.signal.aborted || this.#used + estimateAll(coming) <= limits.compactAt) return;
    if (!isWorthCompacting(history, limits) || failuresInARow(turns) >= MAX_FAILURES) return;
    const outcome = await this.compact("automatic");
    if (outcome.kind === "failed" && failuresInARow(this.#thread.record.turns) === MAX_FAILURES)
      this.#warn(outcome.reason);
  }

  async exceeded(failure: ModelFailure, times: number): Promise<ModelFailure | null> {
    const isEmpty = replacedEntries(this.#thread.record.history).length === 0;
    let reason = isEmpty ? "there is nothing in it yet to sum up" : "it was compacted already";
    if (times === 0 && !isEmpty) {
      const outcome = await this.compact("overflow");
      if (outcome.kind === "completed") return null;
      if (outcome.kind === "interrupted") return failure;
      ({ reason } = outcome);
    }
    if (times < MOST_TRIES && this.#shortenOutputs()) return null;
    return { ...failure, message: `${tooLong} (${reason.replace(/\.$/, "")}). ${cure}` };
  }

  /** One item, from its start to its end. `openQuestions`: asked of the person, and given up for this. */
  async compact(trigger: Trigger, openQuestions: readonly object[] = []): Promise<Outcome> {
    const thread = this.#thread;
    const { deps, limits } = thread;
    const { settings } = thread.record;
    const item = this.#start(trigger);
    const history = [...thread.record.history];
    const ids = { threadId: thread.id, turnId: this.#turn.turnId };
    if (replacedEntries(history).length === 0) return this.#nothing(item);
    const result = await compact({
      model: onlyWithRoom(thread.record, deps.selectModel(settings.modelProvider)),
      request: { model: settings.model, threadId: thread.id, effort: settings.reasoningEffort },
      history,
      carried: await carriedOver(thread, [...openQuestions, ...thread.openQuestions]),
      limits,
      prompt: deps.config.compact_prompt ?? null,
      signal: this.#turn.signal,
      answered: (usage) => this.#turn.answered(usage),
      retrying: (event) =>
        announceRetry(event, [], { ...ids, emit: (notification) => thread.record.emit(notification) }),
    });
    switch (result.kind) {
      case "done":
        // What was said meanwhile stays behind it.
        return this.#replace(item, [...result.history, ...thread.record.history.slice(history.length)], result.summary);
      case "interrupted":
        this.#end({ ...item, status: "interrupted" });
        return result;
      case "useless":
        return this.#fail(item, result.reason);
      case "failed":
        this.#end({ ...item, status: "failed", failure: result.failure.message });
        return { kind: "failed", reason: result.failure.message, failure: result.failure };
      default:
        return result satisfies never;
    }
  }

  get #used(): number {
    return usedTokens(this.#thread.record.history, { measured: this.#thread.record.measured, tools: this.#turn.tools });
  }

  /** The last resort: the oldest long outputs keep their ends alone. False: there are none. */
  #shortenOutputs(): boolean {
    const { history } = this.#thread.record;
    const short = withShortOutputs(history, Math.floor(estimateAll(history) / 2));
    if (short.every((entry, at) => entry === history[at])) return false;
    return this.#replace(this.#start("overflow"), short, null).kind === "completed";
  }

  #start(trigger: Trigger): Item {
    const { deps, id: threadId } = this.#thread;
    const startedAtMs = deps.now();
    const item: Item = {
      ...{ type: "contextCompaction", id: deps.newId(), trigger, status: "inProgress" },
      ...{ tokensBefore: this.#used, startedAtMs, completedAtMs: null },
    };
    const params = { item, threadId, turnId: this.#turn.turnId, startedAtMs };
    this.#thread.record.emit({ method: "item/started", params });
    return item;
  }

  #replace(item: Item, history: readonly HistoryItem[], summary: string | null): Outcome {
    const { turnId, tools } = this.#turn;
    const { record, limits } = this.#thread;
    const tokensBefore = item.tokensBefore ?? 0;
    const tokensAfter = estimateAll(history) + estimateTools(tools);
    const compacted = { itemId: item.id, turnId, history: [...history], tokensBefore, tokensAfter };
    const refusal = record.compact(compacted);
    if (refusal !== null) return this.#fail(item, refusal);
    record.announceUsage(turnId, { ...noUsage, totalTokens: tokensAfter }, { window: limits.window });
    this.#end({ ...item, status: "completed", summary, tokensAfter });
    return { kind: "completed" };
  }

  #fail(item: Item, reason: string): Outcome {
    this.#end({ ...item, status: "failed", failure: reason });
    return { kind: "failed", reason, failure: null };
  }

  #nothing(item: Item): Outcome {
    this.#end({ ...item, status: "completed", tokensAfter: item.tokensBefore });
    return { kind: "completed" };
  }

  #end(item: Item): void {
    const completedAtMs = this.#thread.deps.now();
    const ids = { threadId: this.#thread.id, turnId: this.#turn.turnId };
    const params = { item: { ...item, completedAtMs }, ...ids, contentTokenCount: null, completedAtMs };
    this.#thread.record.emit({ method: "item/completed", params });
  }

  #warn(reason: string): void {
    const message = `Compacting this thread failed ${MAX_FAILURES} times in a row, so it is not tried by itself any more: ${reason} ${cure}`;
    this.#thread.record.emit({ method: "warning", params: { threadId: this.#thread.id, message } });
  }
}

const MOST_TRIES = 3;
const tooLong = "The thread no longer fits into the model's context window, and could not be made shorter";
const cure = "Start a new thread, compact this one with another model, or go back to before what made it so long.";

/** Automatic ones; one that worked, whoever asked for it, ends the row. */
function failuresInARow(turns: readonly Turn[]): number {
  let failures = 0;
  for (const { items } of turns.toReversed()) {
    for (const item of items.toReversed()) {
      if (item.type !== "contextCompaction") continue;
      if (item.status === "completed") return failures;
      if (item.status === "failed" && item.trigger !== "manual") failures++;
    }
  }
  return failures;
}
