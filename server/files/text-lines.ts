// A text as lines that remember their own endings, and edits of whole lines. Pure.

export interface TextLines {
  /** "\uFEFF" or "". It belongs to no line. */
  readonly bom: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly text: string;
  /** Empty only for a last line that nothing ends. */
  readonly ending: "\n" | "\r\n" | "";
}

/** Replaces `deleteLines` lines from `startLine` on (0-based). Each inserted line carries its own ending. */
export interface LineEdit {
  readonly startLine: number;
  readonly deleteLines: number;
  readonly insertLines: readonly string[];
}

/** A carriage return alone does not end a line. The empty text has no lines. */
export function splitLines(text: string): TextLines {
  const bom = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const lines: Line[] = [];
  for (let start = bom.length; start < text.length; ) {
    const feed = text.indexOf("\n", start);
    const stop = feed === -1 ? text.length : feed + 1;
    const ending = feed === -1 ? "" : feed > start && text[feed - 1] === "\r" ? "\r\n" : "\n";
    lines.push({ text: text.slice(start, stop - ending.length), ending });
    start = stop;
  }
  return { bom, lines };
}

/** `edits` are sorted and do not overlap, as `matchChunks` gives them. */
export function applyEdits(text: string, edits: readonly LineEdit[]): string {
  const { bom, lines } = splitLines(text);
  const spelled = (from: number, to?: number): string =>
    lines
      .slice(from, to)
      .map((line) => line.text + line.ending)
      .join("");
  let result = bom;
  let at = 0;
  for (const { startLine, deleteLines, insertLines } of edits) {
    result += spelled(at, startLine) + insertLines.join("");
    at = startLine + deleteLines;
  }
  return result + spelled(at);
}
