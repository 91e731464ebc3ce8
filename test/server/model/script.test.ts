// Playing a script is a pure function of the history: conditions, branches, and going on after a restart.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { HistoryItem } from "../../../server/model/model.ts";
import { nextStep, Script } from "../../../server/model/script.ts";
import { root } from "../../support/test-server.ts";

const user = (text: string): HistoryItem => ({ type: "message", role: "user", text });
const said = (text: string): HistoryItem => ({ type: "message", role: "assistant", text });
const call = (callId: string): HistoryItem => ({
  type: "toolCall",
  callId,
  name: "exec_command",
  kind: "json",
  input: "{}",
});
const output = (callId: string, text: string): HistoryItem => ({
  type: "toolOutput",
  callId,
  kind: "json",
  output: text,
});

const script = Script.parse({
  name: "test",
  scenes: [
    {
      prompt: "^fix",
      steps: [
        { text: "look" },
        { when: { output: "FAIL" }, text: "repair" },
        { when: { notOutput: "fail" }, text: "fine" },
        { text: "end" },
      ],
    },
    { prompt: "silent", steps: [{ when: { output: "never" }, text: "no" }] },
    { steps: [{ text: "hello" }] },
  ],
});

test("the first scene that matches the prompt plays, case aside; the newest prompt counts", () => {
  assert.equal(play([user("Fix it")]), "look");
  assert.equal(play([user("please fix it")]), "hello");
  assert.equal(play([user("please\nfix it")]), "look");
  assert.equal(play([user("fix it"), said("look"), user("and you?")]), "hello");
});

test("a step plays when the newest outputs hold its condition; steps behind a played one are skipped, never repeated", () => {
  const begin = [user("fix"), said("look"), call("1")];
  assert.equal(play([...begin, output("1", "2 tests failed")]), "repair");
  assert.equal(play([...begin, output("1", "all passed")]), "fine");
  const repaired = [...begin, output("1", "fail"), said("repair"), call("2")];
  assert.equal(play([...repaired, output("2", "passed")]), "fine");
  assert.equal(play([...repaired, output("2", "fail")]), "end");
  assert.equal(play([...repaired, output("2", "fail"), call("3"), output("3", "x")]), null);
});

test("outputs of one answer count together", () => {
  const history = [user("fix"), call("1"), call("2"), output("1", "passed"), output("2", "fail")];
  assert.equal(play(history), "repair");
  assert.equal(play(history.with(4, output("2", "passed"))), "fine");
});

test("nothing plays without a prompt, a scene that fits, or a step that holds", () => {
  assert.equal(play([]), null);
  assert.equal(play([said("x")]), null);
  assert.equal(play([user("silent")]), null);
  assert.equal(nextStep(Script.parse({ name: "none", scenes: [] }), [user("x")]), null);
});

test("what to play next depends on the history alone, so a restart in the middle changes nothing", () => {
  const history = [
    user("fix"),
    said("look"),
    call("1"),
    output("1", "fail"),
    said("repair"),
    call("2"),
    output("2", "ok"),
  ];
  const once = Array.from({ length: history.length + 1 }, (_, end) => play(history.slice(0, end)));
  const again = Array.from({ length: history.length + 1 }, (_, end) => play(structuredClone(history.slice(0, end))));
  assert.deepEqual(again, once);
});

test("a script says what is wrong with it", () => {
  const broken = Script.safeParse({ name: "x", scenes: [{ prompt: "(", steps: [] }] });
  assert.deepEqual(
    broken.error?.issues.map(({ path, message }) => [path.join("."), message.replace(/:.*/, "")]),
    [
      ["scenes.0.prompt", "is not a valid regular expression"],
      ["scenes.0.steps", "Too small"],
    ],
  );
});

test("the script for the demo is a script", () => {
  const text = readFileSync(`${root}server/model/demo-script.json`, "utf8");
  assert.ok(Script.parse(JSON.parse(text)).scenes.length > 0);
});

function play(history: HistoryItem[]): string | null {
  return nextStep(script, history)?.text ?? null;
}
