// What of a history was said in a conversation, and not by a server in its own name. Pure.
import type { HistoryItem } from "../model/model.ts";
import { instructionsBegin, interruptedMessage } from "./context.ts";

/** What clients bring as it goes over the wire, of the kinds that can say nothing in the server's name. */
const rawTypes = ["function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"];

/** False for what tells of a server, its permissions and its instructions, whoever wrote it. */
export function isConversation(item: HistoryItem): boolean {
  if (item.type === "raw") {
    const { type, role } = item.item;
    return role === undefined ? rawTypes.includes(String(type)) : role === "user" || role === "assistant";
  }
  if (item.type !== "message") return true;
  if (item.role === "developer") return item.text === interruptedMessage;
  return item.role === "assistant" || !item.text.startsWith(instructionsBegin);
}
