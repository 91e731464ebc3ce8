// The other side of a file change, worked out from its hunks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { textAfter, textBefore } from "../../../extension/edits/reverse-hunks.ts";

const before = "one\ntwo\nthree\n";
const after = "one\nTWO\nthree\n";
const hunks = "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";

test("hunks lead from before to after and back", () => {
  assert.equal(textAfter(before, hunks), after);
  assert.equal(textBefore(after, hunks), before);
});

test("lines that were added above move the hunk, not break it", () => {
  assert.equal(textBefore(`new\nlines\n${after}`, hunks), `new\nlines\n${before}`);
});

test("line ends of the file are kept", () => {
  assert.equal(textBefore(after.replaceAll("\n", "\r\n"), hunks), before.replaceAll("\n", "\r\n"));
});

test("a file without a line end at its end", () => {
  const cut = "@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+TWO\n\\ No newline at end of file\n";
  assert.equal(textBefore("one\nTWO", cut), "one\ntwo");
});

test("hunks that do not fit any more, and text that is no diff, give null", () => {
  assert.equal(textBefore("one\nsomething else\nthree\n", hunks), null);
  assert.equal(textBefore(after, "@@ -1,3 +1,9 @@\n broken"), null);
});
