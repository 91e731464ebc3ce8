// Keeps the journal within its bounds: what no log names any more goes, and where that is not enough the oldest changes
// lose their bytes. Safe beside other processes: they only ever add, and what they have just added is left alone.
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { lockOwnFile } from "../files/own-file.ts";
import type { Blob, BlobStore } from "./blobs.ts";
import type { Change } from "./change.ts";
import { lineIn } from "./log.ts";
import { isOwnFolder, unless } from "./own-folder.ts";
import { hashesIn, JournalState } from "./state.ts";

export interface Bounds {
  readonly maxBytes: number;
  readonly nowMs: number;
}

/** Between keeping bytes and naming them in a log. */
const youngMs = 60_000;
/** What somebody may be at right now. */
const recentMs = 24 * 60 * 60 * 1000;

interface Use {
  /** When the latest change that names it was made. */
  atMs: number;
  /** It stands nowhere else, or its turn may still run. */
  isNeeded: boolean;
}

/** Resolves with how many bytes were freed. */
export async function collectBlobs(home: string, blobs: BlobStore, { maxBytes, nowMs }: Bounds): Promise<number> {
  const lock = await lockOwnFile(join(home, "journal-blobs"));
  try {
    const found = await blobs.list();
    const uses = await usesIn(home, nowMs);
    const old = found.filter(({ modifiedAtMs }) => modifiedAtMs < nowMs - youngMs);
    let freed = 0;
    const remove = async (blob: Blob) => {
      if (await blobs.remove(blob, nowMs - youngMs)) freed += blob.size;
    };
    for (const blob of old) if (!uses.has(blob.hash)) await remove(blob);
    const kept = old.filter(({ hash }) => uses.get(hash)?.isNeeded === false);
    const oldestFirst = kept.toSorted((a, b) => (uses.get(a.hash)?.atMs ?? 0) - (uses.get(b.hash)?.atMs ?? 0));
    const total = found.reduce((sum, { size }) => sum + size, 0);
    for (const blob of oldestFirst) {
      if (total - freed <= maxBytes) break;
      await remove(blob);
    }
    return freed;
  } finally {
    lock.release();
  }
}

/**
 * The texts of all logs, by the name of their folder. Rejects where one is there and cannot be read: what it names must not
 * count as nobody's.
 */
export async function logsOf(home: string): Promise<Map<string, string>> {
  const logs = new Map<string, string>();
  if (!(await isOwnFolder(home, "journal"))) return logs;
  const root = join(home, "journal");
  for (const name of await fs.readdir(root)) {
    if (!/^[\da-f]{16}$/.test(name) || !(await isOwnFolder(home, "journal", name))) continue;
    try {
      logs.set(name, await fs.readFile(join(root, name, "changes.jsonl"), "utf8"));
    } catch (error) {
      unless("ENOENT")(error);
    }
  }
  return logs;
}

async function usesIn(home: string, nowMs: number): Promise<Map<string, Use>> {
  const uses = new Map<string, Use>();
  const add = (hash: string, use: Use) => {
    const known = uses.get(hash) ?? { atMs: 0, isNeeded: false };
    uses.set(hash, { atMs: Math.max(known.atMs, use.atMs), isNeeded: known.isNeeded || use.isNeeded });
  };
  for (const text of (await logsOf(home)).values()) {
    const state = new JournalState();
    for (const line of text.split("\n")) {
      const parsed = lineIn(line);
      if (parsed !== null) state.apply(parsed);
      // A line that we cannot read, perhaps of a newer Belay, may name any of them.
      else for (const [hash] of line.matchAll(/[\da-f]{64}/g)) add(hash, { atMs: nowMs, isNeeded: true });
    }
    const running = lastTurns(state.changes(), nowMs);
    for (const line of state.lines()) {
      const isChange = "source" in line;
      const isNeeded =
        line.type === "proposed" || line.type === "prepared" || (isChange && running.has(line.source.turnId ?? ""));
      for (const hash of hashesIn(line)) add(hash, { atMs: isChange ? line.atMs : nowMs - recentMs, isNeeded });
    }
  }
  return uses;
}

/** Of each thread, if it is recent: it may still run, in whichever process. */
function lastTurns(changes: readonly Change[], nowMs: number): Set<string> {
  const last = new Map<string, string>();
  for (const { source, atMs } of changes) {
    if (source.threadId !== null && source.turnId !== null && atMs > nowMs - recentMs) {
      last.set(source.threadId, source.turnId);
    }
  }
  return new Set(last.values());
}
