// Cuts the middle out of a long text, at line ends where they are near.

/** A text within both limits is shown whole. */
const WHOLE_CHARS = 1500;
const WHOLE_LINES = 24;
const HEAD = { chars: 400, lines: 7 };
const TAIL = { chars: 350, lines: 6 };

/** Null: short enough to show whole. `hidden` counts the characters between the two parts. */
export function cutMiddle(text: string): { head: string; tail: string; hidden: number } | null {
  if (text.length <= WHOLE_CHARS && text.split("\n").length <= WHOLE_LINES) return null;
  const head = text.split("\n").slice(0, HEAD.lines).join("\n").slice(0, HEAD.chars);
  const tail = text.split("\n").slice(-TAIL.lines).join("\n").slice(-TAIL.chars);
  return { head, tail, hidden: text.length - head.length - tail.length };
}
