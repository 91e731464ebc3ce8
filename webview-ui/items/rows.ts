// Which rows a turn shows for its items: one each, except that reads which follow each other share one.
import type { ThreadItem, ThreadItemOf } from "../../server/protocol/item.ts";
import { isOpen } from "../state/thread-reducer.ts";
import { isQuietTool } from "./tool-words.ts";

export type ReadItem = ThreadItemOf<"dynamicToolCall">;
export type Row =
  | { kind: "item"; key: string; item: ThreadItem }
  | { kind: "reads"; key: string; items: readonly ReadItem[] };

/** `items` without the prompt that heads the turn. */
export function turnRows(items: readonly ThreadItem[]): Row[] {
  const rows: Row[] = [];
  for (const item of items) {
    if (isEmpty(item)) continue;
    const last = rows.at(-1);
    if (item.type !== "dynamicToolCall" || !isQuietTool(item)) rows.push({ kind: "item", key: item.id, item });
    else if (last?.kind === "reads") rows[rows.length - 1] = { ...last, items: [...last.items, item] };
    else rows.push({ kind: "reads", key: item.id, items: [item] });
  }
  return rows;
}

// A model may think or speak without words; such an item leaves no trace once it is complete.
function isEmpty(item: ThreadItem): boolean {
  switch (item.type) {
    case "agentMessage":
      return item.text.trim() === "";
    case "reasoning":
      return !isOpen(item) && [...item.summary, ...item.content].every((part) => part.trim() === "");
    default:
      return false;
  }
}
