// What the model is told in place of a history that has become too long: the opening anew, the user's own messages word
// for word, what is so right now, and the summary of the rest. Pure.
import { forModel } from "../exec/output.ts";
import type { HistoryItem } from "../model/model.ts";
import { instructionsBegin, shellTag, withoutTag } from "./context.ts";
import { leftOutMessages, stateLead, summaryLead } from "./prompt/compaction.ts";
import { estimateAll, estimateEntry } from "./token-estimate.ts";

/** What is never left to a summary. */
export interface CarriedOver {
  /** Instructions, surroundings and permissions, as a new thread would begin. */
  opening: readonly HistoryItem[];
  /** Its steps in their order, as the model last had them; empty: there is none to go on from. */
  plan: readonly { step: string; status: string }[];
  /** Asked of the person and not answered: each as it was put to them. */
  openQuestions: readonly object[];
  /** Commands that run in the background. `session_id` is what write_stdin knows them by. */
  runningCommands: readonly { session_id: string; command: string; folder: string }[];
  /** Paths of files that this thread has changed. */
  changedFiles: readonly string[];
}

/** `userTokens`: so much of the user's messages is kept, the newest first; the last one always. */
export function compactedHistory(
  history: readonly HistoryItem[],
  { summary, userTokens, ...carried }: CarriedOver & { summary: string; userTokens: number },
): HistoryItem[] {
  const state = stateMessage(carried);
  return [
    ...carried.opening,
    ...keptUserMessages(history, userTokens),
    ...(state === null ? [] : [state]),
    userMessage(`<${summaryTag}>\n${summaryLead}\n\n${withoutTag(summary, summaryTag)}\n</${summaryTag}>`),
  ];
}

/** What a summary stands for: all that is told anew in no other way. */
export function replacedEntries(history: readonly HistoryItem[]): HistoryItem[] {
  return history.filter((entry) => {
    if (entry.type === "message") return entry.role === "assistant" || entry.text.startsWith(`<${summaryTag}>`);
    return entry.type !== "raw";
  });
}

/**
 * The history with its longest parts cut, the oldest first, until it has at most `tokens`: outputs of tools keep their
 * beginning and end. Entries that need no cut are the very same ones.
 */
export function withShortOutputs(history: readonly HistoryItem[], tokens: number): HistoryItem[] {
  const short = [...history];
  let excess = estimateAll(history) - tokens;
  for (const [at, entry] of history.entries()) {
    if (excess <= 0) break;
    if (entry.type !== "toolOutput" || estimateEntry(entry) <= SHORT_OUTPUT_TOKENS * 2) continue;
    const { images: _, ...rest } = entry;
    const cut = { ...rest, output: forModel(entry.output, { maxTokens: SHORT_OUTPUT_TOKENS }) };
    excess -= estimateEntry(entry) - estimateEntry(cut);
    short[at] = cut;
  }
  return short;
}

/** The same, and where that is not enough, without the oldest of what is no opening. Calls go with their outputs. */
export function fitting(history: readonly HistoryItem[], tokens: number): HistoryItem[] {
  const short = withShortOutputs(history, tokens);
  const start = short.findIndex((entry) => entry.type !== "message" || entry.role === "assistant");
  if (start === -1) return short;
  let excess = estimateAll(short) - tokens;
  let end = start;
  while (excess > 0 && end < short.length - 1) excess -= estimateEntry(short[end++] as HistoryItem);
  const dropped = new Set(short.slice(start, end).flatMap((entry) => (entry.type === "toolCall" ? entry.callId : [])));
  const rest = short.slice(end).filter((entry) => entry.type !== "toolOutput" || !dropped.has(entry.callId));
  return [...short.slice(0, start), ...rest];
}

const summaryTag = "summary_of_conversation";
const stateTag = "state_of_thread";
const SHORT_OUTPUT_TOKENS = 250;

/** In their order. What we say in the user's name is none of theirs, and is said anew. */
function keptUserMessages(history: readonly HistoryItem[], budget: number): HistoryItem[] {
  const messages = history.filter(isUsersOwn);
  let room = budget;
  let first = messages.length;
  while (first > 0) {
    const tokens = estimateEntry(messages[first - 1] as HistoryItem);
    if (tokens > room && first < messages.length) break;
    room -= tokens;
    first--;
  }
  const note = first === 0 ? [] : [userMessage(`<${stateTag}>\n${leftOutMessages(first)}\n</${stateTag}>`)];
  return [...note, ...messages.slice(first)];
}

function isUsersOwn(entry: HistoryItem): boolean {
  // Brought by a client, which may count on it.
  if (entry.type === "raw") return entry.item["type"] === "message" && entry.item["role"] !== "assistant";
  if (entry.type !== "message" || entry.role !== "user") return false;
  return !ourBeginnings.some((begin) => entry.text.startsWith(begin));
}

/** A person's own message may begin with a tag as well, such as `<instructions>`, and must not be lost for that. */
const ourBeginnings = [instructionsBegin, ...[shellTag, summaryTag, stateTag].map((tag) => `<${tag}>\n`)];

/** In the user's name and quoted as JSON: commands and names of files may have been written by anybody. */
function stateMessage({ plan, openQuestions, runningCommands, changedFiles }: Omit<CarriedOver, "opening">) {
  const sections: [string, readonly unknown[]][] = [
    ["This is your plan, as you last told it. Go on from there:", plan],
    ["The user was asked this and has not answered. It was not done; ask again if it is still needed:", openQuestions],
    ["These commands run in the background; write_stdin looks at them by session_id:", runningCommands],
    ["These files were changed in this thread:", changedFiles.slice(0, MAX_FILES)],
    ["And so many more files:", changedFiles.length > MAX_FILES ? [changedFiles.length - MAX_FILES] : []],
  ];
  const told = sections.filter(([, values]) => values.length > 0);
  if (told.length === 0) return null;
  const lines = told.map(([lead, values]) => [lead, ...values.map((value) => `- ${quoted(value)}`)].join("\n"));
  return userMessage(`<${stateTag}>\n${stateLead}\n\n${lines.join("\n\n")}\n</${stateTag}>`);
}

const MAX_FILES = 200;

/** JSON without a character that could end a tag. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function userMessage(text: string): HistoryItem {
  return { type: "message", role: "user", text };
}
