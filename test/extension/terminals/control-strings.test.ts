// Control strings of a program never reach the terminal; everything else does, wherever the pieces are cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlStrings } from "../../../extension/terminals/control-strings.ts";
import { TerminalOutput } from "../../../extension/terminals/terminal-text.ts";
import fc from "../../support/properties.ts";

const ESC = "\x1b";
const table: [sentence: string, given: string, kept: string][] = [
  ["colours and cursor movement", `${ESC}[1;31mred${ESC}[0m${ESC}[2K${ESC}[1G\x9b3A${ESC}7`, ""],
  ["a link", `${ESC}]8;;https://evil.test${ESC}\\click${ESC}]8;;\x07 me`, "click me"],
  ["the clipboard", `a${ESC}]52;c;aGk=\x07b`, "ab"],
  ["the same in 8 bits", "a\x9d52;c;aGk=\x9cb", "ab"],
  ["other strings", `a${ESC}P1$r0m${ESC}\\b${ESC}_x${ESC}\\c${ESC}^x\x9cd${ESC}Xx\x9ce`, "abcde"],
  ["a bell ends no other string", `a${ESC}P\x07x${ESC}\\b`, "ab"],
  ["a string that is cancelled", `a${ESC}]52;c;\x18b`, "ab"],
  ["nothing is put together from what is left", `${ESC}${ESC}]0;x\x07]52;c;aGk=\x07`, "]52;c;aGk=\x07"],
  ["a control character inside the introducer", `${ESC}\x01\n]52;c;aGk=\x07b`, "\x01\nb"],
  ["a string without an end", `a${ESC}]52;c;aGk=`, "a"],
];

for (const [sentence, given, kept] of table) {
  test(`in the terminal: ${sentence}`, () => {
    assert.equal(new ControlStrings().remove(given), kept || given);
  });
}

test("where the output is cut into pieces makes no difference", () => {
  const parts = fc.constantFrom(ESC, "]", "\\", "8;;x", "\x07", "\x9d", "\x9c", "[31m", "P", "\x18", "\n", "text");
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), fc.nat(), (all, at) => {
      const text = all.join("");
      const cut = at % (text.length + 1);
      const pieces = new ControlStrings();
      const whole = new ControlStrings().remove(text);
      assert.equal(pieces.remove(text.slice(0, cut)) + pieces.remove(text.slice(cut)), whole);
      assert.doesNotMatch(whole, /\x1b[\x00-\x17\x19\x1c-\x1f]*[\]PX^_]|[\x90\x98\x9d-\x9f]/);
    }),
  );
});

test("a terminal shows a command's output without them", () => {
  const output = new TerminalOutput({ hasTerminal: false });
  assert.equal(output.output(`a${ESC}]8;;https://evil.test`), "a");
  assert.equal(output.output("\x07b\n"), "b\r\n");
});
