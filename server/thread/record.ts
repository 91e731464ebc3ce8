// What a thread is made of, apart from anything that runs. Pure.
import type { Measured } from "../agent/token-estimate.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import type { serverNotifications } from "../protocol/methods.ts";
import type { ThreadSettings } from "../protocol/thread.ts";
import type { ErrorInfo, Turn, TurnError, TurnPlanUpdatedNotification } from "../protocol/turn.ts";
import type { UserInput } from "../protocol/user-input.ts";
import type { RolloutEntry, ThreadMeta, ThreadMetadata } from "../rollout/line.ts";
import { type Compacted, cutHistory, type TurnStart } from "./told-history.ts";

export type AnnouncedUsage = ParamsOut<typeof serverNotifications, "thread/tokenUsage/updated">;

export interface ThreadRecord {
  meta: ThreadMeta;
  metadata: ThreadMetadata;
  settings: ThreadSettings;
  turns: Turn[];
  history: HistoryItem[];
  /** Those that hold, the oldest first. */
  compactions: Compacted[];
  /** What a provider counted of the history last. */
  measured: Measured | null;
  /** By the id of its turn: what a revert to before it comes back to. */
  starts: Map<string, TurnStart>;
  /** As it was last announced; null before the first answer of a model. */
  usage: AnnouncedUsage | null;
  /** The latest, as it was announced; null: there never was one. */
  plan: TurnPlanUpdatedNotification | null;
  /** What each client that joins must know about how the thread was read back. */
  notices: readonly string[];
  /** The same, of what is not there of its history: no other setting makes up for it. */
  missing: readonly string[];
  /** What was said and taken by no turn when its process died: it is in here, and its lines are still to be written. */
  recovered: readonly RolloutEntry[];
  /** Unix seconds. */
  updatedAt: number;
}

export function newThreadRecord(meta: ThreadMeta, metadata: ThreadMetadata, settings: ThreadSettings): ThreadRecord {
  const told = { history: [], compactions: [], measured: null, starts: new Map(), usage: null, plan: null };
  const empty = { ...told, turns: [], notices: [], missing: [], recovered: [] };
  return { meta, metadata, settings, ...empty, updatedAt: meta.createdAt };
}

/** Takes this turn and all behind it out of the record, and says which those were. None when there is no such turn. */
export function cutRecord(record: ThreadRecord, beforeTurnId: string): string[] {
  const start = record.starts.get(beforeTurnId);
  const at = record.turns.findIndex(({ id }) => id === beforeTurnId);
  if (start === undefined || at === -1) return [];
  const cut = record.turns.splice(at).map(({ id }) => id);
  for (const id of cut) record.starts.delete(id);
  cutHistory(record, start);
  return cut;
}

export function emptyTurn(id: string, rootTurnId: string = id): Turn {
  return {
    id,
    rootTurnId,
    items: [],
    itemsView: "notLoaded",
    status: "inProgress",
    error: null,
    startedAt: null,
    completedAt: null,
    durationMs: null,
  };
}

/** As `turn/completed` has it: the last message of the agent stands for the items. */
export function summaryOf(turn: Turn): Turn {
  const last = turn.status === "completed" ? turn.items.findLast(({ type }) => type === "agentMessage") : undefined;
  return last === undefined
    ? { ...turn, items: [], itemsView: "notLoaded" }
    : { ...turn, items: [structuredClone(last)], itemsView: "summary" };
}

export function turnError(message: string, codexErrorInfo: ErrorInfo, additionalDetails: string | null): TurnError {
  return { message, codexErrorInfo, additionalDetails, misalignment: null };
}

const PREVIEW_CHARS = 400;

export function previewOf(input: readonly UserInput[]): string {
  const text = input.map(previewPart).join(" ");
  return text.replace(/\s+/g, " ").trim().slice(0, PREVIEW_CHARS);
}

function previewPart(part: UserInput): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "mention":
    case "skill":
      return part.name;
    case "image":
    case "localImage":
      return "[picture]";
    case "audio":
    case "localAudio":
      return "[audio]";
    default:
      return part satisfies never;
  }
}
