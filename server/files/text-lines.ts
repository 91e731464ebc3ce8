// A text as lines that remember their own endings, and edits of whole lines. Pure. A million lines cost little more
// than their text: a line becomes a string of its own only when it is asked for.

/** Replaces `deleteLines` lines from `startLine` on (0-based). Each inserted line carries its own ending. */
export interface LineEdit {
  readonly startLine: number;
  readonly deleteLines: number;
  readonly insertLines: readonly string[];
}

export type LineEnding = "\n" | "\r\n" | "";

/** A carriage return alone does not end a line. The empty text has no lines. */
export class TextLines {
  readonly source: string;
  /** "\uFEFF" or "". It belongs to no line. */
  readonly bom: string;
  readonly count: number;
  /** Where each line starts, and behind the last one where the text ends. */
  readonly #starts: Int32Array;

  /** With `markIsText` a byte order mark is the first character of the first line, as diffs show it. */
  constructor(source: string, { markIsText = false } = {}) {
    this.source = source;
    this.bom = !markIsText && source.startsWith("\uFEFF") ? "\uFEFF" : "";
    this.#starts = lineStarts(source, this.bom.length);
    this.count = this.#starts.length - 1;
  }

  /** Offset of the line's first character in `source`. For `count`: the end of the text. */
  start(line: number): number {
    return this.#starts[line] ?? this.source.length;
  }

  /** Offset behind the line's last character, its ending left out. */
  end(line: number): number {
    return this.start(line + 1) - this.ending(line).length;
  }

  /** Empty only for a last line that nothing ends, and for what is no line. */
  ending(line: number): LineEnding {
    if (line < 0 || line >= this.count) return "";
    const next = this.start(line + 1);
    if (this.source.charCodeAt(next - 1) !== feed) return "";
    return next - 2 >= this.start(line) && this.source.charCodeAt(next - 2) === carriage ? "\r\n" : "\n";
  }

  /** Without its ending; "" for what is no line. */
  text(line: number): string {
    return line < 0 || line >= this.count ? "" : this.source.slice(this.start(line), this.end(line));
  }

  texts(from: number, to: number): string[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, index) => this.text(from + index));
  }

  /** The lines with their endings, as one text. */
  spelled(from: number, to: number = this.count): string {
    return this.source.slice(this.start(from), this.start(to));
  }

  /** A number for each line with its ending: equal for equal lines, and rarely for others. */
  hashes(from: number, to: number): Int32Array {
    const hashes = new Int32Array(Math.max(0, to - from));
    for (let line = from; line < to; line += 1) {
      let hash = 0;
      const stop = this.start(line + 1);
      for (let at = this.start(line); at < stop; at += 1) {
        hash = (Math.imul(hash, 31) + this.source.charCodeAt(at)) | 0;
      }
      hashes[line - from] = hash;
    }
    return hashes;
  }

  /** The line that the character at an offset belongs to. */
  lineAt(offset: number): number {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.start(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** `edits` are sorted and do not overlap, as `matchChunks` gives them. */
export function applyEdits(before: TextLines, edits: readonly LineEdit[]): string {
  const parts = [before.bom];
  let at = 0;
  for (const { startLine, deleteLines, insertLines } of edits) {
    parts.push(before.spelled(at, startLine), ...insertLines);
    at = startLine + deleteLines;
  }
  parts.push(before.spelled(at));
  return parts.join("");
}

const feed = 10;
const carriage = 13;

function lineStarts(text: string, from: number): Int32Array {
  let starts = new Int32Array(64);
  let count = 0;
  for (let start = from; start < text.length; ) {
    // Room for this line and for the end behind it.
    if (count + 2 > starts.length) starts = grown(starts);
    starts[count++] = start;
    const found = text.indexOf("\n", start);
    start = found === -1 ? text.length : found + 1;
  }
  starts[count] = text.length;
  return starts.slice(0, count + 1);
}

function grown(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
