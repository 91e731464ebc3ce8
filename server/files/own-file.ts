// Writes a file of Belay's own as a whole: whatever happens, the old one is there or the new one.
import { createHash } from "node:crypto";
import { type WriteResult, writeFilesAtomically } from "./disk.ts";

const OWNER_ONLY = 0o600;

/**
 * `before` is the text that must be there now, null for no file. A new file is its owner's alone; an old one keeps its
 * mode, and a symbolic link stays one. Must not throw.
 */
export function replaceOwnFile(path: string, before: string | null, after: string): Promise<WriteResult> {
  const change = before === null ? ({ kind: "add" } as const) : ({ kind: "update", movePath: null } as const);
  const beforeHash = before === null ? null : createHash("sha256").update(before).digest("hex");
  return writeFilesAtomically([{ path, change, after, beforeHash }], { newFileMode: OWNER_ONLY });
}
