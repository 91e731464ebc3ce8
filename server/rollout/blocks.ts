// The text of a rollout in blocks of whole lines: for who looks for something in it, and reads few of the lines.
import { createReadStream } from "node:fs";

const blockBytes = 256 * 1024;

/** What stands behind the last line feed is the last block. `end`: bytes of it that count. Rejects when it cannot be read. */
export async function* blocksOf(
  path: string,
  { end, signal }: { end: number; signal: AbortSignal },
): AsyncGenerator<string> {
  if (end <= 0) return;
  let unfinished: Buffer[] = [];
  for await (const bytes of createReadStream(path, { end: end - 1, highWaterMark: blockBytes, signal })) {
    const read = bytes as Buffer;
    const at = read.lastIndexOf(0x0a) + 1;
    if (at > 0) {
      yield textOf([...unfinished, read.subarray(0, at)]);
      unfinished = [];
    }
    if (at < read.length) unfinished.push(read.subarray(at));
  }
  if (unfinished.length > 0) yield textOf(unfinished);
}

function textOf(parts: readonly Buffer[]): string {
  return parts.length === 1 && parts[0] !== undefined
    ? parts[0].toString("utf8")
    : Buffer.concat(parts).toString("utf8");
}
