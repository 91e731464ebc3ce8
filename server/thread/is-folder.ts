// Whether a thread can work somewhere.
import { stat } from "node:fs/promises";
import { goneFolder } from "../protocol/rpc/errors.ts";

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there, or not to be seen: no place for a thread.
    return false;
  }
}

/** Throws RpcError when the folder of a thread is gone: nothing could run in it. */
export async function checkFolder(path: string): Promise<void> {
  if (!(await isFolder(path))) throw goneFolder(path);
}
