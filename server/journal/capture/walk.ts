// Looks at every file below a folder without reading any: what git ignores is left out, and so is version control itself.
import { lstatSync, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type IgnoreRules, isIgnored } from "../../files/gitignore.ts";
import { rulesAbove, rulesOf } from "../../files/list-files.ts";
import { inParallel } from "../../util/in-parallel.ts";
import { isInside } from "../../util/inside.ts";
import { slices } from "../../util/slices.ts";
import type { Row } from "./file-table.ts";

export type Walk =
  | { readonly kind: "whole"; readonly rows: Map<string, Row>; readonly rules: Map<string, IgnoreRules> }
  /** Ends the sentence "it was not watched: …". */
  | { readonly kind: "stopped"; readonly reason: string };

export interface WalkOptions {
  /** Aborted when there is no more time. */
  readonly signal: AbortSignal;
  readonly maxFiles: number;
  /** Folders that are not looked into. Real. */
  readonly closed: ReadonlySet<string>;
}

/** `root` is real. Never rejects: what cannot be looked at is not there. Links are not followed. */
export async function walk(root: string, { signal, maxFiles, closed }: WalkOptions): Promise<Walk> {
  const rows = new Map<string, Row>();
  const rules = new Map<string, IgnoreRules>();
  const queue: Folder[] = [{ path: root, above: await rulesAbove(root) }];
  const pace = { slowAnswers: 0, breathe: slices(sliceMs) };
  const running = new Set<Promise<void>>();
  const isOver = () => signal.aborted || rows.size > maxFiles;
  for (;;) {
    while (running.size < maxOpenFolders && !isOver()) {
      const folder = queue.pop();
      if (folder === undefined) break;
      if (closed.has(folder.path)) continue;
      const work = lookInto(folder, { queue, rows, rules, pace }).catch(() => undefined);
      const tracked: Promise<void> = work.finally(() => running.delete(tracked));
      running.add(tracked);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (rows.size > maxFiles) return { kind: "stopped", reason: `the workspace has more than ${maxFiles} files` };
  if (signal.aborted) return { kind: "stopped", reason: "looking at the workspace took too long" };
  return { kind: "whole", rows, rules };
}

/** Null: nothing is there, or nothing that has bytes. Rejects with the error of the file system when that is not known. */
export async function rowOf(path: string): Promise<Row | null> {
  const now = Date.now();
  try {
    return toRow(await fs.lstat(path), now);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

/** `lookedAt`: a moment before the look, in Unix milliseconds. Null for what is neither a regular file nor a link. */
export function toRow(stat: Stats, lookedAt: number): Row | null {
  if (!stat.isFile() && !stat.isSymbolicLink()) return null;
  const { size, mtimeMs, ctimeMs, birthtimeMs, ino, dev } = stat;
  const newest = Math.max(mtimeMs, ctimeMs);
  const tickMs = newest % 1000 === 0 ? coarseTickMs : fineTickMs;
  return {
    kind: stat.isFile() ? "file" : "link",
    ...{ size, mtimeMs, ctimeMs, birthtimeMs, ino, dev },
    mode: stat.mode & 0o7777,
    isSettled: newest < lookedAt - tickMs,
  };
}

/** Whether a walk that found these rules leaves the path out, which is below `root`. */
export function isLeftOut(path: string, root: string, rules: ReadonlyMap<string, IgnoreRules>): boolean {
  for (let at = path; at !== root && isInside(root, at); at = dirname(at)) {
    if (isVersionControl(basename(at))) return true;
    if (isIgnored(at, at !== path, nearest(dirname(at), root, rules))) return true;
  }
  return false;
}

/** A folder, or the file that says where it is. */
function isVersionControl(name: string): boolean {
  return name.toLowerCase() === ".git";
}

function nearest(folder: string, root: string, rules: ReadonlyMap<string, IgnoreRules>): IgnoreRules | null {
  for (let at = folder; ; at = dirname(at)) {
    const found = rules.get(at);
    if (found !== undefined || at === root || dirname(at) === at) return found ?? null;
  }
}

const maxOpenFolders = 16;
const filesAtATime = 32;
/** How long others wait at most while a disk is asked that answers at once. */
const sliceMs = 4;
const slowAnswerMs = 1;
/** Now and then it is only a pause of the collector. */
const maxSlowAnswers = 5;
// File systems of Linux stamp with the tick of the kernel, some others with whole seconds, FAT with two.
const fineTickMs = 50;
const coarseTickMs = 2_500;

interface Folder {
  readonly path: string;
  readonly above: IgnoreRules | null;
}

interface Found {
  readonly queue: Folder[];
  readonly rows: Map<string, Row>;
  readonly rules: Map<string, IgnoreRules>;
  readonly pace: { slowAnswers: number; breathe(): Promise<void> };
}

async function lookInto({ path: folder, above }: Folder, { queue, rows, rules, pace }: Found): Promise<void> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const ignore = await rulesOf(folder, new Set(entries.map(({ name }) => name)), above);
  if (ignore !== null) rules.set(folder, ignore);
  const files: string[] = [];
  for (const entry of entries) {
    if (isVersionControl(entry.name)) continue;
    const path = join(folder, entry.name);
    if (isIgnored(path, entry.isDirectory(), ignore)) continue;
    if (entry.isDirectory()) queue.push({ path, above: ignore });
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
  await lookAt(files, { rows, pace });
}

/** A disk that answers at once is asked so, in a quarter of the time; else nobody waits for it. */
async function lookAt(files: readonly string[], { rows, pace }: Pick<Found, "rows" | "pace">): Promise<void> {
  let at = 0;
  for (; at < files.length && pace.slowAnswers < maxSlowAnswers; at++) {
    const path = files[at] ?? "";
    const askedAt = performance.now();
    const row = rowAtOnce(path);
    if (performance.now() - askedAt > slowAnswerMs) pace.slowAnswers++;
    if (row !== null) rows.set(path, row);
    await pace.breathe();
  }
  await inParallel(files.slice(at), filesAtATime, async (path) => {
    const row = await rowOf(path).catch(() => null);
    if (row !== null) rows.set(path, row);
  });
}

function rowAtOnce(path: string): Row | null {
  const now = Date.now();
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? null : toRow(stat, now);
  } catch {
    // It cannot be looked at.
    return null;
  }
}
