// A thread as Markdown. Pure.
import type { ThreadItem } from "../../protocol/item.ts";
import type { Turn } from "../../protocol/turn.ts";
import type { UserInput } from "../../protocol/user-input.ts";
import type { ThreadRecord } from "../../thread/record.ts";
import { plainText, timeText, titleOf } from "./io.ts";

export interface MarkdownOptions {
  /** Of the output of one command. */
  maxOutputLines: number;
}

export function markdownOf(record: ThreadRecord, options: MarkdownOptions): string {
  const { meta, settings, metadata, updatedAt, turns } = record;
  const branch = metadata.gitInfo?.branch;
  const facts = [
    `- Thread: ${meta.id}`,
    `- Folder: ${settings.cwd}${branch ? ` (${branch})` : ""}`,
    `- Model: ${settings.model} (${settings.modelProvider})`,
    `- Begun: ${timeText(meta.createdAt)}, last changed: ${timeText(updatedAt)}`,
    ...(meta.forkedFromId === null ? [] : [`- Forked from: ${meta.forkedFromId}`]),
  ];
  const parts = [
    `# ${titleOf(record)}`,
    facts.join("\n"),
    ...turns.flatMap((turn, at) => turnParts(turn, at, options)),
  ];
  return `${parts.map(plainText).join("\n\n")}\n`;
}

function turnParts(turn: Turn, at: number, options: MarkdownOptions): string[] {
  const when = turn.startedAt === null ? "" : `, ${timeText(turn.startedAt)}`;
  const ending = turn.status === "completed" ? "" : ` (${turn.status})`;
  const items = turn.items.map((item) => itemText(item, options)).filter((text) => text !== "");
  const error = turn.error === null ? [] : [`**Error:** ${turn.error.message}`];
  return [`## Turn ${at + 1}${when}${ending}`, ...items, ...error];
}

/** Empty for what has nothing to read. */
function itemText(item: ThreadItem, { maxOutputLines }: MarkdownOptions): string {
  switch (item.type) {
    case "userMessage":
      return item.content.map(inputText).join("\n\n").replace(/^/gm, "> ");
    case "agentMessage":
      return item.text;
    case "reasoning":
      return item.summary.length === 0 ? "" : `*${item.summary.join("\n\n").trim()}*`;
    case "commandExecution": {
      const output = cut(item.aggregatedOutput ?? "", maxOutputLines);
      const end = item.exitCode === null || item.exitCode === 0 ? "" : `\n[exit code ${item.exitCode}]`;
      const status = item.status === "completed" || end !== "" ? "" : `\n[${item.status}]`;
      return fenced("console", `$ ${item.script ?? item.command}\n${output}${end}${status}`);
    }
    case "fileChange":
      return item.changes
        .map(({ path, kind, diff }) => `${kindText[kind.type]} \`${path}\`\n\n${fenced("diff", diff)}`)
        .join("\n\n");
    case "dynamicToolCall": {
      const answers = (item.contentItems ?? []).map((part) =>
        part.type === "inputText" ? part.text : `[${part.type}]`,
      );
      const name = item.namespace === null ? item.tool : `${item.namespace}.${item.tool}`;
      return fenced("", `${name}(${JSON.stringify(item.arguments)})\n${cut(answers.join("\n"), maxOutputLines)}`);
    }
    case "contextCompaction":
      return `*From here on the model was told a summary.*${item.summary ? `\n\n${item.summary}` : ""}`;
    default:
      return item satisfies never;
  }
}

const kindText = { add: "Added", delete: "Deleted", update: "Changed" };

function inputText(input: UserInput): string {
  switch (input.type) {
    case "text":
      return input.text;
    case "image":
    case "audio":
      return `[${input.type}]`;
    case "localImage":
    case "localAudio":
    case "skill":
    case "mention":
      return `[${input.path}]`;
    default:
      return input satisfies never;
  }
}

function cut(text: string, maxLines: number): string {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= maxLines) return lines.join("\n");
  const left = lines.length - maxLines;
  return [...lines.slice(0, maxLines), `[${left} more line${left === 1 ? "" : "s"}]`].join("\n");
}

/** In a fence that nothing in the text can close. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}
