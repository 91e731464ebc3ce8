// Reads an open file a block of lines at a time, however large it is, in bounded memory.
import type { FileHandle } from "node:fs/promises";

export interface Block {
  /** Counted from 1: its first line in the file. */
  readonly first: number;
  readonly count: number;
  /** Whole lines with their ends. Only valid until the call with it returns. */
  readonly bytes: Buffer;
  /** Its one line was too long, and what is missing is lost. */
  readonly isCut: boolean;
}

/** "binary": a NUL byte was met, and nothing behind it was read. */
export type StreamEnd = "end" | "stopped" | "binary";

/** `onBlock` says whether to go on. Rejects with the error of the file system. */
export async function streamBlocks(
  handle: FileHandle,
  signal: AbortSignal | undefined,
  onBlock: (block: Block) => boolean,
): Promise<StreamEnd> {
  const buffer = Buffer.allocUnsafe(blockBytes);
  let [first, filled, isSkipping] = [1, 0, false];
  const pass = (length: number, isCut: boolean) => {
    const bytes = buffer.subarray(0, length);
    const block = { first, count: countLines(bytes), bytes, isCut };
    first += block.count;
    buffer.copyWithin(0, length, filled);
    filled -= length;
    return onBlock(block);
  };
  for (;;) {
    if (signal?.aborted) return "stopped";
    const { bytesRead } = await handle.read(buffer, filled, blockBytes - filled, null);
    if (bytesRead === 0) return filled > 0 && !pass(filled, false) ? "stopped" : "end";
    if (buffer.subarray(filled, filled + bytesRead).includes(0)) return "binary";
    filled += bytesRead;
    if (isSkipping) {
      const feed = buffer.subarray(0, filled).indexOf(10);
      isSkipping = feed === -1;
      buffer.copyWithin(0, feed + 1, filled);
      filled = isSkipping ? 0 : filled - feed - 1;
    }
    const length = buffer.subarray(0, filled).lastIndexOf(10) + 1;
    const isTooLong = length === 0 && filled === blockBytes;
    if (isTooLong) isSkipping = true;
    if ((length > 0 || isTooLong) && !pass(isTooLong ? filled : length, isTooLong)) return "stopped";
  }
}

/** The lines of a block or of a whole file without their ends. */
export function linesOf(bytes: Buffer): { lines: string[]; isUtf8: boolean } {
  let [text, isUtf8] = ["", true];
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    // Not UTF-8, or cut within a character: each byte is the character of its number.
    [text, isUtf8] = [bytes.toString("latin1"), false];
  }
  return { lines: splitText(text), isUtf8 };
}

/** What stands behind the last line end is no line. */
export function splitText(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Also the longest line of which all is kept. */
const blockBytes = 1024 * 1024;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

function countLines(bytes: Buffer): number {
  let count = bytes.at(-1) === 10 ? 0 : 1;
  for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, feed + 1)) count++;
  return count;
}
