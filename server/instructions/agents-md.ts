// Instructions that people keep for agents: AGENTS.md in Belay's home, then in the thread's folder.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface InstructionFile {
  path: string;
  text: string;
}

/** Files that cannot be read are left out: a missing AGENTS.md is the normal case. `maxBytes` caps each file. */
export async function readInstructions(folders: readonly string[], maxBytes: number): Promise<InstructionFile[]> {
  const files = await Promise.all(folders.map((folder) => readOne(join(folder, "AGENTS.md"), maxBytes)));
  return files.filter((file) => file !== null);
}

async function readOne(path: string, maxBytes: number): Promise<InstructionFile | null> {
  if (maxBytes === 0) return null;
  try {
    const bytes = await readFile(path);
    const text = bytes.subarray(0, maxBytes).toString("utf8");
    return { path, text: bytes.length > maxBytes ? `${text}\n[cut: the file is ${bytes.length} bytes long]` : text };
  } catch {
    // Not there, or not readable: there are no instructions then.
    return null;
  }
}
