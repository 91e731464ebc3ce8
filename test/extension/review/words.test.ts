// What a person is told about changes to review.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  conflictTitle,
  doneWords,
  fileWords,
  mergeQuestion,
  promptLabel,
  reasonWords,
  sizeWords,
  undoAllQuestion,
} from "../../../extension/review/words.ts";

const facts = {
  path: "/p/cart.js",
  state: "written",
  movedFrom: null,
  warning: null,
  cannotUndo: null,
  added: 3,
  removed: 1,
} as const;

test("a file says what Belay did with it, or wants to, and why that cannot be undone", () => {
  assert.equal(fileWords({ ...facts, kind: "add" }), "Belay added this file (+3 −1); not reviewed yet.");
  assert.equal(
    fileWords({ ...facts, kind: "update", movedFrom: "/p/basket.js" }),
    "Belay moved this file from basket.js (+3 −1); not reviewed yet.",
  );
  assert.equal(
    fileWords({ ...facts, kind: "delete", state: "proposed" }),
    "Belay wants to delete this file (+3 −1); not reviewed yet.",
  );
  assert.equal(
    fileWords({ ...facts, kind: "update", cannotUndo: "It was too large to keep." }),
    "Belay changed this file (+3 −1); not reviewed yet. It cannot be undone: It was too large to keep.",
  );
  assert.equal(
    fileWords({ ...facts, kind: "add", warning: "It can change what programs run." }),
    "Belay added this file (+3 −1); not reviewed yet. Look closely: it can change what programs run.",
  );
});

test("a prompt is named by its first words, on one line", () => {
  assert.equal(promptLabel("Make\n  the tests pass"), "Make the tests pass");
  assert.equal(promptLabel("word ".repeat(20)), "word word word word word word word word…");
  assert.equal(promptLabel("x".repeat(60)), `${"x".repeat(40)}…`);
});

test("sizes are in the units of file managers", () => {
  assert.deepEqual([0, 999, 1500, 12_345_678, 1e9].map(sizeWords), [
    "0 bytes",
    "999 bytes",
    "1.5 kB",
    "12 MB",
    "1.0 GB",
  ]);
});

test("undoing everything names the files, and does not fill the screen with them", () => {
  const files = Array.from({ length: 12 }, (_, index) => `${index}.js`);
  const { sentence, detail } = undoAllQuestion(files);
  assert.equal(sentence, "Undo all of Belay's changes in 12 files?");
  assert.match(detail, /^0\.js\n.*\n9\.js\nand 2 files more\n\nEdits of yours in other lines stay\./s);
});

test("what was done, must be merged, or stands in the way is said with how many files", () => {
  assert.deepEqual(
    [doneWords("undo", 2), doneWords("redo", 1), doneWords("keep", 0)],
    ["Undone in 2 files.", "Done again in 1 file.", "Kept."],
  );
  assert.equal(mergeQuestion("undo", ["cart.js"]).title, "cart.js was changed since (now ↔ merged)");
  const { sentence, yes } = mergeQuestion("redo", ["a", "b"]);
  assert.match(`${sentence} ${yes}`, /^2 files were changed since\. .*that stays, and .*come back\. Redo with Merge$/);
  assert.equal(conflictTitle("undo", 2), "Nothing was undone: these 2 files are in the way");
  assert.equal(reasonWords("line 11 was changed since"), "Line 11 was changed since.");
});
