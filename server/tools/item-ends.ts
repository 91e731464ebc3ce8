// How the item of a call ends, whatever ended it; said once.
import { type Announced, neverWhole } from "./call-previews.ts";
import { unstartedCommand } from "./command-item.ts";
import type { ToolDeps } from "./deps.ts";
import type { Finished, Prepared, ToolItem } from "./tool.ts";

export function complete(item: Finished["item"], deps: ToolDeps): void {
  deps.emit({
    method: "item/completed",
    params: { item, ...ids(deps), contentTokenCount: null, completedAtMs: deps.now() },
  });
}

export function completeUnstarted(prepared: Prepared, status: "failed" | "declined", deps: ToolDeps): void {
  if (!prepared.isAnnounced) complete(ended(prepared.item, status, deps), deps);
}

export function completeAnnounced(announced: Announced, failure: string, deps: ToolDeps): void {
  complete({ ...neverWhole(announced, failure), completedAtMs: deps.now() }, deps);
}

/** For a tool call the protocol knows no `declined`: what was declined failed. */
export function ended(item: ToolItem, status: "failed" | "declined", deps: ToolDeps): ToolItem {
  const completedAtMs = deps.now();
  switch (item.type) {
    case "dynamicToolCall":
      return { ...item, status: "failed", completedAtMs };
    case "commandExecution":
      return unstartedCommand(item, status, completedAtMs);
    case "fileChange":
      return { ...item, status, completedAtMs };
    default:
      return item satisfies never;
  }
}

/** A change that failed has no output to show: people see why as the model is told. */
export function withReason({ item, output }: Finished): ToolItem {
  return item.type === "fileChange" && item.status === "failed" ? { ...item, failure: output } : item;
}

export function ids({ threadId, turnId }: ToolDeps): { threadId: string; turnId: string } {
  return { threadId, turnId };
}
