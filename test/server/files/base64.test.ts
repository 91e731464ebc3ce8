// What is base64, and what is said of what is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64 } from "../../../server/files/base64.ts";
import fc from "../../support/properties.ts";

test("all bytes survive the way", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const decoded = decodeBase64(Buffer.from(bytes).toString("base64"));
      assert.deepEqual(decoded.ok && new Uint8Array(decoded.bytes), bytes);
    }),
  );
});

test("what is no base64 is refused in the original's words", () => {
  const reasons: Record<string, string> = {
    "***": "Invalid symbol 42, offset 0.",
    aGk: "Invalid padding",
    "aGk=\n": "Invalid symbol 10, offset 4.",
    "aGl=": "Invalid last symbol 108, offset 2.",
    a: "Invalid input length: 1",
    "aGk==": "Invalid symbol 61, offset 3.",
    "a-_=": "Invalid symbol 45, offset 1.",
    "aG=k": "Invalid symbol 61, offset 2.",
    "aGVs bG8=": "Invalid symbol 32, offset 4.",
  };
  for (const [text, reason] of Object.entries(reasons)) assert.deepEqual(decodeBase64(text), { ok: false, reason });
});
