// What can be said of a file that is not read as a whole: lines of one that is too large, or what kind of file it is.
import { maxTextBytes } from "./disk-read.ts";
import { kindOf, sizeOf } from "./file-kind.ts";
import { openRegularFile, type Permits } from "./open-regular.ts";
import { linesOf, streamBlocks } from "./stream-lines.ts";

export interface LineRange {
  /** Counted from 1. */
  readonly offset: number;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export interface PartLine {
  readonly number: number;
  readonly text: string;
  /** There is more of it, which was not kept. */
  readonly isCut: boolean;
}

export type FilePart =
  | {
      readonly kind: "lines";
      readonly lines: readonly PartLine[];
      /** False: each byte that is not ASCII is shown as the character of its number. */
      readonly isUtf8: boolean;
      readonly isEnd: boolean;
      /** Of the whole file, such as "1.5 GB". */
      readonly size: string;
    }
  | { readonly kind: "refused"; readonly reason: string };

/** Must not throw. Null when there is nothing to add to what a read of the whole says. */
export async function readPart(path: string, range: LineRange, permits: Permits): Promise<FilePart | null> {
  try {
    await using file = await openRegularFile(path, permits);
    if (!file.ok) return null;
    const size = sizeOf(file.stat.size);
    const head = Buffer.alloc(8192);
    const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
    const start = head.subarray(0, bytesRead);
    const binary = { kind: "refused", reason: `it is ${kindOf(start)} (${size}), not text. ${cure}` } as const;
    if (start.includes(0)) return binary;
    const { offset, limit } = range;
    const found: PartLine[] = [];
    let [isUtf8, chars] = [true, 0];
    const end = await streamBlocks(file.handle, range.signal, ({ first, count, bytes, isCut }) => {
      if (first + count <= offset) return true;
      const block = linesOf(bytes);
      isUtf8 &&= block.isUtf8 || isCut;
      for (const [at, text] of block.lines.entries()) {
        if (first + at < offset) continue;
        if (found.length === limit || chars > maxPartChars) return false;
        found.push({ number: first + at, text, isCut });
        chars += text.length;
      }
      return true;
    });
    if (end === "binary") return binary;
    return file.stat.size > maxTextBytes ? { kind: "lines", lines: found, isUtf8, isEnd: end === "end", size } : null;
  } catch {
    // Gone or out of reach: the read of the whole has said so.
    return null;
  }
}

const cure = "Look at it with a command that knows such files.";
/** What is returned at most, but for its last line. */
const maxPartChars = 1024 * 1024;
