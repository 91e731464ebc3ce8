// A thread as `belay threads export --format json` writes it, and back. Pure.
import * as z from "zod";
import type { ReadLine, RolloutEntry } from "../line.ts";
import { livingLines } from "../living-lines.ts";
import { parseLine } from "../reader.ts";
import { type ImportedThread, type ImportOptions, LeftOut, type TimedEntry } from "./imported.ts";

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

/** Null when no line says whose thread it is. `threadId`: null keeps its own. */
export function convertExported(
  { lines }: ExportedThread,
  threadId: string | null,
  { settings }: Pick<ImportOptions, "settings">,
): ImportedThread | null {
  const leftOut = new LeftOut();
  let meta: ImportedThread["meta"] | null = null;
  const entries: TimedEntry[] = [];
  for (const [ordinal, line] of lines.entries()) {
    const parsed = parseLine(JSON.stringify({ ...line, ordinal }));
    if (parsed.kind !== "line") {
      leftOut.add(typeof line["type"] === "string" ? `line ${line["type"]}` : "unreadable line");
      continue;
    }
    const { timestamp, ordinal: _, ...entry } = parsed.line;
    if (entry.type === "threadMeta") meta ??= { ...entry.payload, id: threadId ?? entry.payload.id, base: null };
    else if (entry.type !== "settings") entries.push({ timestamp, entry: relabelled(entry, threadId) });
  }
  if (meta === null) return null;
  const { cwd, model, modelProvider } = settings;
  const first = entries[0]?.timestamp ?? new Date(meta.createdAt * 1000).toISOString();
  return {
    meta: { ...meta, cwd, model, modelProvider },
    entries: [{ timestamp: first, entry: { type: "settings", payload: settings } }, ...entries],
    isArchived: false,
    leftOut: leftOut.counts,
    notes: [],
  };
}

/** What the file says of where and with what the thread went on last. */
export function exportedSetting({ lines }: ExportedThread): { cwd: string; model: string; modelProvider: string } {
  const last = lines.findLast(({ type }) => type === "settings") ?? lines[0];
  const payload = (last?.["payload"] ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof payload[name] === "string" ? payload[name] : "");
  return { cwd: text("cwd"), model: text("model"), modelProvider: text("modelProvider") };
}

function relabelled(entry: RolloutEntry, threadId: string | null): RolloutEntry {
  if (threadId === null || entry.type !== "notification") return entry;
  const { params } = entry.payload;
  return { ...entry, payload: { ...entry.payload, params: { ...params, threadId } } as typeof entry.payload };
}
