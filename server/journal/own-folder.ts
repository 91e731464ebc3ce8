// The folders of the journal: their owner's alone, and never reached through a link that somebody put there.
import * as fs from "node:fs/promises";
import { join } from "node:path";

/** Below `home`, which itself may be wherever the person wants it. */
export async function makeOwnFolder(home: string, ...names: readonly string[]): Promise<string> {
  let path = home;
  await fs.mkdir(home, { recursive: true, mode: 0o700 });
  for (const name of names) {
    path = join(path, name);
    await fs.mkdir(path, { mode: 0o700 }).catch(unless("EEXIST"));
    await refuseLink(path);
  }
  return path;
}

/** False: it is not there. Rejects, with a sentence, where something else is in its place. */
export async function isOwnFolder(home: string, ...names: readonly string[]): Promise<boolean> {
  let path = home;
  for (const name of names) {
    path = join(path, name);
    if (!(await refuseLink(path))) return false;
  }
  return true;
}

/** Puts the names in a folder onto the disk itself. Where folders cannot be opened, the system sees to that alone. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await fs.open(path, "r").catch(() => null);
  try {
    await handle?.sync().catch(unless("EINVAL", "EPERM", "EISDIR", "EBADF"));
  } finally {
    await handle?.close();
  }
}

export function unless(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  };
}

async function refuseLink(path: string): Promise<boolean> {
  try {
    if ((await fs.lstat(path)).isDirectory()) return true;
  } catch (error) {
    unless("ENOENT")(error);
    return false;
  }
  throw new Error(`${path} is a link or a file where Belay keeps a folder of its own. Move it away.`);
}
