// How the editor says that something waits for a person.
import assert from "node:assert/strict";
import { test } from "node:test";
import { waitingWords } from "../../../extension/approvals/waiting-words.ts";

const [command, files, question] = [
  "item/commandExecution/requestApproval",
  "item/fileChange/requestApproval",
  "item/tool/requestUserInput",
];

for (const [methods, expected] of [
  [[], null],
  [[command], { count: 1, sentence: "Belay needs your approval" }],
  [[command, files], { count: 2, sentence: "Belay needs 2 approvals" }],
  [[question], { count: 1, sentence: "Belay asks you a question" }],
  [[question, question], { count: 2, sentence: "Belay asks you 2 questions" }],
  [[command, question, files], { count: 3, sentence: "Belay needs 3 answers" }],
] as const) {
  test(`${methods.join(", ") || "nothing"}: ${expected?.sentence}`, () =>
    assert.deepEqual(waitingWords(methods), expected));
}
