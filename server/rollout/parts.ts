// Which files, and how much of each, the history of a thread is in: its own, behind those that it was forked from.
import { open } from "node:fs/promises";
import { findBase } from "./files.ts";
import type { ThreadBase } from "./line.ts";
import { metaOf, readHead } from "./scan.ts";

export interface RolloutPart {
  readonly path: string;
  /** Bytes of it; Infinity: all. */
  readonly end: number;
}

/** Nobody forks so deep: what is deeper is damage. */
const maxDepth = 256;

/** The oldest first. What cannot be found or read is left out. Never rejects. */
export async function partsOf(home: string, path: string): Promise<RolloutPart[]> {
  const parts: RolloutPart[] = [{ path, end: Number.POSITIVE_INFINITY }];
  for (let at: string | null = path; at !== null && parts.length < maxDepth; ) {
    const base = await baseOf(at);
    at = base === null ? null : await findBase(home, base.threadId).catch(() => null);
    if (base !== null && at !== null) parts.unshift({ path: at, end: base.endByteOffset });
  }
  return parts;
}

async function baseOf(path: string): Promise<ThreadBase | null> {
  // Gone, or not to be read: then what it begins in is not known.
  const file = await open(path, "r").catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    return metaOf(await readHead(file, size))?.base ?? null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
