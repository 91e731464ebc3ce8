// Items of the native server's rollouts as ours. Pure; what is missing in one is made up for as little as it can be.
import { fileURLToPath } from "node:url";
import type { CommandAction, FileUpdateChange, ItemStatus, ThreadItem } from "../../protocol/item.ts";
import { UserInput } from "../../protocol/user-input.ts";
import { shellQuote } from "../../util/shell-quote.ts";
import { type Loose, listOf, numberOf, objectOf, textOf, textsOf } from "./loose.ts";

interface Times {
  startedAtMs: number | null;
  completedAtMs: number | null;
}

/** Null for a type that we have nothing like. */
export function itemOf(native: Loose, times: Times): ThreadItem | null {
  const id = textOf(native["id"]);
  if (id === null) return null;
  const common = { id, ...times };
  switch (native["type"]) {
    case "UserMessage":
      return { type: "userMessage", ...common, clientId: null, content: inputOf(native["content"]) };
    case "AgentMessage":
      return agentMessage(messageText(native["content"]), phaseOf(native["phase"]), common);
    case "Plan":
      return agentMessage(textOf(native["text"]) ?? "", null, common);
    case "Reasoning":
      return {
        ...{ type: "reasoning", ...common },
        ...{ summary: textsOf(native["summary_text"]), content: textsOf(native["raw_content"]) },
      };
    case "CommandExecution":
      return commandOf(native, common);
    case "FileChange":
      return {
        type: "fileChange",
        ...common,
        changes: changesOf(native["changes"]),
        status: statusOf(native["status"]),
      };
    case "McpToolCall":
    case "DynamicToolCall":
      return toolCallOf(native, common);
    default:
      return null;
  }
}

type Common = { id: string } & Times;

export function agentMessage(
  text: string,
  phase: Extract<ThreadItem, { type: "agentMessage" }>["phase"],
  common: Common,
): ThreadItem {
  const vacant = { moderation: null, memoryCitation: null, delivery: null, questions: null };
  return { type: "agentMessage", ...common, text, phase, ...vacant };
}

export function inputOf(content: unknown): UserInput[] {
  return listOf(content).flatMap((part) => {
    const parsed = UserInput.safeParse(camelCased(objectOf(part)));
    return parsed.success ? [parsed.data] : [];
  });
}

/** Types are written in either case; members that differ are read by the older name. */
function camelCased(part: Loose): Loose {
  const type = textOf(part["type"]) ?? "";
  const name = type.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { ...part, type: name, url: part["url"] ?? part["image_url"] };
}

function messageText(content: unknown): string {
  return listOf(content)
    .map((part) => textOf(objectOf(part)["text"]) ?? "")
    .join("");
}

function phaseOf(value: unknown): Extract<ThreadItem, { type: "agentMessage" }>["phase"] {
  return value === "commentary" || value === "partial_answer" || value === "final_answer" ? value : null;
}

function commandOf(native: Loose, common: Common): ThreadItem {
  const argv = textsOf(native["command"]);
  const [, option, script] = argv;
  const isScript = argv.length === 3 && (option === "-lc" || option === "-c") && script !== undefined;
  const status = statusOf(native["status"]);
  return {
    ...{ type: "commandExecution", ...common },
    command: shellQuote(argv),
    ...(isScript ? { script } : {}),
    cwd: pathOf(native["cwd"]),
    processId: textOf(native["process_id"]),
    source: sources[textOf(native["source"]) ?? ""] ?? "agent",
    // Whatever ran there runs no more.
    status: status === "inProgress" ? "failed" : status,
    commandActions: listOf(native["parsed_cmd"]).map((action) => actionOf(objectOf(action))),
    aggregatedOutput: textOf(native["aggregated_output"]),
    exitCode: numberOf(native["exit_code"]),
    durationMs: durationOf(native["duration"]),
    ...{ pluginId: null, scriptPath: null },
  };
}

const sources: Readonly<Record<string, Extract<ThreadItem, { type: "commandExecution" }>["source"]>> = {
  agent: "agent",
  user_shell: "userShell",
  unified_exec_startup: "unifiedExecStartup",
  unified_exec_interaction: "unifiedExecInteraction",
};

function statusOf(value: unknown): ItemStatus {
  if (value === "completed" || value === "failed" || value === "declined") return value;
  return value === "in_progress" ? "inProgress" : "failed";
}

function actionOf(action: Loose): CommandAction {
  const command = textOf(action["cmd"]) ?? "";
  const path = textOf(action["path"]);
  switch (action["type"]) {
    case "read":
      return { type: "read", command, name: textOf(action["name"]) ?? path ?? "", path: path ?? "" };
    case "list_files":
      return { type: "listFiles", command, path };
    case "search":
      return { type: "search", command, query: textOf(action["query"]), path };
    default:
      return { type: "unknown", command };
  }
}

/** By path, as the native server has them. */
function changesOf(value: unknown): FileUpdateChange[] {
  return Object.entries(objectOf(value)).map(([path, each]): FileUpdateChange => {
    const change = objectOf(each);
    const content = textOf(change["content"]) ?? "";
    if (change["type"] === "add") return { path, kind: { type: "add" }, diff: content };
    if (change["type"] === "delete") return { path, kind: { type: "delete" }, diff: content };
    const kind = { type: "update" as const, move_path: textOf(change["move_path"]) };
    return { path, kind, diff: textOf(change["unified_diff"]) ?? "" };
  });
}

function toolCallOf(native: Loose, common: Common): ThreadItem {
  const status = statusOf(native["status"]);
  return {
    ...{ type: "dynamicToolCall", ...common },
    namespace: textOf(native["server"] ?? native["namespace"]),
    tool: textOf(native["tool"]) ?? "",
    arguments: native["arguments"] ?? null,
    status: status === "completed" ? "completed" : "failed",
    contentItems: resultOf(native).map((text) => ({ type: "inputText", text })),
    success: status === "completed",
    durationMs: durationOf(native["duration"]) ?? numberOf(native["duration_ms"]),
  };
}

/** The texts of what a tool answered, or why it did not. */
function resultOf(native: Loose): string[] {
  const result = objectOf(native["result"]);
  const parts = listOf(result["content"] ?? objectOf(result["Ok"])["content"] ?? native["content_items"]);
  const texts = parts.flatMap((part) => textOf(objectOf(part)["text"]) ?? []);
  const error = textOf(objectOf(native["error"])["message"]) ?? textOf(result["Err"]);
  return error === null ? texts : [...texts, error];
}

function durationOf(value: unknown): number | null {
  const { secs, nanos } = objectOf(value);
  return typeof secs === "number" ? Math.round(secs * 1000 + (numberOf(nanos) ?? 0) / 1e6) : null;
}

/** A path, or one as a URL. */
export function pathOf(value: unknown): string {
  const text = textOf(value) ?? "";
  if (!text.startsWith("file://")) return text;
  try {
    return fileURLToPath(text);
  } catch {
    // Of a machine of another kind: shown as it is.
    return text;
  }
}
