// What clients do with files through the server. Rejects with RpcError for what is asked wrongly, and with the error of
// the file system for everything else. Paths are absolute and normalised.
import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { copyRefused, fileTooLarge, notAFile, rootIsKept } from "../protocol/rpc/errors.ts";
import { isInside } from "../util/inside.ts";
import { readBounded } from "./disk-read.ts";
import { realTarget } from "./paths.ts";
import { replaceFile } from "./replace-file.ts";

/** In bytes. Rejects for what `readHostFile` would not read either. */
export async function hostFileSize(path: string): Promise<number> {
  const stat = await fs.stat(path);
  if (!stat.isFile()) throw notAFile(path);
  if (stat.size > maxReadBytes) throw fileTooLarge(maxReadBytes);
  return stat.size;
}

export async function readHostFile(path: string): Promise<Buffer> {
  // Before it is opened: to open a pipe waits for a writer, and to open a device can do anything.
  if (!(await fs.stat(path)).isFile()) throw notAFile(path);
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw notAFile(path);
    const bytes = await readBounded(handle, stat.size, maxReadBytes);
    if (bytes === null) throw fileTooLarge(maxReadBytes);
    return bytes;
  } finally {
    await handle.close();
  }
}

export async function writeHostFile(path: string, bytes: Uint8Array): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NONBLOCK ?? 0);
  const fill = async (place: string, mode: number) => {
    const handle = await fs.open(place, flags, mode);
    try {
      await handle.writeFile(bytes);
      await handle.sync().catch((error: NodeJS.ErrnoException) => {
        // A device or a pipe, which has nothing to sync.
        if (error.code !== "EINVAL") throw error;
      });
    } finally {
      await handle.close();
    }
  };
  await replaceFile(path, fill, { keepsMode: true });
}

export async function createHostDirectory(path: string, { recursive }: { recursive: boolean }): Promise<void> {
  await fs.mkdir(path, { recursive });
}

export interface HostMetadata {
  isDirectory: boolean;
  isFile: boolean;
  isSymlink: boolean;
  createdAtMs: number;
  modifiedAtMs: number;
}

export async function hostMetadata(path: string): Promise<HostMetadata> {
  const [target, own] = await Promise.all([fs.stat(path), fs.lstat(path)]);
  return {
    isDirectory: target.isDirectory(),
    isFile: target.isFile(),
    isSymlink: own.isSymbolicLink(),
    createdAtMs: Math.trunc(target.birthtimeMs),
    modifiedAtMs: Math.trunc(target.mtimeMs),
  };
}

export interface HostEntry {
  fileName: string;
  isDirectory: boolean;
  isFile: boolean;
}

export async function readHostDirectory(path: string): Promise<HostEntry[]> {
  const entries = await fs.readdir(path, { withFileTypes: true });
  const described = entries.map(async (entry): Promise<HostEntry | null> => {
    // What has gone since, or leads nowhere, is not there.
    const what = entry.isSymbolicLink() ? await fs.stat(join(path, entry.name)).catch(() => null) : entry;
    return what && { fileName: entry.name, isDirectory: what.isDirectory(), isFile: what.isFile() };
  });
  const known = (await Promise.all(described)).filter((entry) => entry !== null);
  return known.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1));
}

/** Links are removed, not what they lead to. `force`: nothing there is fine. */
export async function removeHostPath(path: string, options: { recursive: boolean; force: boolean }): Promise<void> {
  if (dirname(path) === path) throw rootIsKept(path);
  try {
    const isDirectory = (await fs.lstat(path)).isDirectory();
    if (!isDirectory) await fs.unlink(path);
    else if (options.recursive) await fs.rm(path, { recursive: true });
    else await fs.rmdir(path);
  } catch (error) {
    if (!options.force || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** A file takes the place of a file; a directory is merged into one; a link is copied as a link. */
export async function copyHostPath(
  source: string,
  destination: string,
  options: { recursive: boolean },
): Promise<void> {
  const stat = await fs.lstat(source);
  if (stat.isDirectory()) {
    if (!options.recursive) throw copyRefused("requires recursive: true when sourcePath is a directory");
    if (isInside(await fs.realpath(source), await realTarget(destination, fs))) {
      throw copyRefused("cannot copy a directory to itself or one of its descendants");
    }
    await fs.mkdir(dirname(destination), { recursive: true });
  }
  if (!(await copyEntry(source, destination, stat))) {
    throw copyRefused("only supports regular files, directories, and symlinks");
  }
}

// What a JSON string can hold is 512 MB; in base64, with room for the answer around it and memory for a copy or two.
const maxReadBytes = 256 * 1024 * 1024;

/** False when it is nothing that can be copied. */
async function copyEntry(source: string, destination: string, stat: Stats): Promise<boolean> {
  if (stat.isDirectory()) await copyDirectory(source, destination, stat);
  else if (stat.isSymbolicLink()) await fs.symlink(await fs.readlink(source), destination);
  else if (stat.isFile()) await copyFile(source, destination, stat);
  else return false;
  return true;
}

async function copyDirectory(source: string, destination: string, stat: Stats): Promise<void> {
  // No more open than the original, but we must be able to fill it.
  const mode = (stat.mode & 0o777) | 0o700;
  await fs.mkdir(destination, { mode }).catch(async (error: NodeJS.ErrnoException) => {
    const isThere = error.code === "EEXIST" && (await fs.stat(destination)).isDirectory();
    if (!isThere) throw error;
  });
  // Listed before anything is written, so that a copy into a parent does not meet itself.
  for (const name of await fs.readdir(source)) {
    await copyEntry(join(source, name), join(destination, name), await fs.lstat(join(source, name)));
  }
}

async function copyFile(source: string, destination: string, stat: Stats): Promise<void> {
  const existing = await fs.stat(destination).catch(() => null);
  // Under another name or through a link: to copy it would empty it first.
  if (existing !== null && existing.ino === stat.ino && existing.dev === stat.dev) return;
  const fill = (place: string) => fs.copyFile(source, place);
  if (existing === null) await fill(destination);
  else await replaceFile(destination, fill, { keepsMode: false });
}
