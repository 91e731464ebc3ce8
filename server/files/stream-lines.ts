// Reads the lines of an open file one after the other, however large it is, in bounded memory.
import type { FileHandle } from "node:fs/promises";

/** One line without its ending. */
export interface StreamedLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** More of it was not kept. */
  readonly isCut: boolean;
  /** False: each byte is shown as the character of its number. */
  readonly isUtf8: boolean;
}

/** "binary": a NUL byte was met, and nothing behind it was read. */
export type StreamEnd = "end" | "stopped" | "binary";

/** What is kept of one line, in bytes. */
export const maxLineBytes = 1024 * 1024;
const chunkBytes = 256 * 1024;

/** `onLine` says whether to go on. Lines before `from` are only counted. Rejects with the error of the file system. */
export async function streamLines(
  handle: FileHandle,
  { from = 1, signal }: { from?: number; signal?: AbortSignal | undefined },
  onLine: (line: StreamedLine) => boolean,
): Promise<StreamEnd> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let number = 1;
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let length = 0;
  const keep = (bytes: Buffer) => {
    length += bytes.length;
    const fitting = number < from ? 0 : Math.min(bytes.length, maxLineBytes - keptBytes);
    if (fitting === 0) return;
    // A copy: the chunk is filled anew.
    kept.push(Buffer.from(bytes.subarray(0, fitting)));
    keptBytes += fitting;
  };
  const flush = () => {
    const goesOn = number < from || onLine({ number, ...textOf(Buffer.concat(kept)), isCut: length > keptBytes });
    number++;
    [kept, keptBytes, length] = [[], 0, 0];
    return goesOn;
  };
  for (;;) {
    if (signal?.aborted) return "stopped";
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, null);
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    if (bytes.includes(0)) return "binary";
    let start = 0;
    for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, start)) {
      keep(bytes.subarray(start, feed));
      start = feed + 1;
      if (!flush()) return "stopped";
    }
    keep(bytes.subarray(start));
  }
  if (length > 0 && !flush()) return "stopped";
  return "end";
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Buffer): { text: string; isUtf8: boolean } {
  const line = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
  try {
    return { text: strictUtf8.decode(line), isUtf8: true };
  } catch {
    // Not UTF-8, or cut within a character.
    return { text: line.toString("latin1"), isUtf8: false };
  }
}
