// The lines of a rollout: one JSON object each, `{timestamp, ordinal, type, payload}`.
import type { HistoryItem } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { ThreadSettings } from "../protocol/thread.ts";

/** Always the first line. */
export interface ThreadMeta {
  id: string;
  /** Unix seconds. */
  createdAt: number;
  cwd: string;
  modelProvider: string;
  model: string;
  cliVersion: string;
  /** Name of the client that started the thread. */
  originator: string;
  source: string;
  /** The first text of the user, shortened: so that a list needs only this line. */
  preview: string;
  forkedFromId: string | null;
}

export type RolloutEntry =
  | { type: "threadMeta"; payload: ThreadMeta }
  /** What holds from here on. */
  | { type: "settings"; payload: ThreadSettings }
  /** What the model is told. */
  | { type: "history"; payload: HistoryItem }
  /** What clients were told, as far as it must outlive them (policy.ts). */
  | { type: "notification"; payload: ServerNotification };

/** A line as it is on disk. */
export type RolloutLine = RolloutEntry & {
  /** ISO 8601. Order is by `ordinal`, never by time. */
  timestamp: string;
  ordinal: number;
};
