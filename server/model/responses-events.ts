// Reads the events of one Responses stream into ours. Tolerant where providers differ: an output may come without its
// `added` event, or without a single delta.
import type { ResponseOutputItem, ResponseStreamEvent, ResponseUsage } from "openai/resources/responses/responses";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import { type Endpoint, incompleteFailure, reportedFailure } from "./errors.ts";
import type { ModelEvent } from "./model.ts";

/** One reader a stream: it remembers which outputs have begun and not ended. */
export function responsesEventReader(endpoint: Endpoint): (event: ResponseStreamEvent) => ModelEvent[] {
  const open = new Map<string, Parts>();
  const calls = new Map<string, { callId: string; name: string }>();
  const begin = (id: string, type: "messageStarted" | "reasoningStarted"): ModelEvent[] => {
    if (open.has(id)) return [];
    open.set(id, { summary: new Map(), content: new Map() });
    return [{ type, id }];
  };
  const place = (id: string, kind: keyof Parts, given: number) => placeOf(open.get(id)?.[kind] ?? new Map(), given);
  return (event) => {
    switch (event.type) {
      case "response.output_item.added":
        if (event.item.type === "message") return begin(idOf(event), "messageStarted");
        if (event.item.type === "custom_tool_call") {
          calls.set(idOf(event), { callId: textOf(event.item.call_id), name: textOf(event.item.name) });
        }
        return event.item.type === "reasoning" ? begin(idOf(event), "reasoningStarted") : [];
      case "response.custom_tool_call_input.delta": {
        const call = calls.get(event.item_id) ?? calls.get(`output-${event.output_index}`);
        return call === undefined ? [] : [{ type: "toolInputDelta", ...call, delta: textOf(event.delta) }];
      }
      case "response.output_text.delta":
        return [
          ...begin(event.item_id, "messageStarted"),
          { type: "messageDelta", id: event.item_id, delta: textOf(event.delta) },
        ];
      case "response.reasoning_summary_part.added":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          {
            type: "reasoningSummaryPart",
            id: event.item_id,
            index: place(event.item_id, "summary", event.summary_index),
          },
        ];
      case "response.reasoning_summary_text.delta":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          {
            type: "reasoningSummaryDelta",
            id: event.item_id,
            index: place(event.item_id, "summary", event.summary_index),
            delta: textOf(event.delta),
          },
        ];
      case "response.reasoning_text.delta":
        return [
          ...begin(event.item_id, "reasoningStarted"),
          {
            type: "reasoningTextDelta",
            id: event.item_id,
            index: place(event.item_id, "content", event.content_index),
            delta: textOf(event.delta),
          },
        ];
      case "response.output_item.done": {
        const finished = finishOutput(event.item, idOf(event), begin);
        // Some providers name every output alike: what comes under this id from now on is another one.
        open.delete(idOf(event));
        calls.delete(idOf(event));
        return finished;
      }
      case "response.completed":
        return [{ type: "completed", usage: toUsage(event.response.usage) }];
      case "response.incomplete":
        return [
          {
            type: "failed",
            failure: incompleteFailure(endpoint, event.response.incomplete_details?.reason ?? "no reason given"),
          },
        ];
      case "response.failed": {
        const { error } = event.response;
        const told = { code: error?.code ?? null, message: error?.message ?? "unknown", status: null };
        return [{ type: "failed", failure: reportedFailure(endpoint, told) }];
      }
      case "error":
        return [{ type: "failed", failure: reportedFailure(endpoint, { ...event, status: null }) }];
      default:
        // Events we have no use for (progress of hosted tools, parts of arguments) are many, and new ones appear.
        return [];
    }
  };
}

/** What the provider's indexes of one output stand for. */
interface Parts {
  summary: Map<number, number>;
  content: Map<number, number>;
}

/** Indexes count up from 0, whatever the provider calls them: one that is far off would make a huge, empty list. */
function placeOf(places: Map<number, number>, given: number): number {
  const place = places.get(given) ?? places.size;
  places.set(given, place);
  return place;
}

/** A provider may send anything where its types say text; what is kept must be what a rollout can hold. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

function idOf(event: { item: ResponseOutputItem; output_index: number }): string {
  const { id } = event.item as { id?: unknown };
  return textOf(id) || `output-${event.output_index}`;
}

function finishOutput(
  item: ResponseOutputItem,
  id: string,
  begin: (id: string, type: "messageStarted" | "reasoningStarted") => ModelEvent[],
): ModelEvent[] {
  switch (item.type) {
    case "message": {
      const text = item.content.map((part) => textOf(part.type === "output_text" ? part.text : part.refusal)).join("");
      return [...begin(id, "messageStarted"), { type: "messageCompleted", id, text }];
    }
    case "reasoning": {
      const summary = item.summary.map((part) => textOf(part.text));
      const content = item.content?.map((part) => textOf(part.text)) ?? [];
      const encrypted = typeof item.encrypted_content === "string" ? item.encrypted_content : null;
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
  const call = { callId: textOf(callId), name: textOf(name), kind, input: textOf(input) };
  return { type: "toolCall", call: { type: "toolCall", ...call } };
}

function toUsage(usage: ResponseUsage | undefined): TokenUsageBreakdown | null {
  if (usage === undefined || usage === null) return null;
  return {
    totalTokens: countOf(usage.total_tokens),
    inputTokens: countOf(usage.input_tokens),
    cachedInputTokens: countOf(usage.input_tokens_details?.cached_tokens),
    cacheWriteInputTokens: 0,
    outputTokens: countOf(usage.output_tokens),
    reasoningOutputTokens: countOf(usage.output_tokens_details?.reasoning_tokens),
  };
}

/** Counts are added up, and a sum that is no whole number could not be read back. */
function countOf(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKENS
    ? (value as number)
    : 0;
}

const MAX_TOKENS = 2 ** 40;
