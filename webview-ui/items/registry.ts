// Which renderer draws which item: complete, so that a new item type does not compile until it has one.
import type { ThreadItem } from "../../server/protocol/item.ts";
import { agentMessage } from "./agent-message.tsx";
import { commandExecution } from "./command-execution.tsx";
import { contextCompaction } from "./context-compaction.tsx";
import { dynamicToolCall } from "./dynamic-tool-call.tsx";
import { fallback } from "./fallback.tsx";
import { fileChange } from "./file-change.tsx";
import type { ItemRenderer } from "./item-props.ts";
import { reasoning } from "./reasoning.tsx";
import { userMessage } from "./user-message.tsx";

export const renderers: { [T in ThreadItem["type"]]: ItemRenderer<T> } = {
  userMessage,
  agentMessage,
  reasoning,
  commandExecution,
  fileChange,
  dynamicToolCall,
  contextCompaction,
};

/** Also serves item types of a newer server. */
export function rendererOf(type: string): ItemRenderer<ThreadItem["type"]> {
  return (Object.hasOwn(renderers, type) ? renderers[type as ThreadItem["type"]] : fallback) as ItemRenderer<
    ThreadItem["type"]
  >;
}
