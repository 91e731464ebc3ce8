// Rules and questions in the words a person reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decisionWords,
  patternWords,
  removalQuestion,
  scopeTitle,
  sourceWords,
  verdictWords,
} from "../../../extension/approvals/rule-words.ts";
import { amounts, closedQuestion, stopAllQuestion } from "../../../extension/terminals/stop-words.ts";
import { whyNotTyped } from "../../../extension/terminals/typed-script.ts";
import type { Rule } from "../../../server/protocol/command.ts";

const rule: Rule = {
  id: "1",
  pattern: [["npm"], ["test", "run it"]],
  exact: false,
  decision: "allow",
  scope: "always",
  workspace: null,
  outsideSandbox: false,
  justification: null,
  source: "default.rules:3",
};

const work = { name: "Work", cwd: "/work" };
const other = { name: "Other", cwd: "/other" };

test("a rule says what it matches, what happens then, where it stands and for how long", () => {
  assert.equal(patternWords(rule), "npm (test | 'run it') …");
  assert.equal(patternWords({ ...rule, exact: true }), "npm (test | 'run it')");
  assert.equal(decisionWords({ ...rule, outsideSandbox: true }), "runs without asking, also outside the sandbox");
  assert.equal(sourceWords({ source: null, justification: null }), "until the thread ends");
  assert.equal(sourceWords({ ...rule, justification: "it is safe" }), "default.rules:3: it is safe");
  assert.deepEqual(
    [
      scopeTitle("thread", null, [work]),
      scopeTitle("workspace", "/work", [work]),
      scopeTitle("workspace", "/work", [other]),
      scopeTitle("workspace", "/work", [other, work]),
      scopeTitle("always", null, []),
    ],
    ["This thread", "This workspace", "In /work", "Threads in Work", "Always"],
  );
});

test("only a rule that holds something back is removed with a question", () => {
  assert.equal(removalQuestion(rule), null);
  const forbids: Rule = { ...rule, pattern: [["rm"]], decision: "forbidden" };
  assert.equal(removalQuestion(forbids), "Remove the rule by which `rm …` is refused?");
});

test("a verdict names what would happen, the reason and the rule", () => {
  assert.equal(
    verdictWords({ verdict: "ask", rule: null, reason: "it is not known to be harmless" }),
    "It asks first. It is not known to be harmless. No rule decided it.",
  );
  assert.equal(
    verdictWords({ verdict: "forbid", rule: "default.rules:1", reason: "Never." }),
    "It is refused. Never. Rule: default.rules:1",
  );
});

test("questions before something is stopped name what ends", () => {
  assert.equal(closedQuestion(["npm run dev"]).sentence, "Stop `npm run dev`? Its terminal was closed.");
  assert.match(closedQuestion(["a", "b"]).detail, /^• a\n• b\n\n/);
  assert.deepEqual(
    [amounts(0, 0), amounts(1, 0), amounts(0, 2), amounts(2, 1)],
    ["0 turns", "1 turn", "2 commands", "2 turns and 1 command"],
  );
  const many = Array.from({ length: 10 }, (_, index) => `sleep ${index}`);
  assert.match(stopAllQuestion(1, many).detail, /sleep 7\n… and 2 more\n/);
});

test("nothing is typed into a person's shell that its line editor would take as a key", () => {
  assert.equal(whyNotTyped("for f in *\ndo echo $f\ndone"), null);
  for (const bad of ["a\rb", "a\tb", "\x03", "\x1b[A", "\x7f", "\x9b"]) assert.notEqual(whyNotTyped(bad), null);
  assert.match(whyNotTyped("echo \x1b]0;x") ?? "", /control character \(U\+001B\)/);
  assert.match(whyNotTyped(" \n") ?? "", /no command/);
});
