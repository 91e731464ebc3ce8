// How full the context of a thread is, and with what.
import { estimateAll, estimateTools, usedTokens } from "../agent/token-estimate.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ContextReadResponse } from "../protocol/turn.ts";
import { toolSpecs } from "../tools/orchestrator.ts";
import type { Thread } from "./thread.ts";
import { toolsOf } from "./turn-tools.ts";

export function readContext(thread: Thread): ContextReadResponse {
  const { limits } = thread;
  const { history, measured, usage } = thread.record;
  const tools = toolSpecs(toolsOf(thread));
  const used = usedTokens(history, { measured, tools });
  const last = usage?.tokenUsage.last;
  const isCounted = last !== undefined && last.inputTokens > 0;
  return {
    ...limits,
    used,
    cachedShare: isCounted ? last.cachedInputTokens / last.inputTokens : null,
    parts: scaled(estimatedParts(history, estimateTools(tools)), used),
    undoable: thread.record.undoable,
  };
}

type Parts = ContextReadResponse["parts"];

function estimatedParts(history: readonly HistoryItem[], toolTokens: number): Parts {
  // Up to the first thing that is said by either side.
  const begun = history.findIndex((entry) => entry.type !== "message" || !isGiven(entry));
  const opening = begun === -1 ? history : history.slice(0, begun);
  const rest = begun === -1 ? [] : history.slice(begun);
  const [outputs, messages] = [rest.filter(isOutput), rest.filter((entry) => !isOutput(entry))];
  return {
    instructions: toolTokens + estimateAll(opening),
    messages: estimateAll(messages),
    toolOutputs: estimateAll(outputs),
  };
}

function isGiven({ role, text }: Extract<HistoryItem, { type: "message" }>): boolean {
  return role === "developer" || text.startsWith("<instructions ");
}

function isOutput({ type }: HistoryItem): boolean {
  return type === "toolOutput";
}

/** To what was counted: the proportions are estimated, the sum is known better. */
function scaled({ instructions, toolOutputs, messages }: Parts, used: number): Parts {
  const estimated = instructions + toolOutputs + messages;
  const share = (tokens: number) => Math.round((tokens / Math.max(1, estimated)) * used);
  const [given, outputs] = [share(instructions), share(toolOutputs)];
  return { instructions: given, toolOutputs: outputs, messages: Math.max(0, used - given - outputs) };
}
