// Reads a rollout back. Never throws for what is in the file: a line that cannot be read is skipped and counted.
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { LineSplitter } from "../protocol/rpc/lines.ts";
import type { RolloutLine, ThreadMeta } from "./line.ts";

export interface RolloutContent {
  lines: RolloutLine[];
  /** Lines that were not readable: a torn tail after a crash, or damage. */
  unreadable: number;
}

/** Rejects only when the file itself cannot be read. */
export async function readRollout(path: string): Promise<RolloutContent> {
  const content: RolloutContent = { lines: [], unreadable: 0 };
  const take = (text: string) => {
    const line = parseLine(text);
    if (line !== null) content.lines.push(line);
    else if (text.trim() !== "") content.unreadable++;
  };
  const splitter = new LineSplitter(take);
  for await (const bytes of createReadStream(path)) splitter.push(bytes as Buffer);
  splitter.end();
  return content;
}

/** The first line alone, for lists. Null when there is none that makes sense. */
export async function readMeta(path: string): Promise<ThreadMeta | null> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(64 * 1024);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const end = head.subarray(0, bytesRead).indexOf(0x0a);
    const line = end === -1 ? null : parseLine(head.subarray(0, end).toString("utf8"));
    return line?.type === "threadMeta" ? line.payload : null;
  } finally {
    await file.close();
  }
}

function parseLine(text: string): RolloutLine | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("type" in value) || !("payload" in value)) return null;
    return typeof value.payload === "object" && value.payload !== null ? (value as RolloutLine) : null;
  } catch {
    // Counted by the caller.
    return null;
  }
}
