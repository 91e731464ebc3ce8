// `belay threads list`: a thread a line, the last one used first.
import { resolve } from "node:path";
import { threadData } from "../../thread/thread-data.ts";
import type { ListedRollout } from "../../rollout/listed.ts";
import type { ThreadSections } from "../../thread/thread-sections.ts";
import { openThreads, plainText, type ThreadsIo, timeText, titleOf } from "./io.ts";

export interface ListChoice {
  json: boolean;
  archived: boolean;
  /** Null: all. */
  limit: number | null;
  /** Null: those of every folder. */
  cwd: string | null;
}

export async function listThreads({ json, archived, limit, cwd }: ListChoice, io: ThreadsIo): Promise<number> {
  const { index, sections } = await openThreads(io);
  const folder = cwd === null ? null : resolve(io.cwd, cwd);
  const wanted = index
    .sorted("updatedAt")
    .toReversed()
    .filter((entry) => entry.isArchived === archived && (folder === null || resolve(entry.settings.cwd) === folder))
    .slice(0, limit ?? undefined);
  const lineOf = (entry: ListedRollout) => (json ? JSON.stringify(listedData(entry, sections)) : plainLine(entry));
  io.stdout.write(wanted.map((entry) => `${lineOf(entry)}\n`).join(""));
  return 0;
}

export function plainLine(entry: ListedRollout): string {
  return `${plainText(entry.id)}  ${timeText(entry.updatedAt)}  ${titleOf(entry)}`;
}

/** As `thread/list` tells it. */
export function listedData(entry: ListedRollout, sections: ThreadSections) {
  const { id, meta, metadata, settings, path, updatedAt } = entry;
  const place = sections.shownPlaceOf(id);
  return threadData({ meta, metadata, settings, path, updatedAt, place, status: { type: "notLoaded" }, turns: [] });
}
