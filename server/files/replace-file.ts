// Gives a file new contents so that nobody ever finds half of them: written beside it, then put in its place.
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { realTarget } from "./paths.ts";

/**
 * `fill` writes the new contents to the path it is given, which it creates with the mode it is given. Links are followed
 * and stay. What must not be replaced (a device, a file with several names) or cannot (its directory takes no new files)
 * is written in place.
 */
export async function replaceFile(
  path: string,
  fill: (path: string, mode: number) => Promise<void>,
  options: { keepsMode: boolean },
): Promise<void> {
  const target = await realTarget(path, fs);
  const existing = await fs.lstat(target).catch(() => null);
  const isPlain = existing === null || (existing.isFile() && existing.nlink === 1);
  if (!isPlain) return fill(target, newFileMode);
  // To write in place would be refused, so that to replace it is no way around.
  if (existing !== null) await fs.access(target, fs.constants.W_OK);
  const temporary = temporaryBeside(target);
  try {
    // From its first byte on it is no more open than the file that it replaces.
    await fill(temporary, existing === null ? newFileMode : existing.mode & 0o777);
    if (existing !== null) {
      const { mode } = options.keepsMode ? existing : await fs.stat(temporary);
      await keepOwner(temporary, existing);
      await fs.chmod(temporary, mode & 0o7777);
    }
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    if (existing !== null && takesNoFiles.has((error as NodeJS.ErrnoException).code ?? "")) {
      return fill(target, newFileMode);
    }
    throw error;
  }
}

/** In the same directory, so that a rename is atomic. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.belay-${randomUUID()}.tmp`);
}

/** Whether a name is that of a file which is about to take its place: no news for who watches a directory. */
export function isTemporary(path: string): boolean {
  return /^\.belay-[\da-f-]{36}\.tmp$/.test(basename(path));
}

/** Before the umask. */
const newFileMode = 0o666;
const takesNoFiles = new Set(["EACCES", "EPERM", "EROFS"]);

async function keepOwner(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const own = await fs.stat(path);
  if (own.uid === uid && own.gid === gid) return;
  // Only root can give a file away; for others it becomes their own, as with any editor that writes like this.
  await fs.chown(path, uid, gid).catch(() => undefined);
}
