// Bytes to lines, however they are cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSplitter } from "../../../../server/protocol/rpc/lines.ts";
import fc from "../../../support/properties.ts";

test("any cutting of the bytes gives the same lines", () => {
  const piece = fc.constantFrom(
    "\n",
    "\r\n",
    "\r",
    "a",
    "ä",
    "€",
    "😀",
    "\u2028",
    "\u2029",
    "\u0085",
    "",
    "{}",
    "\ud800",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat(200), { maxLength: 20 }), (pieces, cuts) => {
      const text = pieces.join("").toWellFormed();
      const bytes = Buffer.from(text);
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
      const lines = split((splitter) => {
        for (const [at, start] of places.entries()) splitter.push(bytes.subarray(start, places[at + 1]));
      });
      const expected = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
      if (text.endsWith("\n") || text === "") expected.pop();
      assert.deepEqual(lines, expected);
    }),
  );
});

test("a line over the limit throws, and one at the limit does not", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), { maxBytes: 4 });
  splitter.push(Buffer.from("1234\n12"));
  splitter.push(Buffer.from("34\n"));
  assert.deepEqual(lines, ["1234", "1234"]);
  splitter.push(Buffer.from("123"));
  assert.throws(() => splitter.push(Buffer.from("45")), RangeError);
});

test("bytes that are no UTF-8 become replacement characters of their own line", () => {
  assert.deepEqual(
    split((splitter) => splitter.push(Buffer.from([0x61, 0xff, 0x0a, 0xe2, 0x82, 0x0a, 0x62]))),
    ["a\ufffd", "\ufffd", "b"],
  );
});

function split(feed: (splitter: LineSplitter) => void): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  feed(splitter);
  splitter.end();
  return lines;
}
