// What the native server told its model, as our history. Pure.
import type { HistoryItem } from "../../model/model.ts";
import { type Loose, listOf, objectOf, textOf } from "./loose.ts";

/**
 * `context`: what is not taken over on purpose, such as what it said of its own surroundings and tools, in whose place
 * comes what we say. `unknown`: what we have nothing like.
 */
export type ConvertedHistory = HistoryItem | "context" | "unknown";

export function historyOf(item: Loose): ConvertedHistory {
  switch (item["type"]) {
    case "message":
      return messageOf(item);
    case "reasoning":
      // Sealed for one account of one provider: any other refuses it, and with it the whole thread.
      return "context";
    case "function_call":
    case "custom_tool_call":
      return callOf(item);
    case "function_call_output":
    case "custom_tool_call_output":
      return outputOf(item);
    case "additional_tools":
    case "configuration_update":
      return "context";
    default:
      return "unknown";
  }
}

function messageOf({ role, content }: Loose): ConvertedHistory {
  if (role === "developer" || role === "system") return "context";
  if (role !== "user" && role !== "assistant") return "unknown";
  const parts = listOf(content).map(objectOf);
  const texts = parts.flatMap((part) => textOf(part["text"]) ?? []).filter((text) => !isContext(text));
  const images = imagesOf(parts);
  if (texts.length === 0 && images.length === 0) return "context";
  return { type: "message", role, text: texts.join("\n"), ...(images.length === 0 ? {} : { images }) };
}

/** It goes by how these messages begin: who wrote them does not say what they are. */
function isContext(text: string): boolean {
  return /^\s*(?:<(?:environment_context|user_instructions|permissions instructions|skills_instructions|collaboration_mode|model_switch|apps_instructions|plugins_instructions)\b|# AGENTS\.md instructions)/.test(
    text,
  );
}

/** Only those that are here themselves: what is elsewhere may be there no more. */
function imagesOf(parts: readonly Loose[]): string[] {
  const urls = parts.map((part) => textOf(part["image_url"]) ?? textOf(objectOf(part["image_url"])["url"]));
  return urls.filter((url) => url !== null && url.startsWith("data:")).map(String);
}

function callOf(item: Loose): ConvertedHistory {
  const callId = textOf(item["call_id"]);
  const name = textOf(item["name"]);
  if (callId === null || name === null) return "unknown";
  const isJson = item["type"] === "function_call";
  const input = textOf(item[isJson ? "arguments" : "input"]) ?? "";
  return { type: "toolCall", callId, name, kind: isJson ? "json" : "freeform", input };
}

function outputOf(item: Loose): ConvertedHistory {
  const callId = textOf(item["call_id"]);
  if (callId === null) return "unknown";
  const body = item["output"];
  const parts = listOf(Array.isArray(body) ? body : objectOf(body)["content"]).map(objectOf);
  const plain = textOf(body) ?? textOf(objectOf(body)["content"]);
  const output = plain ?? parts.flatMap((part) => textOf(part["text"]) ?? []).join("\n");
  const images = imagesOf(parts);
  const kind = item["type"] === "function_call_output" ? "json" : "freeform";
  return { type: "toolOutput", callId, kind, output, ...(images.length === 0 ? {} : { images }) };
}
