// A thread as `belay threads export --format json` writes it, and back. Pure.
import * as z from "zod";
import type { ReadLine, ThreadMeta } from "../line.ts";
import { livingLines } from "../living-lines.ts";
import { parseLine } from "../reader.ts";
import { ownConversation } from "./conversation.ts";
import { type ImportedThread, type ImportOptions, LeftOut, ownId, plausibleTime, type TimedEntry } from "./imported.ts";

const format = "belay-thread";

/** What a file must have to be one. `thread`, with its turns, is for other programs. */
const ExportedThread = z.object({
  format: z.literal(format),
  version: z.int(),
  lines: z.array(z.record(z.string(), z.unknown())),
});
export type ExportedThread = z.infer<typeof ExportedThread>;

export interface ExportedFile {
  format: typeof format;
  version: 1;
  thread: object;
  /** What is left of the rollout, in one piece: what a revert cut off is not in it. */
  lines: ReadLine[];
}

export function exportedFile(thread: object, lines: readonly ReadLine[]): ExportedFile {
  // One file, whatever it began in.
  const own = lines.findLast(({ type }) => type === "threadMeta");
  const rest = livingLines(lines).filter(({ type }) => type !== "threadMeta");
  const alone = own?.type === "threadMeta" ? [{ ...own, payload: { ...own.payload, base: null } }] : [];
  return { format, version: 1, thread, lines: [...alone, ...rest] };
}

/** Null when it is no such file. */
export function readExported(value: unknown): ExportedThread | null {
  const parsed = ExportedThread.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** Null when no line says whose thread it is. `threadId`: null keeps its own, if that is one. */
export function convertExported(
  { lines }: ExportedThread,
  threadId: string | null,
  options: ImportOptions,
): ImportedThread | null {
  const leftOut = new LeftOut();
  const read: TimedEntry[] = [];
  for (const [ordinal, line] of lines.entries()) {
    const parsed = parseLine(JSON.stringify({ ...line, ordinal }));
    if (parsed.kind !== "line") {
      leftOut.add(typeof line["type"] === "string" ? `line ${line["type"]}` : "unreadable line");
    } else if (parsed.line.type !== "settings") {
      const { timestamp, ordinal: _, ...entry } = parsed.line;
      read.push({ timestamp, entry });
    }
  }
  const meta = metaOf(read, threadId, options.settings);
  if (meta === null) return null;
  const entries = ownConversation(
    read.filter(({ entry }) => entry.type !== "threadMeta").map((each) => relabelled(each, meta.id)),
    options,
  );
  const timestamp = entries[0]?.timestamp ?? new Date(meta.createdAt * 1000).toISOString();
  return {
    meta,
    entries: [{ timestamp, entry: { type: "settings", payload: options.settings } }, ...entries],
    isArchived: false,
    leftOut: leftOut.counts,
    notes: [],
  };
}

/** Without what would speak for the server, or bring tools: neither is for the file to say. */
function metaOf(
  read: readonly TimedEntry[],
  threadId: string | null,
  { cwd, model, modelProvider }: ImportOptions["settings"],
): ThreadMeta | null {
  const found = read.find(({ entry }) => entry.type === "threadMeta")?.entry;
  if (found?.type !== "threadMeta") return null;
  const { id, createdAt, source, ...rest } = found.payload;
  return {
    ...rest,
    id: threadId ?? ownId(id),
    createdAt: plausibleTime(createdAt),
    // Others are in no list unless it is asked for them.
    source: source === "cli" ? "cli" : "vscode",
    ...{ cwd, model, modelProvider, base: null },
    ...{ threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
  };
}

/** What the file says of where and with what the thread went on last. */
export function exportedSetting({ lines }: ExportedThread): { cwd: string; model: string; modelProvider: string } {
  const last = lines.findLast(({ type }) => type === "settings") ?? lines[0];
  const payload = (last?.["payload"] ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof payload[name] === "string" ? payload[name] : "");
  return { cwd: text("cwd"), model: text("model"), modelProvider: text("modelProvider") };
}

function relabelled({ timestamp, entry }: TimedEntry, threadId: string): TimedEntry {
  if (entry.type !== "notification") return { timestamp, entry };
  const { params } = entry.payload;
  const payload = { ...entry.payload, params: { ...params, threadId } } as typeof entry.payload;
  return { timestamp, entry: { ...entry, payload } };
}
