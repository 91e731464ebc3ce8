// Makes a history shorter: asks the model to sum it up, and says what is told in its place. No IO of its own, and nothing
// is changed here: whatever goes wrong, the history is as it was.
import type { HistoryItem, Model, ModelFailure, ModelRequest, Reconnecting } from "../model/model.ts";
import type { ContextLimits } from "../model/limits.ts";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import { type CarriedOver, compactedHistory, fitting, replacedEntries } from "./compacted-history.ts";
import { summaryRequest } from "./prompt/compaction.ts";
import { estimateAll } from "./token-estimate.ts";

export interface CompactionDeps {
  model: Model;
  request: Pick<ModelRequest, "model" | "threadId" | "effort">;
  history: readonly HistoryItem[];
  carried: CarriedOver;
  limits: ContextLimits;
  /** Asks for the summary in place of our own words. */
  prompt: string | null;
  signal: AbortSignal;
  /** Each answer of the model has cost this. */
  answered(usage: TokenUsageBreakdown): void;
  /** An answer broke off, and is asked for again. */
  retrying(event: Reconnecting): void;
}

export type Compaction =
  | { kind: "done"; summary: string; history: HistoryItem[] }
  | { kind: "interrupted" }
  /** The model has answered, and nothing is gained by it. */
  | { kind: "useless"; reason: string }
  | { kind: "failed"; failure: ModelFailure };

/** Never throws for what a model can do wrong. */
export async function compact(deps: CompactionDeps): Promise<Compaction> {
  const replaced = estimateAll(replacedEntries(deps.history));
  const answer = await askForSummary(deps);
  if (answer.kind !== "done") return answer;
  const summary = answer.summary.trim();
  if (summary === "") return { kind: "useless", reason: "The model's summary was empty." };
  const { compactAt } = deps.limits;
  const userTokens = Math.min(USER_TOKENS, Math.floor(compactAt / 4));
  const history = compactedHistory(deps.history, { ...deps.carried, summary, userTokens });
  if (estimateAll(history) >= estimateAll(deps.history)) {
    const reason = replaced < SMALL_TOKENS ? "There is too little in the thread yet." : "The summary was too long.";
    return { kind: "useless", reason: `${reason} What would take the place of the conversation is longer than it.` };
  }
  return { kind: "done", summary, history };
}

/** A compaction would bring something: what it replaces is a good part of what there may be. */
export function isWorthCompacting(history: readonly HistoryItem[], { compactAt }: ContextLimits): boolean {
  return estimateAll(replacedEntries(history)) >= compactAt / 5;
}

/** Of the user's messages so much is kept word for word; the last one whole whatever it has. */
const USER_TOKENS = 20_000;
const SMALL_TOKENS = 2_000;
/** What the summary itself may have. */
const SUMMARY_TOKENS = 8_000;

type Answer = { kind: "done"; summary: string } | Exclude<Compaction, { kind: "done" }>;

/** A request that is too long even so is made once more, of half as much. */
async function askForSummary(deps: CompactionDeps): Promise<Answer> {
  const { history, limits, prompt } = deps;
  const asking: HistoryItem = { type: "message", role: "user", text: prompt ?? summaryRequest };
  const room = Math.max(limits.window - SUMMARY_TOKENS - estimateAll([asking]), Math.floor(limits.window / 2));
  const first = fitting(history, room);
  const answer = await readSummary([...first, asking], deps);
  if (answer.kind !== "failed" || answer.failure.info !== "contextWindowExceeded") return answer;
  return readSummary([...fitting(history, Math.floor(Math.min(estimateAll(first), room) / 2)), asking], deps);
}

async function readSummary(
  history: readonly HistoryItem[],
  { model, request, signal, answered, retrying }: CompactionDeps,
): Promise<Answer> {
  const texts: string[] = [];
  for await (const event of model.stream({ ...request, history, tools: [], outputSchema: null }, signal)) {
    switch (event.type) {
      case "messageCompleted":
        texts.push(event.text);
        break;
      case "reconnecting":
        texts.length = 0;
        retrying(event);
        break;
      case "completed":
        if (event.usage !== null) answered(event.usage);
        return { kind: "done", summary: texts.join("\n\n") };
      case "failed":
        return { kind: "failed", failure: event.failure };
      case "interrupted":
        return { kind: "interrupted" };
      default:
        // What it thinks, and calls that nobody runs, are no part of a summary.
        break;
    }
  }
  const message = "The model's stream ended without an end. Try again.";
  return { kind: "failed", failure: { message, info: "other", details: null } };
}
