// A thread of elsewhere, as the lines of a rollout that resumes. Pure.
import { createHash } from "node:crypto";
import type { HistoryItem } from "../../model/model.ts";
import type { ThreadSettings } from "../../protocol/thread.ts";
import { isUuid } from "../../util/uuid-v7.ts";
import type { RolloutEntry, ThreadMeta } from "../line.ts";

export interface ImportedThread {
  meta: ThreadMeta;
  /** Behind the first line, in order. */
  entries: TimedEntry[];
  isArchived: boolean;
  /** What was not taken over, by its name, and how often it came. */
  leftOut: ReadonlyMap<string, number>;
  /** What else there is to say, in sentences. */
  notes: readonly string[];
}

export interface TimedEntry {
  /** ISO 8601: when it was written there. */
  timestamp: string;
  entry: RolloutEntry;
}

/** What the importing side decides. */
export interface ImportOptions {
  /**
   * What holds from here on. Never what the file says of permissions: whoever made it would decide what may run here
   * without a question.
   */
  settings: ThreadSettings;
  /** What the model is told of Belay and of the folder, before the conversation. */
  opening: readonly HistoryItem[];
  /** False for what the file has in a server's name: it must not speak for this one. */
  isConversation(item: HistoryItem): boolean;
}

/** The same for the same seed: what is imported again gets the same name. A UUID of version 7. */
export function derivedId(seed: string, timeMs: number): string {
  const bytes = createHash("sha256").update(seed).digest().subarray(0, 16);
  bytes.writeUIntBE(Math.max(0, Math.floor(timeMs)), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What a file says is its id becomes part of a path: only what is one stays. */
export function ownId(id: string): string {
  return isUuid(id) ? id.toLowerCase() : derivedId(id, 0);
}

/** Unix seconds. Times that no calendar has, or that no file name can carry, are none. */
export function plausibleTime(seconds: number): number {
  return Number.isFinite(seconds) && seconds >= 0 && seconds < END_OF_YEAR_9999 ? Math.floor(seconds) : 0;
}

const END_OF_YEAR_9999 = 253_402_300_800;

export class LeftOut {
  readonly counts = new Map<string, number>();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
