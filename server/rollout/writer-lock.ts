// One process at a time writes to a thread. Reading needs no lock.
import { join } from "node:path";
import { type FileLock, fileLock, type Processes } from "../util/file-lock.ts";

export type { Processes } from "../util/file-lock.ts";
export type WriterLock = FileLock;

/** `<home>/locks/<threadId>`. */
export function writerLock(home: string, threadId: string, processes: Processes): WriterLock {
  return fileLock(join(home, "locks", threadId), processes);
}
