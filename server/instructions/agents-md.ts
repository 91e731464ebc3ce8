// Instructions that people keep for agents: AGENTS.md in Belay's home, then in each folder of the thread.
import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isInside } from "../util/inside.ts";

export interface InstructionFile {
  path: string;
  text: string;
}

/** Files that cannot be read are left out: a missing AGENTS.md is the normal case. `maxBytes` caps each file. */
export async function readInstructions(
  { home, folders }: { home: string; folders: readonly string[] },
  maxBytes: number,
): Promise<InstructionFile[]> {
  const files = await Promise.all([
    readOne(home, { maxBytes, mayLinkOutside: true }),
    // A repository is not trusted: a link in it could send the model a key, or a device that never ends.
    ...folders.map((folder) => readOne(folder, { maxBytes, mayLinkOutside: false })),
  ]);
  return files.filter((file) => file !== null);
}

async function readOne(
  folder: string,
  { maxBytes, mayLinkOutside }: { maxBytes: number; mayLinkOutside: boolean },
): Promise<InstructionFile | null> {
  if (maxBytes === 0) return null;
  const path = join(folder, "AGENTS.md");
  try {
    const real = await realpath(path);
    if (!mayLinkOutside && !isInside(await realpath(folder), real)) return null;
    const text = await readText(real, maxBytes);
    return text === null ? null : { path, text };
  } catch {
    // Not there, or not readable: there are no instructions then.
    return null;
  }
}

/** Null for what is no regular file. */
async function readText(path: string, maxBytes: number): Promise<string | null> {
  // Without O_NONBLOCK, opening a named pipe waits for someone to write to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(maxBytes, stat.size)));
    // With `stream`, a character that the cap splits is left out.
    const text = new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true });
    return stat.size > maxBytes ? `${text}\n[cut: the file is ${stat.size} bytes long]` : text;
  } finally {
    await file.close();
  }
}
