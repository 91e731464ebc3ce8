// What people see and what the model hears of it are one write. Where the end of a file has only the first half, because
// the machine lost its power or the disk was full, the second is made anew from it. Pure.
import type { HistoryItem } from "../model/model.ts";
import type { UserInput } from "../protocol/user-input.ts";
import type { ReadLine } from "../rollout/line.ts";
import { shellMessage } from "./shell-message.ts";

/** Of the last line of a thread. Null: nothing belongs to it, or it is written down elsewhere: `said` has those items. */
export function otherHalf(last: ReadLine | undefined, said: ReadonlyMap<string, unknown>): HistoryItem | null {
  if (last?.type !== "notification" || last.payload.method !== "item/completed") return null;
  const { item } = last.payload.params;
  if (said.has(item.id)) return null;
  switch (item.type) {
    case "userMessage":
      return messageOf(item.content);
    case "commandExecution":
      return item.source === "userShell" ? shellMessage(item, 0) : null;
    default:
      return null;
  }
}

/** Without what only files of that time had. */
function messageOf(content: readonly UserInput[]): HistoryItem {
  const images = content.flatMap((part) => (part.type === "image" && part.url !== "" ? [part.url] : []));
  const shown = images.length === 0 ? {} : { images };
  return { type: "message", role: "user", text: content.flatMap(wordsOf).join("\n"), ...shown };
}

function wordsOf(part: UserInput): string[] {
  if (part.type === "text") return [part.text];
  return part.type === "image" ? [] : [`[The user points at ${"path" in part ? part.path : part.type}]`];
}
