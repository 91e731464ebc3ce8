// How many tokens a request will have, before anybody has counted them: what the provider counted with its last answer,
// and an estimate of what was added since. It errs on the side of too many. Pure.
import type { HistoryItem, ToolSpec } from "../model/model.ts";

/** What a provider counted. */
export interface Measured {
  tokens: number;
  /** So many entries at the head of the history, with the tools, were counted. */
  upTo: number;
}

export function usedTokens(
  history: readonly HistoryItem[],
  { measured, tools }: { measured: Measured | null; tools: readonly ToolSpec[] },
): number {
  if (measured === null) return estimateTools(tools) + estimateAll(history);
  return measured.tokens + estimateAll(history.slice(measured.upTo));
}

export function estimateAll(entries: readonly HistoryItem[]): number {
  return entries.reduce((sum, entry) => sum + estimateEntry(entry), 0);
}

/** Entries never change, and a long one is asked about with each request. */
const known = new WeakMap<HistoryItem, number>();

export function estimateEntry(entry: HistoryItem): number {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const tokens = FRAME_TOKENS + Math.ceil(bareTokens(entry));
  known.set(entry, tokens);
  return tokens;
}

export function estimateTools(tools: readonly ToolSpec[]): number {
  return Math.ceil(tools.reduce((sum, tool) => sum + FRAME_TOKENS + textTokens(JSON.stringify(tool)), 0));
}

/** Role, type and ids around each entry. */
const FRAME_TOKENS = 5;
/** Of a large picture; its bytes say nothing. */
const PICTURE_TOKENS = 1_500;

function bareTokens(entry: HistoryItem): number {
  switch (entry.type) {
    case "message":
      return textTokens(entry.text) + pictureTokens(entry.images);
    case "reasoning":
      return textTokens(entry.summary.join("\n")) + sealedTokens(entry.encrypted ?? "");
    case "toolCall":
      return textTokens(entry.name) + textTokens(entry.input);
    case "toolOutput":
      return textTokens(entry.output) + pictureTokens(entry.images);
    case "raw":
      return textTokens(JSON.stringify(entry.item));
    default:
      return entry satisfies never;
  }
}

function pictureTokens(images: readonly string[] = []): number {
  return images.length * PICTURE_TOKENS;
}

/** Base64 of about as many bytes as the reasoning had, behind a seal of a fixed size. */
function sealedTokens(encrypted: string): number {
  return Math.max(0, (encrypted.length * 0.75 - 500) / 4);
}

const ASCII_A_TOKEN = 3.5;
// Most text is none of it, and is not looked at sign by sign: that is what the first turn of a process would wait for.
const beyondAscii = /[\u0080-\uffff]/;

/** Code and English have between three and five characters a token; other alphabets two; where a sign is a word, one. */
function textTokens(text: string): number {
  if (!beyondAscii.test(text)) return text.length / ASCII_A_TOKEN;
  let ascii = 0;
  let alphabetic = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) ascii++;
    else if (code < 0x800) alphabetic++;
  }
  return ascii / ASCII_A_TOKEN + alphabetic / 2 + (text.length - ascii - alphabetic);
}
