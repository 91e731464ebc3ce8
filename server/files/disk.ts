// Writes a set of changes to the disk as one: looks at all files, stages all new contents beside them, and only then
// puts each in its place by a rename. Whoever is killed on the way leaves of each file the old one or the new one.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { inParallel } from "../util/in-parallel.ts";
import { KeyedTurns } from "../util/keyed-turns.ts";
import {
  clear,
  commit,
  type Existing,
  isSameFile,
  removeFolders,
  StaleError,
  stage,
  type Target,
  takeBack,
  type Undo,
  unlessMissing,
} from "./disk-commit.ts";
import { errorText, readRegularFile } from "./disk-read.ts";
import { type Encoding, encode, nameOf } from "./encoding.ts";
import { staysIn, turnsOf } from "./name-turns.ts";
import { realTarget } from "./paths.ts";

/** A `FilePlan` is one of these; so is what takes a plan back. */
export interface FileWrite {
  /** Absolute, like `movePath`. */
  readonly path: string;
  readonly change: { readonly kind: "add" | "delete" } | { readonly kind: "update"; readonly movePath: string | null };
  /** A text is written in `encoding`, bytes as they are; null to delete the file. */
  readonly after: string | Uint8Array | null;
  /** Absent: UTF-8. */
  readonly encoding?: Encoding;
  /** SHA-256 (hex) of the bytes that must be there now; null when nothing must be there. */
  readonly beforeHash: string | null;
}

export interface WriteOptions {
  /** Asked for every real path right before the first write. False refuses all: a link moved since the approval. */
  permits?(realPath: string): boolean;
  /** Permission bits of a file that was not there before. Absent: as the user's umask has it. */
  readonly newFileMode?: number;
}

export type WriteResult =
  | {
      readonly ok: true;
      /** Every real path that was written or removed. */
      readonly paths: readonly string[];
      /**
       * Makes all of it undone, for who finds that a step behind it fails. What others have changed since stays theirs.
       * Null when everything is as it was, else a sentence on what is not. Must not throw.
       */
      takeBack(): Promise<string | null>;
    }
  | {
      readonly ok: false;
      readonly message: string;
      /** A file is not what the plan saw: to plan anew may help. */
      readonly isStale?: boolean;
    };

/**
 * All or nothing: no file is touched unless each still holds what the plan saw, and when one write fails, those before
 * it are taken back. Must not throw.
 */
export async function writeFilesAtomically(
  writes: readonly FileWrite[],
  options: WriteOptions = {},
): Promise<WriteResult> {
  const looked = await inParallel(writes, atATime, preflight);
  const failed = looked.find((target) => !target.ok);
  if (failed !== undefined && !failed.ok) return { ...failed, message: `${failed.message} Nothing was written.` };
  const targets = inTurn(looked.flatMap((target) => (target.ok ? [target.value] : [])));
  const paths = targets.flatMap(({ from, to }) => (from === to ? [to] : [from, to]));
  const seen = new Set<string>();
  const twice = paths.find((path) => seen.size === seen.add(path).size);
  if (twice !== undefined)
    return fail(`${twice} would be written twice, through a symbolic link. Nothing was written.`);
  const barred = paths.find((path) => options.permits?.(path) === false);
  if (barred !== undefined) return fail(`${barred} is not where the change was approved for. Nothing was written.`);
  const staying = await findStaying(targets);
  if (staying !== null) return fail(`${staying} Nothing was written.`);
  const undo: Undo[] = [];
  const problem = await writeAll(targets, undo, options.newFileMode);
  if (problem === null) return { ok: true, paths, takeBack: () => takeBack(undo.splice(0)) };
  const left = (await takeBack(undo)) ?? "Nothing was changed: the files written before it are as they were.";
  return { ...problem, message: `${problem.message} ${left}` };
}

/** Files that are looked at or staged side by side: the disk is what they wait for. */
const atATime = 16;

type Failure = Extract<WriteResult, { ok: false }>;

function failure(path: string, error: unknown): Failure {
  const message = `Could not write ${path}: ${errorText(error)}.`;
  return { ok: false, message, ...(error instanceof StaleError ? { isStale: true } : {}) };
}

/** Null when all is written; else what could not be. */
async function writeAll(targets: readonly Target[], undo: Undo[], newFileMode?: number): Promise<Failure | null> {
  const staged = await stage(targets, undo, { atATime, newFileMode });
  if (!staged.ok) return failure(staged.path, staged.error);
  // Between its last look at a file and its step nobody else of this process comes.
  const leave = await committing.enter([...new Set(targets.flatMap(({ from, to }) => [from, to]))]);
  try {
    for (const { target, run } of stepsOf(targets, staged.temporaries, undo)) {
      try {
        await run();
      } catch (error) {
        await staged.discard();
        return failure(target.to, error);
      }
    }
  } finally {
    leave();
  }
  await staged.settle();
  return null;
}

const committing = new KeyedTurns();

interface Step {
  readonly target: Target;
  run(): Promise<void>;
}

/** What is in the way of others goes before the first of them comes. */
function stepsOf(targets: readonly Target[], staged: Parameters<typeof commit>[1], undo: Undo[]): Step[] {
  const first = targets.filter(({ goesFirst }) => goesFirst);
  const folders = targets.filter(({ isFolder }) => isFolder);
  return [
    ...first.map((target) => ({ target, run: () => clear(target, undo) })),
    ...folders.map((target) => ({ target, run: () => removeFolders(target.to, undo) })),
    ...targets.map((target) => ({ target, run: () => commit(target, staged, undo) })),
  ];
}

/** Knowing which of them are in the way of which. */
function inTurn(targets: readonly Target[]): readonly Target[] {
  const turns = turnsOf(targets, ({ from, to, after, isSameEntry }) => ({
    leaves: after === null || (from !== to && !isSameEntry) ? from : null,
    comes: after === null ? null : to,
  }));
  if (turns.length === 0) return targets;
  const first = new Set(turns.map((turn) => turn.first));
  const blockers = new Map(turns.flatMap(({ first, next, left }) => (left === "place" ? [[next, first.from]] : [])));
  return targets.map((target) => ({
    ...target,
    goesFirst: first.has(target),
    blocker: blockers.get(target) ?? null,
  }));
}

/** What somebody else has in a folder where a file is to be, as a sentence. */
async function findStaying(targets: readonly Target[]): Promise<string | null> {
  const going = new Set(targets.flatMap(({ goesFirst, from }) => (goesFirst ? [from] : [])));
  for (const { to, isFolder } of targets) {
    const staying = isFolder ? await staysIn(to, going) : null;
    if (staying !== null) return `${to} cannot be written: it is a directory, and ${staying} is in it.`;
  }
  return null;
}

type Look<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly isStale?: boolean };

async function preflight(write: FileWrite): Promise<Look<Target>> {
  const { path, change } = write;
  const movePath = change.kind === "update" ? change.movePath : null;
  const encoding = write.encoding ?? "utf8";
  const after = typeof write.after === "string" ? encode(write.after, encoding) : write.after;
  if (after === null && write.after !== null) {
    return fail(`${path} is ${nameOf(encoding)}, which cannot spell its new text.`);
  }
  try {
    const isFolder = change.kind === "add" && (await isDirectory(path));
    const existing = isFolder ? null : await unlessMissing(readExisting(path));
    const hash = existing && createHash("sha256").update(existing.bytes).digest("hex");
    if (hash !== write.beforeHash) {
      const message = `${path} is no longer what it was when the change was prepared. Read it again.`;
      return { ok: false, message, isStale: true };
    }
    const isRemoved = after === null || movePath !== null;
    if (isRemoved && (await isLink(path))) return fail(`${path} is a symbolic link. Remove it with a command.`);
    const from = await realTarget(path, fs);
    const shared = { from, after, existing, goesFirst: false, blocker: null };
    if (movePath === null) return { ok: true, value: { ...shared, to: from, isSameEntry: false, isFolder } };
    const taken = await unlessMissing(fs.lstat(movePath));
    const isSameEntry = taken !== null && existing !== null && isSameFile(taken, existing.stat) && taken.nlink === 1;
    const isTaken = taken !== null && !isSameEntry && !taken.isDirectory();
    if (isTaken) return fail(`${movePath} is there already. Choose another name.`);
    const to = join(await realTarget(dirname(movePath), fs), basename(movePath));
    return { ok: true, value: { ...shared, to, isSameEntry, isFolder: taken?.isDirectory() ?? false } };
  } catch (error) {
    return fail(`${path} cannot be changed (${errorText(error)}).`);
  }
}

/** Rejects for a file that we could replace but not write into: its permissions mean that it is to stay as it is. */
async function readExisting(path: string): Promise<Existing> {
  const file = await readRegularFile(path);
  if (!file.ok) throw new Error(file.reason.replace(/\. .*$/s, ""));
  await fs.access(path, constants.W_OK);
  return file;
}

async function isLink(path: string): Promise<boolean> {
  return (await unlessMissing(fs.lstat(path)))?.isSymbolicLink() ?? false;
}

/** Not a link to one. */
async function isDirectory(path: string): Promise<boolean> {
  return (await unlessMissing(fs.lstat(path)))?.isDirectory() ?? false;
}

function fail(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
