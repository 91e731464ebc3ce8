// What can be said of a file that is not read as a whole: lines of one that is too large, or what kind of file it is.
import { maxTextBytes, type Permits } from "./disk-read.ts";
import { kindOf, sizeOf } from "./file-kind.ts";
import { openRegularFile } from "./open-regular.ts";
import { type StreamedLine, streamLines } from "./stream-lines.ts";

export interface LineRange {
  /** Counted from 1. */
  readonly offset: number;
  readonly limit: number;
  readonly signal?: AbortSignal;
}

export type FilePart =
  | {
      readonly kind: "lines";
      readonly lines: readonly StreamedLine[];
      readonly isEnd: boolean;
      /** Of the whole file, such as "1.5 GB". */
      readonly size: string;
    }
  | { readonly kind: "refused"; readonly reason: string };

/** Must not throw. Null when there is nothing to add to what a read of the whole says. */
export async function readPart(path: string, range: LineRange, permits: Permits): Promise<FilePart | null> {
  try {
    await using file = await openRegularFile(path, permits);
    if (file === null) return null;
    const size = sizeOf(file.stat.size);
    const head = Buffer.alloc(8192);
    const { bytesRead } = await file.handle.read(head, 0, head.length, 0);
    const start = head.subarray(0, bytesRead);
    const binary = { kind: "refused", reason: `it is ${kindOf(start)} (${size}), not text. ${cure}` } as const;
    if (start.includes(0)) return binary;
    const lines: StreamedLine[] = [];
    let bytes = 0;
    const end = await streamLines(file.handle, { from: range.offset, signal: range.signal }, (line) => {
      if (lines.length === range.limit || bytes > maxPartBytes) return false;
      lines.push(line);
      bytes += line.text.length;
      return true;
    });
    if (end === "binary") return binary;
    return file.stat.size > maxTextBytes ? { kind: "lines", lines, isEnd: end === "end", size } : null;
  } catch {
    // Gone or out of reach: the read of the whole has said so.
    return null;
  }
}

const cure = "Look at it with a command that knows such files.";
/** What is returned at most, but for its last line. */
const maxPartBytes = 1024 * 1024;
