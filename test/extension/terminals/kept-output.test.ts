// What is kept of a command's output for a terminal that opens later, and what a flood leaves on a screen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptOutput } from "../../../extension/terminals/kept-output.ts";
import { PacedText } from "../../../extension/terminals/paced-text.ts";

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index}\n`).join("");

test("what the pieces missed of the whole output is told, unless that cannot be known", () => {
  const flood = "x".repeat(3 * KeptOutput.maxChars);
  const table: [string[], string | null, string][] = [
    [["a\n"], "a\nb\n", "b\n"],
    [[], "all\n", "all\n"],
    [["a\n"], null, ""],
    [["a\nb\n"], "a\nb\n", ""],
    // The server keeps head and tail of long output: no continuation of what was shown.
    [["aaaa\nbbbb\n"], "aa…bb\n", ""],
    [[flood], `${flood}y`, ""],
  ];
  for (const [pieces, aggregated, expected] of table) {
    const kept = new KeptOutput();
    for (const piece of pieces) kept.append(piece);
    assert.equal(kept.missingOf(aggregated), expected);
  }
});

test("of a long output the end is kept, from the beginning of a line, with an honest count of the rest", () => {
  const kept = new KeptOutput();
  const whole = lines(600_000);
  for (let at = 0; at < whole.length; at += 10_000) kept.append(whole.slice(at, at + 10_000));
  assert.ok(kept.text.length <= 2 * KeptOutput.maxChars);
  assert.equal(kept.leftOutChars + kept.text.length, whole.length);
  assert.equal(whole.slice(kept.leftOutChars), kept.text);
  assert.match(kept.text.slice(0, 10), /^\d{6}\n/);
});

test("a screen draws everything, and of a flood in one frame the end with a count of what it skipped", () => {
  const text = new PacedText();
  text.add("a");
  text.add("b\n");
  assert.equal(text.take(), "ab\n");
  assert.equal(text.take(), "");
  const whole = lines(600_000);
  for (let at = 0; at < whole.length; at += 10_000) text.add(whole.slice(at, at + 10_000));
  const [, skipped, shown] = /^.*\[… (\d+) characters are not shown here\]\S*\r\n(.*)$/s.exec(text.take()) ?? [];
  assert.ok(shown !== undefined && shown.length <= PacedText.maxChars);
  assert.equal(whole.slice(Number(skipped)), shown);
});
