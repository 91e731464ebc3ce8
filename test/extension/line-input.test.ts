// Typing to a command without a terminal: echoed, mended and sent line by line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LineInput } from "../../extension/line-input.ts";

test("keys become lines, with what the screen shows of them", () => {
  const table: [string[], string, string, boolean][] = [
    [["A", "d", "a", "\r"], "Ada\r\n", "Ada\n", false],
    [["one\rtwo\r"], "one\r\ntwo\r\n", "one\ntwo\n", false],
    [["ab", "\x7f", "c\r"], "ab\b \bc\r\n", "ac\n", false],
    [["\x7f", "x\r"], "x\r\n", "x\n", false],
    [["ab", "\x15", "\r"], "ab\b \b\b \b\r\n", "\n", false],
    [["half", "\x03", "\r"], "half^C\r\n\r\n", "\n", true],
    // Arrow keys, and answers that a terminal gives by itself.
    [["\x1b[A", "\x1b[1;1R", "\r"], "\r\n", "\n", false],
    [["\x04", "\x07", "a\tb\r"], "a\tb\r\n", "a\tb\n", false],
  ];
  for (const [pressed, echo, lines, isInterrupt] of table) {
    const input = new LineInput();
    const typed = pressed.map((data) => input.type(data));
    assert.deepEqual(
      {
        echo: typed.map((piece) => piece.echo).join(""),
        lines: typed.map((piece) => piece.lines).join(""),
        isInterrupt: typed.some((piece) => piece.isInterrupt),
      },
      { echo, lines, isInterrupt },
    );
  }
});
