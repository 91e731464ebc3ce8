// The model says what it is going to do, step by step, so that people see where it is. It needs no approval.
import * as z from "zod";
import type { TurnPlanStep } from "../protocol/turn.ts";
import { jsonTool } from "./define.ts";

/** As models write what clients are told in the protocol's own words. */
export const modelStatus = {
  pending: "pending",
  inProgress: "in_progress",
  completed: "completed",
} as const satisfies Record<TurnPlanStep["status"], string>;

const MAX_STEPS = 40;
const MAX_STEP_CHARS = 300;
const MAX_EXPLANATION_CHARS = 1_000;

const statuses = Object.values(modelStatus);

const Params = z.object({
  explanation: z
    .string()
    .max(MAX_EXPLANATION_CHARS, `at most ${MAX_EXPLANATION_CHARS} characters: say it in a sentence`)
    .nullish()
    .describe("One sentence on why the plan changes; leave it out where only a status does"),
  plan: z
    .array(
      z.object({
        step: z
          .string()
          .regex(/\S/, "a step needs words: say in a few what is done in it")
          .max(MAX_STEP_CHARS, `at most ${MAX_STEP_CHARS} characters: say in a few words what is done in it`)
          .describe("What is done in it, in a few words"),
        status: z.enum(statuses, `one of ${statuses.join(", ")}`),
      }),
      "the list of all steps, each with its step and its status",
    )
    .max(MAX_STEPS, `at most ${MAX_STEPS} steps: put those together that belong together`)
    .describe("All steps in their order, those that are done included"),
});

export const updatePlan = jsonTool(Params, {
  name: "update_plan",
  description:
    "Shows the user what you are going to do, as a list of steps, and where you are in it. For work of several steps, " +
    "not for what is done in one or two. Each call gives the whole list anew: call it when you begin, when a step is " +
    "done and the next begins (one is in_progress at a time), and when the plan changes. It does nothing by itself, and " +
    "need not be repeated in words.",

  prepare: async ({ explanation, plan }) => ({
    kind: "plan",
    explanation: explanation ?? null,
    plan: plan.map(({ step, status }) => ({ step, status: protocolStatus[status] })),
    output: "Plan updated",
  }),
});

const protocolStatus = { pending: "pending", in_progress: "inProgress", completed: "completed" } as const;
