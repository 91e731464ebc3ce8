// The item of a call that has no item type of its own: as it starts, and as it ends.
import type { ThreadItemOf, ToolOutputPart } from "../protocol/item.ts";

type ToolCallItem = ThreadItemOf<"dynamicToolCall">;

export function startedCall(
  call: Pick<ToolCallItem, "id" | "tool" | "arguments"> & { namespace?: string | null; startedAtMs: number },
): ToolCallItem {
  const item: ToolCallItem = {
    type: "dynamicToolCall",
    id: call.id,
    namespace: call.namespace ?? null,
    tool: call.tool,
    arguments: call.arguments,
    status: "inProgress",
    contentItems: null,
    success: null,
    durationMs: null,
    startedAtMs: call.startedAtMs,
    completedAtMs: null,
  };
  startedAt.set(item, performance.now());
  return item;
}

/** By a clock that nobody sets. */
const startedAt = new WeakMap<ToolCallItem, number>();

export function endedCall(
  item: ToolCallItem,
  end: { success: boolean; contentItems: ToolOutputPart[]; completedAtMs: number },
): ToolCallItem {
  const status = end.success ? "completed" : "failed";
  return { ...item, ...end, status, durationMs: Math.round(durationOf(item)) };
}

function durationOf(item: ToolCallItem): number {
  const now = performance.now();
  return now - (startedAt.get(item) ?? now);
}

export function textPart(text: string): ToolOutputPart[] {
  return [{ type: "inputText", text }];
}
