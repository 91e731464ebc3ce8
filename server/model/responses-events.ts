// Reads the events of one Responses stream into ours. Tolerant where providers differ: an output may come without its
// `added` event, or without a single delta.
import type { ResponseOutputItem, ResponseStreamEvent, ResponseUsage } from "openai/resources/responses/responses";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import { type Endpoint, incompleteFailure, reportedFailure } from "./errors.ts";
import type { ModelEvent } from "./model.ts";

/** One reader a stream: it remembers which outputs have begun. */
export function responsesEventReader(endpoint: Endpoint): (event: ResponseStreamEvent) => ModelEvent[] {
  const begun = new Set<string>();
  const begin = (id: string, type: "messageStarted" | "reasoningStarted"): ModelEvent[] => {
    if (begun.has(id)) return [];
    begun.add(id);
    return [{ type, id }];
  };
  return (event) => {
    switch (event.type) {
      case "response.output_item.added":
        if (event.item.type === "message") return begin(idOf(event), "messageStarted");
        return event.item.type === "reasoning" ? begin(idOf(event), "reasoningStarted") : [];
      case "response.output_text.delta":
        return [
          ...begin(event.item_id, "messageStarted"),
          { type: "messageDelta", id: event.item_id, delta: event.delta },
        ];
      case "response.reasoning_summary_part.added":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          { type: "reasoningSummaryPart", id: event.item_id, index: event.summary_index },
        ];
      case "response.reasoning_summary_text.delta":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          { type: "reasoningSummaryDelta", id: event.item_id, index: event.summary_index, delta: event.delta },
        ];
      case "response.reasoning_text.delta":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          { type: "reasoningTextDelta", id: event.item_id, index: event.content_index, delta: event.delta },
        ];
      case "response.output_item.done":
        return finishOutput(event.item, idOf(event), begin);
      case "response.completed":
        return [{ type: "completed", usage: toUsage(event.response.usage) }];
      case "response.incomplete":
        return [
          {
            type: "failed",
            failure: incompleteFailure(event.response.incomplete_details?.reason ?? "no reason given"),
          },
        ];
      case "response.failed": {
        const { error } = event.response;
        return [
          { type: "failed", failure: reportedFailure(endpoint, error?.code ?? null, error?.message ?? "unknown") },
        ];
      }
      case "error":
        return [{ type: "failed", failure: reportedFailure(endpoint, event.code, event.message) }];
      default:
        // Events we have no use for (progress of hosted tools, parts of arguments) are many, and new ones appear.
        return [];
    }
  };
}

function idOf(event: { item: ResponseOutputItem; output_index: number }): string {
  const { id } = event.item as { id?: string };
  return id ?? `output-${event.output_index}`;
}

function finishOutput(
  item: ResponseOutputItem,
  id: string,
  begin: (id: string, type: "messageStarted" | "reasoningStarted") => ModelEvent[],
): ModelEvent[] {
  switch (item.type) {
    case "message": {
      const text = item.content.map((part) => (part.type === "output_text" ? part.text : part.refusal)).join("");
      return [...begin(id, "messageStarted"), { type: "messageCompleted", id, text }];
    }
    case "reasoning": {
      const summary = item.summary.map((part) => part.text);
      const content = item.content?.map((part) => part.text) ?? [];
      const encrypted = item.encrypted_content ?? null;
      return [...begin(id, "reasoningStarted"), { type: "reasoningCompleted", id, summary, content, encrypted }];
    }
    case "function_call":
      return [toolCall(item.call_id, item.name, "json", item.arguments)];
    case "custom_tool_call":
      return [toolCall(item.call_id, item.name, "freeform", item.input)];
    default:
      return [];
  }
}

function toolCall(callId: string, name: string, kind: "json" | "freeform", input: string): ModelEvent {
  return { type: "toolCall", call: { type: "toolCall", callId, name, kind, input } };
}

function toUsage(usage: ResponseUsage | undefined): TokenUsageBreakdown | null {
  if (usage === undefined || usage === null) return null;
  return {
    totalTokens: usage.total_tokens,
    inputTokens: usage.input_tokens,
    cachedInputTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    outputTokens: usage.output_tokens,
    reasoningOutputTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  };
}
