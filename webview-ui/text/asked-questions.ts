// A tool call in which the model asked the person something, read as questions with their answers. Pure.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import type { ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";

type Call = Pick<ThreadItemOf<"dynamicToolCall">, "arguments" | "contentItems">;

export interface AskedQuestion {
  header: string;
  question: string;
  /** Empty: not answered. */
  answers: readonly string[];
}

/** `reply`: given here, before the call completes. Empty when the arguments are no questions. */
export function askedQuestions(call: Call, reply: ToolRequestUserInputResponse | null): AskedQuestion[] {
  const said = record(reply?.answers ?? record(parsed(textOf(call)))["answers"]);
  return list(record(call.arguments)["questions"])
    .map(record)
    .filter(({ question }) => typeof question === "string" && question !== "")
    .map(({ id, header, question }) => ({
      header: string(header),
      question: string(question),
      answers: Object.hasOwn(said, string(id)) ? list(record(said[string(id)])["answers"]).map(string) : [],
    }));
}

function textOf({ contentItems }: Call): string {
  return (contentItems ?? []).map((part) => (part.type === "inputText" ? part.text : "")).join("");
}

// A call that went wrong holds a sentence instead.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
