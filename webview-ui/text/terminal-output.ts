// The bytes of a terminal as plain lines. Colours and cursor moves are dropped, not imitated: the terminal has those.

// OSC and the other string sequences up to their end, then CSI, then the two-character escapes.
const escapes =
  /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|$)|\x1b[ -/]*(?:[0-~]|$)/g;
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Longest output shown in the panel, in characters and in lines; the terminal shows all. */
const MAX_SHOWN_CHARS = 100_000;
const MAX_SHOWN_LINES = 3000;
/** While it grows, all that is shown is laid out again with every frame. */
const MAX_LIVE_CHARS = 25_000;
/** A longer line is cut there: laying it out whole takes the time of many frames. */
const MAX_LINE_CHARS = 2000;

/** How much stands before the part that is shown. */
export interface Hidden {
  lines: number;
  chars: number;
}

/** What a person would still see: of a line that was redrawn after "\r", only the last drawing. */
export function plainOutput(output: string): string {
  return output.replaceAll(escapes, "").split("\n").map(lastDrawing).join("\n").replaceAll(controls, "");
}

// By hand: a pattern for this looks again at the rest of a long line from each of its characters.
function lastDrawing(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === "\r") end -= 1;
  return end === 0 ? "" : line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

/** The end of the output as plain lines of bounded length, without empty ones at its end. */
export function shownOutput(output: string, { isLive }: { isLive: boolean }): { text: string; hidden: Hidden } {
  const { end, hidden } = endOfOutput(output, isLive ? MAX_LIVE_CHARS : MAX_SHOWN_CHARS);
  const text = plainOutput(end).trimEnd();
  const isLong = text.split("\n").some((line) => line.length > MAX_LINE_CHARS);
  return { text: isLong ? text.split("\n").map(clipped).join("\n") : text, hidden };
}

function clipped(line: string): string {
  const more = line.length - MAX_LINE_CHARS;
  return more <= 0
    ? line
    : `${line.slice(0, MAX_LINE_CHARS)}… ${more.toLocaleString("en")} more characters in this line`;
}

/** The end of long output, from the start of a line where there is one, and how much stands before it. */
export function endOfOutput(output: string, maxChars = MAX_SHOWN_CHARS): { end: string; hidden: Hidden } {
  const from = Math.max(startByChars(output, maxChars), startByLines(output));
  return { end: output.slice(from), hidden: { lines: linesBefore(output, from), chars: from } };
}

function startByChars(output: string, maxChars: number): number {
  const cut = output.length - maxChars;
  if (cut <= 0) return 0;
  const lineEnd = output.indexOf("\n", cut - 1);
  return lineEnd === -1 || lineEnd === output.length - 1 ? cut : lineEnd + 1;
}

function startByLines(output: string): number {
  let at = output.length;
  // One line end more than lines: the last line mostly has one.
  for (let line = 0; line <= MAX_SHOWN_LINES && at > 0; line += 1) at = output.lastIndexOf("\n", at - 1);
  return at <= 0 ? 0 : at + 1;
}

function linesBefore(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

/** The last line with something on it; "" when there is none. Looks only at the end, so it is cheap while it grows. */
export function lastLine(output: string): string {
  const lines = plainOutput(output.slice(-4096)).trimEnd().split("\n");
  return (lines.at(-1) ?? "").trim();
}
