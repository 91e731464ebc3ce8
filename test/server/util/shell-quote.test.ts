// An argv as a shell line: a shell reads it back as that argv.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { shellQuote } from "../../../server/util/shell-quote.ts";
import fc from "../../support/properties.ts";

test("words that need no quotes have none", () => {
  assert.equal(
    shellQuote(["/bin/bash", "-c", "a b", "it's", "", "x=1", "$HOME", "a\nb"]),
    `/bin/bash -c 'a b' 'it'\\''s' '' x=1 '$HOME' 'a\nb'`,
  );
});

test("a shell reads any argv back as it was", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", " ", "'", '"', "\\", "$", "`", "\n", "*", "!", "~", "#", "ä", ";", "-"),
    maxLength: 6,
  });
  // One shell for all of them: each is printed as its words, each ended by a NUL.
  const samples = fc.sample(fc.array(word, { minLength: 1, maxLength: 4 }), 200);
  const script = samples.map((argv) => `printf '%s\\0' ${shellQuote(argv)}`).join("\n");
  const { stdout } = spawnSync("/bin/bash", ["-c", script], { encoding: "utf8" });
  assert.deepEqual(stdout.split("\0").slice(0, -1), samples.flat());
});
