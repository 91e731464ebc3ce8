// Bytes to text and back: whatever is taken for a text is written back as the very same bytes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { decode, type Encoding, encode, hashOf } from "../../../server/files/encoding.ts";
import fc from "../../support/properties.ts";

const binary = { ok: false, reason: "it is a binary file. Edit it with a command." };
const table: readonly [name: string, bytes: readonly number[], expected: object][] = [
  ["nothing is an empty UTF-8 text", [], { ok: true, text: "", encoding: "utf8" }],
  ["a UTF-8 mark is the first character", [0xef, 0xbb, 0xbf, 0x61], { ok: true, text: "\uFEFFa", encoding: "utf8" }],
  ["UTF-16 LE with its mark", [0xff, 0xfe, 0x61, 0x00], { ok: true, text: "\uFEFFa", encoding: "utf16le" }],
  ["UTF-16 BE with its mark", [0xfe, 0xff, 0x00, 0x61], { ok: true, text: "\uFEFFa", encoding: "utf16be" }],
  ["UTF-16 without its mark is binary", [0x61, 0x00], binary],
  ["UTF-16 with a lone surrogate and a NUL is binary", [0xff, 0xfe, 0x00, 0xd8, 0x61, 0x00], binary],
  ["UTF-32 is binary", [0xff, 0xfe, 0x00, 0x00, 0x61, 0x00, 0x00, 0x00], binary],
  ["an odd number of bytes is no UTF-16", [0xff, 0xfe, 0x61], { ok: true, text: "\u00ff\u00fea", encoding: "bytes" }],
  ["Latin-1 is bytes", [0x63, 0xe9], { ok: true, text: "cé", encoding: "bytes" }],
  ["overlong UTF-8 is bytes", [0xc0, 0xaf], { ok: true, text: "\u00c0\u00af", encoding: "bytes" }],
];
for (const [name, bytes, expected] of table) {
  test(name, () => assert.deepEqual(decode(new Uint8Array(bytes)), expected));
}

test("whatever is read as text is written back as the same bytes, and its hash is theirs", () => {
  const soup = fc.array(fc.oneof(fc.constantFrom(0xff, 0xfe, 0xef, 0xbb, 0xbf, 0x0a, 0x0d, 0xd8, 0xc3), fc.nat(255)));
  const text = fc.string({ unit: "binary" }).map((each) => [...Buffer.from(each)]);
  const wide = fc
    .tuple(fc.string({ unit: "grapheme" }), fc.boolean())
    .map(([each, isBig]) => Buffer.from(`\uFEFF${each}`, "utf16le").map((_, at, all) => all[isBig ? at ^ 1 : at] ?? 0));
  fc.assert(
    fc.property(fc.oneof(soup, text, wide), (raw) => {
      const bytes = Buffer.from([...raw]);
      const decoded = decode(bytes);
      if (!decoded.ok) return;
      assert.deepEqual(Buffer.from(encode(decoded.text, decoded.encoding) ?? []), bytes);
      assert.equal(hashOf(decoded.text, decoded.encoding), createHash("sha256").update(bytes).digest("hex"));
    }),
    { numRuns: 1000 },
  );
});

test("a text that an encoding cannot spell is not written in it", () => {
  const cannot: readonly [string, Encoding][] = [
    ["a\0", "utf8"],
    ["\ud800", "utf8"],
    ["no mark", "utf16le"],
    ["\uFEFF\udc00", "utf16be"],
    ["日", "bytes"],
  ];
  for (const [text, encoding] of cannot) assert.equal(encode(text, encoding), null, encoding);
});
