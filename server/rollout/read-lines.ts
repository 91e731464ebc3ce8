// Reads a file line by line, and says where in it each line stands.
import { createReadStream } from "node:fs";

export interface FileLine {
  /** Without its line feed. Null: it is longer than what is read. */
  text: string | null;
  /** Of its first byte. */
  start: number;
  /** Behind its line feed, where it has one. */
  end: number;
  /** False for what stands at the end without a line feed: it may still be being written. */
  isWhole: boolean;
}

const chunkBytes = 1024 * 1024;
const lineFeed = 0x0a;
const byteOrderMark = "\uFEFF";

/** Up to the byte `to`, exclusive; null: to the end. Rejects when the file cannot be read. */
export async function readLines(
  path: string,
  take: (line: FileLine) => void,
  { to, maxBytes }: { to: number | null; maxBytes: number },
): Promise<void> {
  if (to === 0) return;
  let parts: Buffer[] = [];
  let start = 0;
  let position = 0;
  const finish = (part: Buffer, end: number, isWhole: boolean) => {
    const isTooLong = end - start > maxBytes;
    const text = isTooLong ? null : textOf(parts.length === 0 ? part : Buffer.concat([...parts, part]));
    parts = [];
    take({ text, start, end, isWhole });
    start = end;
  };
  const stream = createReadStream(path, { highWaterMark: chunkBytes, ...(to === null ? {} : { end: to - 1 }) });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
      finish(chunk.subarray(from, at), position + at + 1, true);
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    position += chunk.length;
    if (position - start > maxBytes) parts = [];
  }
  if (position > start) finish(Buffer.alloc(0), position, false);
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}
