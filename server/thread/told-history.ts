// What the model is told of a thread: a history that only grows, until a compaction puts a shorter one in its place. The
// one before is kept, so that a revert to before the compaction, and taking it back, find it again. Pure.
import type { Measured } from "../agent/token-estimate.ts";
import type { HistoryItem } from "../model/model.ts";
import type { TurnPlanUpdatedNotification } from "../protocol/turn.ts";
import type { AnnouncedUsage, ThreadRecord } from "./record.ts";

/** What the thread was when a turn began. */
export interface TurnStart {
  /** The history of that time, which may have been replaced since. */
  readonly history: HistoryItem[];
  /** So much of it was there. */
  readonly historyLength: number;
  readonly usage: AnnouncedUsage | null;
  readonly measured: Measured | null;
  readonly plan: TurnPlanUpdatedNotification | null;
}

/** One that stands. */
export interface Compacted {
  readonly itemId: string;
  readonly before: HistoryItem[];
  /** What took its place, and what came behind it. */
  readonly history: HistoryItem[];
  /** So many entries of that took its place. */
  readonly length: number;
}

export type ToldHistory = Pick<ThreadRecord, "history" | "starts" | "compactions" | "measured" | "usage" | "plan">;

export function noteStart(told: ToldHistory, turnId: string): void {
  const { history, usage, measured, plan } = told;
  told.starts.set(turnId, { history, historyLength: history.length, usage, measured, plan });
}

/** The provider has counted what it was told last and what it answered, but not what its tools returned since. */
export function noteUsage(told: ToldHistory, usage: AnnouncedUsage): void {
  const answered = told.history.findLastIndex(isModels) + 1;
  const upTo = Math.max(answered, told.compactions.at(-1)?.length ?? 0);
  told.usage = usage;
  told.measured = { tokens: usage.tokenUsage.last.totalTokens, upTo };
}

export function replaceHistory(told: ToldHistory, itemId: string, entries: readonly HistoryItem[]): void {
  const history = [...entries];
  told.compactions.push({ itemId, before: told.history, history, length: history.length });
  told.history = history;
  told.measured = null;
}

/** The newest compaction is taken back: what came behind it stays. False: that one is not the newest. */
export function undoCompaction(told: ToldHistory, itemId: string): boolean {
  const last = told.compactions.at(-1);
  if (last?.itemId !== itemId) return false;
  told.compactions.pop();
  const { before, history, length } = last;
  const shift = before.length - length;
  before.push(...history.slice(length));
  for (const [turnId, start] of told.starts) {
    if (start.history !== history) continue;
    told.starts.set(turnId, { ...start, history: before, historyLength: start.historyLength + shift, measured: null });
  }
  told.history = before;
  told.measured = null;
  return true;
}

/** Back to what was told when a turn began; compactions since are none any more. */
export function cutHistory(told: ToldHistory, start: TurnStart): void {
  told.history = start.history;
  told.history.length = start.historyLength;
  while (told.compactions.length > 0 && told.compactions.at(-1)?.history !== told.history) told.compactions.pop();
  told.usage = start.usage;
  told.measured = start.measured;
  told.plan = start.plan;
}

function isModels(entry: HistoryItem): boolean {
  return (
    entry.type === "toolCall" || entry.type === "reasoning" || (entry.type === "message" && entry.role === "assistant")
  );
}
