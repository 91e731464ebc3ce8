// Finds and reads what the native server keeps of one thread: the newest of its files, and those that one begins in.
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readLines } from "../read-lines.ts";
import { MAX_LINE_BYTES } from "../reader.ts";
import { type Loose, numberOf, objectOf, parseJson, textOf } from "./loose.ts";

export interface NativeLine {
  timestamp: string;
  ordinal: number | null;
  type: string;
  payload: Loose;
}

export interface NativeThread {
  id: string;
  /** The first line of its newest file. */
  meta: Loose;
  /** All of its history in order, without the first line of each file. */
  lines: NativeLine[];
  /** What it is called, where the server's list of names is at hand. */
  name: string | null;
  isArchived: boolean;
  /** Lines that are none. */
  unreadable: number;
  /** What of the history is not here and why, in sentences. */
  missing: string[];
  /** The file that was read instead of the one that was named, because it is newer; null: it was that one. */
  readInstead: string | null;
}

const maxDepth = 256;
const folders = ["sessions", "archived_sessions"];
const namePattern = /^rollout-.+?-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_([0-9a-f-]{36}))?\.jsonl$/i;

interface NativeFile {
  path: string;
  threadId: string;
  /** Empty for the first file of a thread; the newer the greater. */
  segment: string;
}

/** Null when the file is none of the native server's. Rejects when it cannot be read. */
export async function readNative(path: string): Promise<NativeThread | null> {
  const named = await readPart(path, null);
  const meta = named.meta;
  const id = textOf(meta?.["id"]);
  if (meta === null || id === null) return null;
  const files = await filesBeside(path);
  const newest = newestOf(files, id);
  const other = newest !== null && newest.path !== path && isNewer(newest, path) ? newest.path : null;
  const own = other === null ? named : await readPart(other, null);
  const missing: string[] = [];
  const parts = [own];
  for (let base = baseOf(own.meta); base !== null; base = baseOf(parts[0]?.meta ?? null)) {
    const part: Part | null = parts.length < maxDepth ? await readBase(files, base, parts) : null;
    if (part === null) {
      missing.push(
        `The beginning of this thread is missing: it is in a file of the thread ${base.threadId}, which is not beside ${path}.`,
      );
      break;
    }
    parts.unshift(part);
  }
  return {
    id,
    meta: own.meta ?? meta,
    lines: parts.flatMap(({ lines }) => lines),
    name: await nameOf(homeOf(path), id),
    isArchived: (other ?? path).split(/[\\/]/).includes("archived_sessions"),
    unreadable: parts.reduce((sum, { unreadable }) => sum + unreadable, 0),
    missing,
    readInstead: other,
  };
}

interface Part {
  path: string;
  meta: Loose | null;
  lines: NativeLine[];
  unreadable: number;
}

interface Base {
  threadId: string;
  endOrdinal: number | null;
  endByteOffset: number;
}

function baseOf(meta: Loose | null): Base | null {
  const base = objectOf(meta?.["history_base"]);
  const threadId = textOf(base["thread_id"]);
  const endByteOffset = numberOf(base["end_byte_offset"]);
  if (threadId === null || endByteOffset === null) return null;
  return { threadId, endOrdinal: numberOf(base["end_ordinal_exclusive"]), endByteOffset };
}

/** A thread may have several files: the one is meant in which that byte stands behind that line. */
async function readBase(files: readonly NativeFile[], base: Base, later: readonly Part[]): Promise<Part | null> {
  const read = new Set(later.map(({ path }) => path));
  const candidates = files.filter(({ path, threadId }) => threadId === base.threadId && !read.has(path));
  for (const { path } of candidates.toSorted((a, b) => (a.segment < b.segment ? 1 : -1))) {
    const part = await readPart(path, base.endByteOffset);
    const last = part.lines.at(-1)?.ordinal;
    const fits = base.endOrdinal === null || last == null || last === base.endOrdinal - 1;
    if (part.meta !== null && fits && part.unreadable === 0) return part;
  }
  return null;
}

async function readPart(path: string, to: number | null): Promise<Part> {
  const part: Part = { path, meta: null, lines: [], unreadable: 0 };
  await readLines(
    path,
    ({ text }) => {
      if (text?.trim() === "") return;
      const line = objectOf(text === null ? null : parseJson(text));
      const { timestamp, type, payload } = line;
      if (typeof type !== "string" || typeof payload !== "object") part.unreadable++;
      else if (type === "session_meta" && part.meta === null) part.meta = objectOf(payload);
      else if (type !== "session_meta") {
        const place = { timestamp: textOf(timestamp) ?? "", ordinal: numberOf(line["ordinal"]) };
        part.lines.push({ ...place, type, payload: objectOf(payload) });
      }
    },
    { to, maxBytes: MAX_LINE_BYTES },
  );
  return part;
}

function isNewer(file: NativeFile, than: string): boolean {
  return file.segment > (namePattern.exec(basename(than))?.[2] ?? "");
}

function newestOf(files: readonly NativeFile[], id: string): NativeFile | null {
  const own = files.filter(({ threadId }) => threadId === id);
  return own.toSorted((a, b) => (a.segment < b.segment ? -1 : 1)).at(-1) ?? null;
}

/** In the home that the file is in, or else in its own folder. */
async function filesBeside(path: string): Promise<NativeFile[]> {
  const home = homeOf(path);
  const places = home === null ? [dirname(path)] : folders.map((folder) => join(home, folder));
  const found: NativeFile[] = [];
  for (const place of places) {
    const entries = await readdir(place, { recursive: home !== null, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const [, threadId, segment = ""] = namePattern.exec(entry.name) ?? [];
      if (entry.isFile() && threadId !== undefined) {
        found.push({ path: join(entry.parentPath, entry.name), threadId, segment });
      }
    }
  }
  return found;
}

/** Null when the file lies in no such home. */
function homeOf(path: string): string | null {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (folders.includes(basename(folder))) return dirname(folder);
  }
  return null;
}

/** The last one that was given. */
async function nameOf(home: string | null, id: string): Promise<string | null> {
  if (home === null) return null;
  const text = await readFile(join(home, "session_index.jsonl"), "utf8").catch(() => "");
  const rows = text.split("\n").map((line) => objectOf(parseJson(line)));
  return textOf(rows.findLast((row) => row["id"] === id)?.["thread_name"]);
}
