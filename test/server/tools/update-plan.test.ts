// The plan that a model tells: what is taken, what is refused with its cure, and what it is told of the tool.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrepareContext } from "../../../server/tools/tool.ts";
import { updatePlan } from "../../../server/tools/update-plan.ts";

const step = { step: "Look", status: "pending" };
const none: unknown[] = [];

for (const [what, given, told] of [
  [
    "every status, and why the plan changes",
    { explanation: "Less", plan: [{ step: "a", status: "completed" }, { step: "b", status: "in_progress" }, step] },
    {
      explanation: "Less",
      plan: [
        { step: "a", status: "completed" },
        { step: "b", status: "inProgress" },
        { step: "Look", status: "pending" },
      ],
    },
  ],
  ["no explanation", { plan: [step] }, { explanation: null, plan: [step] }],
  ["null for it", { explanation: null, plan: [step] }, { explanation: null, plan: [step] }],
  ["no steps any more", { plan: none }, { explanation: null, plan: none }],
  [
    "words that stand for something elsewhere, as they are",
    { plan: [{ ...step, step: " <a>\u202e\n" }] },
    { explanation: null, plan: [{ ...step, step: " <a>\u202e\n" }] },
  ],
] as const)
  test(`a plan may have ${what}`, async () => {
    assert.deepEqual(await prepare(given), { kind: "plan", ...told, output: "Plan updated" });
  });

for (const [what, given, cure] of [
  ["without a list", {}, /list of all steps, each with its step and its status\n.*at plan/],
  ["with a step without words", { plan: [{ ...step, step: " \n" }] }, /needs words.*\n.*at plan\[0\]\.step/],
  ["with a long step", { plan: [step, { ...step, step: "x".repeat(301) }] }, /at most 300.*few words.*\n.*plan\[1\]/],
  ["with a status of its own", { plan: [{ ...step, status: "done" }] }, /one of pending, in_progress, completed/],
  ["with too many steps", { plan: Array.from({ length: 41 }, () => step) }, /at most 40 steps: put those together/],
  ["with a long explanation", { explanation: "x".repeat(1_001), plan: [step] }, /at most 1000 .*in a sentence/],
] as const)
  test(`a plan ${what} is refused, and the answer says what would be one`, async () => {
    const prepared = await prepare(given);
    assert.equal(prepared.kind, "immediate");
    assert.match("output" in prepared ? prepared.output : "", /^failed to parse function arguments: /);
    assert.match("output" in prepared ? prepared.output : "", cure);
  });

function prepare(given: object) {
  return updatePlan.prepare({ kind: "json", input: JSON.stringify(given) }, {} as PrepareContext);
}
