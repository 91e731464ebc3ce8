// What is estimated before a provider has counted: by kind, and never far too little.
import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateAll, estimateEntry, usedTokens } from "../../../server/agent/token-estimate.ts";
import type { HistoryItem } from "../../../server/model/model.ts";
import fc from "../../support/properties.ts";

const message = (text: string, images?: string[]): HistoryItem => {
  return { type: "message", role: "user", text, ...(images ? { images } : {}) };
};
const output = (text: string): HistoryItem => ({ type: "toolOutput", callId: "c", kind: "json", output: text });

/** Counted by tokenizers in common use: at least so many, and the estimate at most twice as many. */
const counted: [string, HistoryItem, number, number][] = [
  ["nothing", message(""), 1, 10],
  ["English", message("The quick brown fox jumps over the lazy dog. ".repeat(100)), 1_000, 2_000],
  [
    "code",
    output("export function total(cart: Cart): number {\n  return round(sum(cart));\n}\n".repeat(50)),
    1_000,
    2_000,
  ],
  ["Russian", message("Съешь ещё этих мягких французских булок. ".repeat(100)), 1_100, 2_600],
  ["Japanese", message("吾輩は猫である。名前はまだ無い。".repeat(100)), 1_300, 3_200],
  ["a picture, whatever its bytes are", message("", [`data:image/png;base64,${"A".repeat(1_000_000)}`]), 1_000, 2_000],
  ["sealed reasoning", { type: "reasoning", id: "r", summary: [], encrypted: "A".repeat(8_000) }, 1_000, 2_000],
  [
    "a call",
    { type: "toolCall", callId: "c", name: "apply_patch", kind: "freeform", input: "+x = 1;\n".repeat(100) },
    200,
    600,
  ],
  ["a client's own item", { type: "raw", item: { type: "message", text: "word ".repeat(400) } }, 400, 800],
];

for (const [what, entry, least, most] of counted)
  test(`${what} is estimated between ${least} and ${most} tokens`, () => {
    const tokens = estimateEntry(entry);
    assert.ok(tokens >= least && tokens <= most, String(tokens));
  });

test("what was counted is believed, and only what came since is estimated", () => {
  const history = [message("x".repeat(35_000)), output("y".repeat(3_500))];
  const measured = { tokens: 400, upTo: 1 };
  assert.equal(usedTokens(history, { measured, tools: [] }), 400 + estimateAll(history.slice(1)));
  assert.equal(usedTokens(history, { measured: null, tools: [] }), estimateAll(history));
});

test("more text is never fewer tokens", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      assert.ok(estimateEntry(message(a + b)) >= estimateEntry(message(a)));
    }),
  );
});
