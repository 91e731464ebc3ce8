// The bytes of a terminal as plain lines. Colours and cursor moves are dropped, not imitated: the terminal has those.

// OSC and the other string sequences up to their end, then CSI, then the two-character escapes.
const escapes =
  /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|$)|\x1b[ -/]*(?:[0-~]|$)/g;
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** Longest output shown in the panel, in characters; the terminal shows all. */
const MAX_SHOWN_CHARS = 100_000;

/** What a person would still see: of a line that was redrawn after "\r", only the last drawing. */
export function plainOutput(output: string): string {
  const text = output.replaceAll(escapes, "").replaceAll(/\r+\n/g, "\n");
  return text
    .replaceAll(/[^\n]*\r(?=[^\n])/g, "")
    .replaceAll("\r", "")
    .replaceAll(controls, "");
}

/** The end of long output, from the start of a line where there is one, and how much stands before it. */
export function endOfOutput(output: string): { end: string; hidden: { lines: number; chars: number } } {
  if (output.length <= MAX_SHOWN_CHARS) return { end: output, hidden: { lines: 0, chars: 0 } };
  const cut = output.length - MAX_SHOWN_CHARS;
  const lineEnd = output.indexOf("\n", cut - 1);
  const from = lineEnd === -1 || lineEnd === output.length - 1 ? cut : lineEnd + 1;
  return { end: output.slice(from), hidden: { lines: linesBefore(output, from), chars: from } };
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
