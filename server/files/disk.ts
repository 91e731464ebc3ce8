// Writes a set of changes to the disk as one. Beside `disk-read.ts`, nothing else here touches the disk.
import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorText, readRegularFile } from "./disk-read.ts";
import { type Encoding, encode, nameOf } from "./encoding.ts";
import { realTarget } from "./paths.ts";
import { temporaryBeside } from "./replace-file.ts";

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
  | { readonly ok: false; readonly message: string };

/**
 * All or nothing: no file is touched unless each still holds what the plan saw, and when one write fails, those before
 * it are taken back. Must not throw.
 */
export async function writeFilesAtomically(
  writes: readonly FileWrite[],
  options: WriteOptions = {},
): Promise<WriteResult> {
  const targets: Target[] = [];
  for (const write of writes) {
    const target = await preflight(write);
    if (!target.ok) return { ok: false, message: `${target.message} Nothing was written.` };
    targets.push(target.value);
  }
  const paths = targets.flatMap(({ from, to }) => (from === to ? [to] : [from, to]));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined)
    return fail(`${twice} would be written twice, through a symbolic link. Nothing was written.`);
  const barred = paths.find((path) => options.permits?.(path) === false);
  if (barred !== undefined) return fail(`${barred} is not where the change was approved for. Nothing was written.`);
  const undo: Undo[] = [];
  for (const target of targets) {
    try {
      await perform(target, undo, options.newFileMode);
    } catch (error) {
      const left = (await takeBack(undo)) ?? "Nothing was changed: the files written before it are as they were.";
      return { ok: false, message: `Could not write ${target.to}: ${errorText(error)}. ${left}` };
    }
  }
  return { ok: true, paths, takeBack: () => takeBack(undo.splice(0)) };
}

/** Both paths are real, and equal unless the file moves. */
interface Target {
  readonly from: string;
  readonly to: string;
  readonly after: Uint8Array | null;
  readonly existing: Existing | null;
  /** A move that only changes the case of the name, on a file system that ignores case. */
  readonly isSameEntry: boolean;
}

interface Existing {
  readonly bytes: Uint8Array;
  readonly stat: Stats;
}

interface Undo {
  readonly path: string;
  run(): Promise<void>;
}

type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

async function preflight(write: FileWrite): Promise<Step<Target>> {
  const { path, change } = write;
  const movePath = change.kind === "update" ? change.movePath : null;
  const encoding = write.encoding ?? "utf8";
  const after = typeof write.after === "string" ? encode(write.after, encoding) : write.after;
  if (after === null && write.after !== null) {
    return fail(`${path} is ${nameOf(encoding)}, which cannot spell its new text.`);
  }
  try {
    const existing = await unlessMissing(readExisting(path));
    const hash = existing && createHash("sha256").update(existing.bytes).digest("hex");
    if (hash !== write.beforeHash)
      return fail(`${path} is no longer what it was when the change was prepared. Read it again.`);
    const isRemoved = after === null || movePath !== null;
    if (isRemoved && (await isLink(path))) return fail(`${path} is a symbolic link. Remove it with a command.`);
    const from = await realTarget(path, fs);
    if (movePath === null) return { ok: true, value: { from, to: from, after, existing, isSameEntry: false } };
    const taken = await unlessMissing(fs.lstat(movePath));
    const isSameEntry = taken !== null && existing !== null && isSameFile(taken, existing.stat) && taken.nlink === 1;
    if (taken !== null && !isSameEntry) return fail(`${movePath} is there already. Choose another name.`);
    const to = join(await realTarget(dirname(movePath), fs), basename(movePath));
    return { ok: true, value: { from, to, after, existing, isSameEntry } };
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

async function perform(
  { from, to, after, existing, isSameEntry }: Target,
  undo: Undo[],
  newFileMode?: number,
): Promise<void> {
  if (after === null) return remove(from, existing, undo);
  if (from === to) return put(to, after, existing, { replaces: existing, undo, newFileMode });
  if (isSameEntry) {
    await put(from, after, existing, { replaces: existing, undo });
    await fs.rename(from, to);
    undo.push({ path: from, run: () => fs.rename(to, from) });
    return;
  }
  await put(to, after, existing, { replaces: null, undo });
  await remove(from, existing, undo);
}

/** `like` gives mode and owner; `replaces` is what the undo puts back, null when nothing may be there. */
async function put(
  path: string,
  bytes: Uint8Array,
  like: Existing | null,
  { replaces, undo, newFileMode }: { replaces: Existing | null; undo: Undo[]; newFileMode?: number | undefined },
): Promise<void> {
  await makeDirectory(dirname(path), undo);
  const temporary = await writeTemporary(path, bytes, like?.stat ?? null, newFileMode);
  try {
    if (replaces === null && (await unlessMissing(fs.lstat(path))) !== null) throw new Error("a file is there already");
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
  const written = await fs.lstat(path);
  undo.push({
    path,
    async run() {
      if (!isUntouched(await fs.lstat(path), written)) throw new Error("it was changed since");
      await (replaces === null ? fs.unlink(path) : restore(path, replaces));
    },
  });
}

async function remove(path: string, existing: Existing | null, undo: Undo[]): Promise<void> {
  await fs.unlink(path);
  if (existing === null) return;
  undo.push({
    path,
    async run() {
      if ((await unlessMissing(fs.lstat(path))) !== null) throw new Error("another file is there by now");
      await restore(path, existing);
    },
  });
}

async function restore(path: string, { bytes, stat }: Existing): Promise<void> {
  await fs.rename(await writeTemporary(path, bytes, stat), path);
}

async function makeDirectory(path: string, undo: Undo[]): Promise<void> {
  if ((await unlessMissing(fs.stat(path))) !== null) return;
  await makeDirectory(dirname(path), undo);
  await fs.mkdir(path);
  undo.push({ path, run: () => fs.rmdir(path) });
}

/** Beside the file that it will become. Leaves nothing behind when it fails. */
async function writeTemporary(
  target: string,
  bytes: Uint8Array,
  like: Stats | null,
  newFileMode?: number,
): Promise<string> {
  const path = temporaryBeside(target);
  const handle = await fs.open(path, "wx", newFileMode);
  try {
    await handle.writeFile(bytes);
    if (like !== null) await keepOwnerAndMode(handle, like);
    await handle.sync();
  } catch (error) {
    await fs.rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return path;
}

async function keepOwnerAndMode(handle: fs.FileHandle, like: Stats): Promise<void> {
  const own = await handle.stat();
  // Only root can give a file away; for others the file becomes their own, as with any editor that writes atomically.
  if (own.uid !== like.uid || own.gid !== like.gid) await handle.chown(like.uid, like.gid).catch(() => undefined);
  await handle.chmod(like.mode & 0o7777);
}

async function takeBack(undo: readonly Undo[]): Promise<string | null> {
  const left: string[] = [];
  for (const { path, run } of undo.toReversed()) {
    try {
      await run();
    } catch (error) {
      left.push(`${path} (${errorText(error)})`);
    }
  }
  if (left.length === 0) return null;
  return `These could not be put back and are left changed: ${left.join(", ")}.`;
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function isUntouched(now: Stats, then: Stats): boolean {
  return isSameFile(now, then) && now.size === then.size && now.mtimeMs === then.mtimeMs;
}

async function isLink(path: string): Promise<boolean> {
  return (await unlessMissing(fs.lstat(path)))?.isSymbolicLink() ?? false;
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function fail(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
