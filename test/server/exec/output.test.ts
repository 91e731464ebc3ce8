// What is kept of an output, and what of it the model reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forModel, outputKeeper, wholeCharacters } from "../../../server/exec/output.ts";
import fc from "../../support/properties.ts";

function kept(maxBytes: number, ...pieces: string[]) {
  const keeper = outputKeeper(maxBytes);
  for (const piece of pieces) keeper.add(Buffer.from(piece));
  return keeper.kept();
}

for (const { name, maxBytes, pieces, expected } of [
  { name: "nothing is nothing", maxBytes: 4, pieces: [], expected: { text: "", truncatedBytes: 0 } },
  { name: "what just fits is whole", maxBytes: 4, pieces: ["ab", "cd"], expected: { text: "abcd", truncatedBytes: 0 } },
  {
    name: "head and tail remain of what does not fit",
    maxBytes: 4,
    pieces: ["abc", "def", "g"],
    expected: { text: "ab\n[... 3 bytes omitted ...]\nfg", truncatedBytes: 3 },
  },
  {
    name: "a character is kept whole or counted whole, at both cuts",
    maxBytes: 6,
    pieces: ["aaé", "xyz", "éaa"],
    expected: { text: "aa\n[... 7 bytes omitted ...]\naa", truncatedBytes: 7 },
  },
  {
    name: "no room keeps the count alone",
    maxBytes: 0,
    pieces: ["abc"],
    expected: { text: "\n[... 3 bytes omitted ...]\n", truncatedBytes: 3 },
  },
]) {
  test(name, () => assert.deepEqual(kept(maxBytes, ...pieces), expected));
}

test("however output is cut into pieces, the same is kept, within bounds, and the count is true", () => {
  const pieces = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, fc.nat({ max: 64 }), (all, maxBytes) => {
      const whole = all.join("");
      const { text, truncatedBytes } = kept(maxBytes, ...all);
      assert.deepEqual({ text, truncatedBytes }, kept(maxBytes, whole));
      if (Buffer.byteLength(whole) <= maxBytes) return assert.equal(text, whole);
      const [head = "", tail = ""] = text.split(`\n[... ${truncatedBytes} bytes omitted ...]\n`);
      assert.ok(whole.startsWith(head) && whole.endsWith(tail));
      assert.ok(Buffer.byteLength(head + tail) <= maxBytes);
      assert.equal(Buffer.byteLength(head + tail) + truncatedBytes, Buffer.byteLength(whole));
    }),
  );
});

test("bytes of several inputs are passed on in order of arrival, and no character is torn", () => {
  const passed: Buffer[] = [];
  const [first, second] = [0, 1].map(() => wholeCharacters((bytes) => passed.push(bytes)));
  first?.write(Buffer.from([0xc3]));
  second?.write(Buffer.from("x"));
  first?.write(Buffer.from([0xa9]));
  second?.write(Buffer.from([0xc3]));
  second?.end();
  first?.end();
  assert.equal(Buffer.concat(passed).toString(), "xé\ufffd");
});

test("however bytes are cut, all of them are passed on, in pieces that are text of their own", () => {
  const cuts = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), cuts, (text, lengths) => {
      const passed: Buffer[] = [];
      const input = wholeCharacters((bytes) => passed.push(bytes));
      let rest = Buffer.from(text);
      for (const length of lengths) {
        input.write(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
      input.write(rest);
      input.end();
      assert.equal(passed.map(String).join(""), Buffer.from(text).toString());
    }),
  );
});

const plain: [string, string, string][] = [
  ["colours", "\x1b[1;31mred\x1b[0m \x9b32mgreen", "red green"],
  ["cursor movement and screen clearing", "\x1b[2J\x1b[3;4Hhi\x1b7\x1b(B", "hi"],
  [
    "titles, links and clipboard writes",
    "\x1b]0;t\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b]52;c;aGk=\x07",
    "link",
  ],
  ["a control string that is never ended, up to its line", "\x1b]0;half\nnext", "\nnext"],
  ["other control strings", "\x1bPq#0\x1b\\a\x1b_x\x1b\\b\x9dz\x9cc", "abc"],
  ["a lone escape at the end", "a\x1b", "a"],
  ["bells, backspaces, NUL and DEL", "a\x07b\x00c\x7f", "abc"],
  ["overstrikes", "b\x08bo\x08old", "bold"],
  ["progress lines but for their last state", "10%\r50%\r100%\ndone\r\n", "100%\ndone\n"],
  ["a progress line that ends with a return", "10%\r100%\r\nnext", "100%\nnext"],
  [
    "hidden characters by showing them",
    "a\u202eb\u{e0041}c\u200bd\u{e0100}",
    "a\\u{202E}b\\u{E0041}c\\u{200B}d\\u{E0100}",
  ],
  ["nothing from tabs, newlines and any language", "\tпривет\n日本 👩‍👩‍👧\n", "\tпривет\n日本 👩‍👩‍👧\n"],
];

for (const [name, text, expected] of plain) {
  test(`the model's copy is freed of ${name}`, () => assert.equal(forModel(text, { maxTokens: 100 }), expected));
}

test("the model's copy of what is too long is head and tail with a true count", () => {
  const text = forModel("a".repeat(1000) + "b".repeat(1000), { maxTokens: 64 });
  const [, head = "", omitted = "", tail = ""] = /^(a+)\n\[\.\.\. (\d+) bytes omitted \.\.\.\]\n(b+)$/.exec(text) ?? [];
  assert.equal(head.length + Number(omitted) + tail.length, 2000);
});

test("what was missing from the output already is counted in, wherever the model's copy is cut", () => {
  const output = kept(2000, "a".repeat(5000), "b".repeat(5000));
  const text = forModel(output.text, { maxTokens: 64, truncatedBytes: output.truncatedBytes });
  const [, head = "", omitted = "", tail = ""] = /^(a+)\n\[\.\.\. (\d+) bytes omitted \.\.\.\]\n(b+)$/.exec(text) ?? [];
  assert.equal(head.length + Number(omitted) + tail.length, 10_000);
});

test("no text makes the model's copy longer than its limit, or leaves a control character in it", () => {
  const unit = fc.constantFrom(
    "a",
    "é",
    "😀",
    "\n",
    "\r",
    "\t",
    "\x1b",
    "[",
    "]",
    "m",
    ";",
    "1",
    "\x07",
    "\x9b",
    "\u202e",
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 500 }), fc.integer({ min: 16, max: 60 }), (text, maxTokens) => {
      const copy = forModel(text, { maxTokens });
      assert.ok(Buffer.byteLength(copy) <= maxTokens * 4);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
      assert.doesNotMatch(copy, /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    }),
  );
});

test("a progress line of any length takes no place from what was written before and after it", () => {
  const steps = Array.from({ length: 100_000 }, (_, at) => `${at} of 100000\r`);
  const { text, truncatedBytes } = kept(200, "begin\n".repeat(20), "before\n", ...steps, "100000 of 100000\r\nafter\n");
  const whole = "begin\n".repeat(20).length + "before\n".length + steps.join("").length + 24;
  assert.ok(text.startsWith("begin\n"));
  assert.ok(text.endsWith("begin\nbefore\n100000 of 100000\r\nafter\n"));
  const marker = `\n[... ${truncatedBytes} bytes omitted ...]\n`;
  assert.equal(Buffer.byteLength(text) - marker.length + truncatedBytes, whole);
});

test("however a flood of returns is cut into pieces, the same is kept, within bounds, and the count is true", () => {
  const unit = fc.constantFrom("a", "é", "\n", "\r", "\r\n", "50%\r", "long line");
  const pieces = fc.array(fc.string({ unit, maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.nat({ max: 40 }), (all, maxBytes) => {
      const whole = all.join("");
      const { text, truncatedBytes } = kept(maxBytes, ...all);
      assert.deepEqual({ text, truncatedBytes }, kept(maxBytes, ...whole));
      if (Buffer.byteLength(whole) <= Math.ceil(maxBytes / 2)) return assert.equal(text, whole);
      if (truncatedBytes === 0) return assert.equal(text, whole);
      const shown = Buffer.byteLength(text) - `\n[... ${truncatedBytes} bytes omitted ...]\n`.length;
      assert.ok(shown <= maxBytes + 1);
      assert.equal(shown + truncatedBytes, Buffer.byteLength(whole));
    }),
  );
});

// Quadratic work on any of these would take hours.
for (const [name, text, expected] of [
  ["a million returns", `${"50%\r".repeat(1_000_000)}done\n`, "done\n"],
  ["a million colours", "\x1b[31m".repeat(1_000_000), ""],
  ["a sequence that never ends", `\x1b[${"1;".repeat(1_000_000)}`, /^\[?(1;)*/],
  ["a million sequences that never end", "\x1b[1;\x1b]0;\x1bP".repeat(300_000), /^/],
  ["a million overstrikes", "a\x08".repeat(1_000_000), ""],
  [
    "a hundred million characters in one line",
    "x".repeat(100_000_000),
    /^x+\n\[\.\.\. \d+ bytes omitted \.\.\.\]\nx+$/,
  ],
  ["binary", Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => (at * 7919) % 256)).toString(), /^/],
] as const) {
  test(`the model's copy of ${name} is made in one go`, { timeout: 120_000 }, () => {
    const copy = forModel(text, { maxTokens: 1000 });
    assert.ok(Buffer.byteLength(copy) <= 4000);
    if (typeof expected === "string") assert.equal(copy, expected);
    else assert.match(copy, expected);
  });
}
