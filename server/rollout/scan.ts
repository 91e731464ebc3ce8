// Looks into a rollout for what a list shows: its first line, and the last of the lines that change what it says.
import { type FileHandle, open } from "node:fs/promises";
import type { Shown } from "./index-rows.ts";
import type { ListedMeta } from "./listed.ts";
import type { ThreadMeta } from "./line.ts";
import { parseLine } from "./reader.ts";

/** What is known of it from before; it is only ever appended to, so that reading goes on from there. */
export interface Scanned {
  scannedTo: number;
  /** Null: it is no rollout. */
  shown: Shown | null;
}

// Nearly every first line fits into it; a client's own instructions and tools make some very long.
export const headBytes = 16 * 1024;
export const maxMetaBytes = 16 * 1024 * 1024;
const readBytes = 256 * 1024;

/** `headOnly`: what does not come with the first line is left for later. Rejects when the file cannot be read. */
export async function scanRollout(
  path: string,
  { before, size, headOnly }: { before: Scanned | null; size: number; headOnly: boolean },
): Promise<Scanned> {
  const file = await open(path, "r");
  try {
    const head = await readHead(file, size);
    const meta = metaOf(head);
    if (meta === null) return { scannedTo: 0, shown: null };
    const isSame = before?.shown?.meta.id === meta.id && before.shown.meta.preview === meta.preview;
    const begin = isSame ? before : taken({ scannedTo: 0, shown: atFirst(meta) }, head);
    return headOnly ? begin : await scanOn(file, begin, size);
  } finally {
    await file.close();
  }
}

/** What was read is more than the first line, if that ends at all. */
export async function readHead(file: FileHandle, size: number): Promise<Buffer> {
  const head = await readAt(file, 0, Math.min(size, headBytes));
  if (head.includes(0x0a) || head.length < headBytes) return head;
  return readAt(file, 0, Math.min(size, maxMetaBytes));
}

export function metaOf(head: Buffer): ThreadMeta | null {
  const end = head.indexOf(0x0a);
  if (end === -1) return null;
  const parsed = parseLine(head.toString("utf8", 0, end));
  return parsed.kind === "line" && parsed.line.type === "threadMeta" ? parsed.line.payload : null;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** As the first line alone has it. */
function atFirst(meta: ThreadMeta): Shown {
  const { cwd, model, modelProvider } = meta;
  const settings = { cwd, model, modelProvider, reasoningEffort: null };
  return { meta: listedMeta(meta), metadata: { name: null, gitInfo: null }, settings };
}

export function listedMeta(meta: ThreadMeta): ListedMeta {
  const { id, createdAt, cliVersion, originator, source, preview, forkedFromId, threadSource } = meta;
  const baseId = meta.base === null ? {} : { baseId: meta.base.threadId };
  return { id, createdAt, cliVersion, originator, source, preview, forkedFromId, threadSource, ...baseId };
}

async function scanOn(file: FileHandle, begin: Scanned, size: number): Promise<Scanned> {
  let scanned = begin;
  let unfinished: Buffer[] = [];
  for (let position = begin.scannedTo; position < size; ) {
    const bytes = await readAt(file, position, Math.min(readBytes, size - position));
    // Cut short meanwhile: the next look sees it.
    if (bytes.length === 0) break;
    position += bytes.length;
    unfinished.push(bytes);
    if (!bytes.includes(0x0a)) continue;
    const lines = Buffer.concat(unfinished);
    const next = taken(scanned, lines);
    unfinished = [lines.subarray(next.scannedTo - scanned.scannedTo)];
    scanned = next;
  }
  return scanned;
}

/** With the whole lines in these bytes, which stand where `scannedTo` is. */
function taken({ scannedTo, shown }: Scanned, bytes: Buffer): Scanned {
  const end = bytes.lastIndexOf(0x0a) + 1;
  return { scannedTo: scannedTo + end, shown: withChanges(shown, bytes.subarray(0, end)) };
}

function withChanges(before: Shown | null, lines: Buffer): Shown | null {
  if (before === null) return null;
  const metadata = lastOf(lines, "metadata");
  const settings = lastOf(lines, "settings");
  return {
    meta: before.meta,
    metadata: metadata?.type === "metadata" ? metadata.payload : before.metadata,
    settings: settings?.type === "settings" ? { ...before.settings, ...readable(settings.payload) } : before.settings,
  };
}

/** The last readable line of this type. Most lines are never parsed. */
function lastOf(lines: Buffer, type: "metadata" | "settings"): ReturnType<typeof lineAt> {
  const mark = `"type":"${type}","payload":`;
  for (let at = lines.lastIndexOf(mark); at !== -1; at = lines.lastIndexOf(mark, at - 1)) {
    const line = lineAt(lines, at);
    if (line?.type === type) return line;
    if (at === 0) return null;
  }
  return null;
}

function lineAt(lines: Buffer, at: number) {
  const start = lines.lastIndexOf(0x0a, at) + 1;
  const parsed = parseLine(lines.toString("utf8", start, lines.indexOf(0x0a, at)));
  return parsed.kind === "line" ? parsed.line : null;
}

/** Settings may be another version's, or damaged: what has the right type holds. */
function readable(stored: Record<string, unknown>) {
  const { cwd, model, modelProvider, reasoningEffort } = stored;
  return {
    ...(typeof cwd === "string" ? { cwd } : {}),
    ...(typeof model === "string" ? { model } : {}),
    ...(typeof modelProvider === "string" ? { modelProvider } : {}),
    ...(typeof reasoningEffort === "string" || reasoningEffort === null ? { reasoningEffort } : {}),
  };
}
