// The lines of a rollout: one JSON object each, `{timestamp, ordinal, type, payload}`.
import * as z from "zod";
import { HistoryItem } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { DynamicTool, GitInfo, type ThreadSettings } from "../protocol/thread.ts";
import { UserInput } from "../protocol/user-input.ts";

/** Where a fork's history begins: in the file of another thread, up to a byte of it. */
export const ThreadBase = z.object({
  threadId: z.string(),
  /** Both exclusive: of the first line and the first byte that are no part of the fork. */
  endOrdinal: z.int().min(0),
  endByteOffset: z.int().min(0),
});
export type ThreadBase = z.infer<typeof ThreadBase>;

/** Always the first line. */
export const ThreadMeta = z.object({
  id: z.string(),
  /** Unix seconds. */
  createdAt: z.number(),
  cwd: z.string(),
  modelProvider: z.string(),
  model: z.string(),
  cliVersion: z.string(),
  /** Name of the client that started the thread. */
  originator: z.string(),
  source: z.string(),
  /** The first text of the user, shortened: so that a list needs only this line. */
  preview: z.string(),
  forkedFromId: z.string().nullable(),
  /** Null: all of the history is in this file. */
  base: ThreadBase.nullable().default(null),
  threadSource: z.string().nullable().default(null),
  /** Takes the place of our own first instructions to the model. */
  baseInstructions: z.string().nullable().default(null),
  developerInstructions: z.string().nullable().default(null),
  /** Tools that the client runs. */
  dynamicTools: z.array(DynamicTool).default([]),
});
export type ThreadMeta = z.infer<typeof ThreadMeta>;

/** What a list shows besides, and people may change. */
export const ThreadMetadata = z.object({ name: z.string().nullable(), gitInfo: GitInfo.nullable() });
export type ThreadMetadata = z.infer<typeof ThreadMetadata>;

/** That turn and all behind it are no part of the thread any more (living-lines.ts). */
export const Reverted = z.object({ beforeTurnId: z.string() });
export type Reverted = z.infer<typeof Reverted>;

/** From here on the model is told this in place of all before it, which stays in the file (living-lines.ts). */
export const Compacted = z.object({
  /** Of the item that shows it. */
  itemId: z.string(),
  turnId: z.string(),
  history: z.array(HistoryItem),
  /** As far as they were known. */
  tokensBefore: z.int(),
  tokensAfter: z.int(),
});
export type Compacted = z.infer<typeof Compacted>;

/** What a person said to a turn that has not taken it yet. Its item has the same id, and says that it has. */
export const Said = z.lazy(() =>
  z.object({
    turnId: z.string(),
    itemId: z.string(),
    clientId: z.string().nullable(),
    /** Without the pictures that `told` has. */
    input: z.array(UserInput),
    told: HistoryItem,
  }),
);
export type Said = z.infer<typeof Said>;

export type RolloutEntry =
  | { type: "threadMeta"; payload: ThreadMeta }
  /** The name and the like, from here on. */
  | { type: "metadata"; payload: ThreadMetadata }
  /** What holds from here on. */
  | { type: "settings"; payload: ThreadSettings }
  /** The end of the history is cut off here; its lines stay where they are. */
  | { type: "reverted"; payload: Reverted }
  | { type: "compacted"; payload: Compacted }
  | { type: "said"; payload: Said }
  /** What the model is told. */
  | { type: "history"; payload: HistoryItem }
  /** What clients were told, as far as it must outlive them (policy.ts). */
  | { type: "notification"; payload: ServerNotification };

const place = {
  /** ISO 8601. Order is by `ordinal`, never by time. */
  timestamp: z.string(),
  ordinal: z.int().min(0),
};

/** What every line has, whatever its type is. */
export const LineFrame = z.object({ ...place, type: z.string(), payload: z.record(z.string(), z.unknown()) });

/** A line as it is written. */
export type RolloutLine = RolloutEntry & z.infer<z.ZodObject<typeof place>>;

/** A line as it is read. Settings may be another version's: whoever uses them says what holds instead. */
export type ReadLine =
  | Exclude<RolloutLine, { type: "settings" }>
  | ({ type: "settings"; payload: Record<string, unknown> } & z.infer<z.ZodObject<typeof place>>);
