// The steps of a set of writes: contents are staged under names of their own, then each takes its place, and each such
// step knows how to be undone.
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { inParallel } from "../util/in-parallel.ts";
import { errorText } from "./disk-read.ts";
import { temporaryBeside } from "./replace-file.ts";

/** Both paths are real, and equal unless the file moves. */
export interface Target {
  readonly from: string;
  readonly to: string;
  readonly after: Uint8Array | null;
  /** What is at `from`, when it was looked at. */
  readonly existing: Existing | null;
  /** A move that only changes the case of the name, on a file system that ignores case. */
  readonly isSameEntry: boolean;
  /** A folder is at `to`, of which the set takes all that is in it. */
  readonly isFolder: boolean;
  /** Others need its name: it goes before anything comes. */
  readonly goesFirst: boolean;
  /** The file that is where a folder on the way to `to` is to be. It goes first. */
  readonly blocker: string | null;
}

export interface Existing {
  readonly bytes: Uint8Array;
  readonly stat: Stats;
}

export interface Undo {
  readonly path: string;
  /** Rejects when it cannot, among others because somebody else has changed what is there. */
  run(): Promise<void>;
}

/** Somebody else was at work there since the files were looked at. */
export class StaleError extends Error {}

/** Contents on disk that nobody sees yet. */
interface Temporary {
  readonly path: string;
  readonly stat: Stats;
}

type Staged =
  | {
      readonly ok: true;
      readonly temporaries: Map<Target, Temporary>;
      /** Removes what has not found its place. */
      discard(): Promise<void>;
      /** Waits until the disk itself has the names, as far as it can be asked to. */
      settle(): Promise<void>;
    }
  | { readonly ok: false; readonly path: string; readonly error: unknown };

/** Writes all contents to the disk, beside where they belong. Leaves no file behind when one of them fails. */
export async function stage(
  targets: readonly Target[],
  undo: Undo[],
  { atATime, newFileMode }: { atATime: number; newFileMode: number | undefined },
): Promise<Staged> {
  const temporaries = new Map<Target, Temporary>();
  const discard = async () => {
    for (const { path } of temporaries.values()) await fs.rm(path, { force: true });
  };
  let at = "";
  try {
    for (const { to, after, blocker } of targets) {
      at = to;
      if (after !== null && blocker === null) await makeDirectory(dirname(to), undo);
    }
    await inParallel(targets, atATime, async (target) => {
      if (target.after === null) return;
      const like = target.existing?.stat ?? null;
      try {
        const beside = target.blocker ?? target.to;
        temporaries.set(target, await writeTemporary(beside, target.after, { like, newFileMode }));
      } catch (error) {
        at = target.to;
        throw error;
      }
    });
  } catch (error) {
    await discard();
    return { ok: false, path: at, error };
  }
  const settle = async () => {
    const places = new Set(targets.flatMap(({ from, to }) => [dirname(from), dirname(to)]));
    await inParallel([...places], atATime, syncDirectory);
  };
  return { ok: true, temporaries, discard, settle };
}

/** Makes room for others of the set. */
export async function clear({ from, existing }: Target, undo: Undo[]): Promise<void> {
  await expectUntouched(from, existing);
  await remove(from, existing, undo);
}

/** Folders alone: rejects when there is anything else in them. */
export async function removeFolders(path: string, undo: Undo[]): Promise<void> {
  for (const entry of await fs.readdir(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (!entry.isDirectory()) throw new StaleError(`${below} was put there at that moment`);
    await removeFolders(below, undo);
  }
  const mode = (await fs.stat(path)).mode & 0o7777;
  await fs.rmdir(path);
  const run = async () => {
    await fs.mkdir(path);
    await fs.chmod(path, mode);
  };
  undo.push({ path, run });
}

/** Puts one file of the set in its place. */
export async function commit(target: Target, staged: Map<Target, Temporary>, undo: Undo[]): Promise<void> {
  const { from, to, existing, isSameEntry, goesFirst, blocker } = target;
  const temporary = staged.get(target);
  if (blocker !== null) await makeDirectory(dirname(to), undo);
  if (!goesFirst) await expectUntouched(from, existing);
  if (temporary === undefined) return goesFirst ? undefined : remove(from, existing, undo);
  if (from === to || isSameEntry) await put(from, temporary, { replaces: existing, undo });
  else await put(to, temporary, { replaces: null, undo });
  staged.delete(target);
  if (from === to || goesFirst) return;
  if (!isSameEntry) return remove(from, existing, undo);
  await fs.rename(from, to);
  undo.push({ path: from, run: () => fs.rename(to, from) });
}

/** Null when everything is as it was, else a sentence on what is not. */
export async function takeBack(undo: readonly Undo[]): Promise<string | null> {
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

export function isSameFile(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

export async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw error;
  }
}

/** All files were looked at before the first was staged: what happened since is only seen here. */
async function expectUntouched(path: string, existing: Existing | null): Promise<void> {
  const now = await unlessMissing(fs.lstat(path));
  if (existing === null ? now !== null : now === null || !isUntouched(now, existing.stat)) {
    throw new StaleError(existing === null ? "a file is there already" : "it was changed at that moment");
  }
  if ((await fs.realpath(dirname(path))) !== dirname(path)) throw new StaleError("its folder was moved at that moment");
}

/** `replaces` is what the undo puts back, null when nothing may be there. */
async function put(
  path: string,
  temporary: Temporary,
  { replaces, undo }: { replaces: Existing | null; undo: Undo[] },
): Promise<void> {
  if (replaces === null) await putNew(path, temporary);
  else await fs.rename(temporary.path, path);
  undo.push({
    path,
    async run() {
      if (!isUntouched(await fs.lstat(path), temporary.stat)) throw new Error("it was changed since");
      await (replaces === null ? fs.unlink(path) : restore(path, replaces));
    },
  });
}

/** Never over a file that somebody else puts there at that moment: a second name can only be new, other than a rename. */
async function putNew(path: string, temporary: Temporary): Promise<void> {
  await expectUntouched(path, null);
  try {
    await fs.link(temporary.path, path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new StaleError("a file is there already");
    // Not every file system knows hard links.
    return fs.rename(temporary.path, path);
  }
  // It is in its place, whatever becomes of its first name.
  await fs.unlink(temporary.path).catch(() => undefined);
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
  const temporary = await writeTemporary(path, bytes, { like: stat });
  try {
    await fs.rename(temporary.path, path);
  } catch (error) {
    await fs.rm(temporary.path, { force: true });
    throw error;
  }
}

async function makeDirectory(path: string, undo: Undo[]): Promise<void> {
  if ((await unlessMissing(fs.stat(path))) !== null) return;
  await makeDirectory(dirname(path), undo);
  await fs.mkdir(path);
  undo.push({ path, run: () => fs.rmdir(path) });
}

/** Beside the file that it will become, and like it from its first byte on. Leaves nothing behind when it fails. */
async function writeTemporary(
  target: string,
  bytes: Uint8Array,
  { like, newFileMode }: { like: Stats | null; newFileMode?: number | undefined },
): Promise<Temporary> {
  const path = temporaryBeside(target);
  const handle = await fs.open(path, "wx", like === null ? newFileMode : like.mode & 0o777);
  try {
    await handle.writeFile(bytes);
    if (like !== null) await keepOwnerAndMode(handle, like);
    await handle.sync();
    return { path, stat: await handle.stat() };
  } catch (error) {
    await fs.rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function keepOwnerAndMode(handle: fs.FileHandle, like: Stats): Promise<void> {
  const own = await handle.stat();
  // Only root can give a file away; for others the file becomes their own, as with any editor that writes atomically.
  if (own.uid !== like.uid || own.gid !== like.gid) await handle.chown(like.uid, like.gid).catch(() => undefined);
  await handle.chmod(like.mode & 0o7777);
}

/** A rename is on the disk for good once its directory is. Where that cannot be asked for, the system does it in time. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Not every system opens or syncs directories, and one may be gone by now.
  }
}

function isUntouched(now: Stats, then: Stats): boolean {
  return isSameFile(now, then) && now.size === then.size && now.mtimeMs === then.mtimeMs;
}
