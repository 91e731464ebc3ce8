// A script is a model's part written down beforehand: what it says and which tools it calls, step by step, depending
// on what the tools returned. Playing it is a pure function of the history, so that it resumes like any other model.
import * as z from "zod";
import type { HistoryItem } from "./model.ts";

/** A pattern is a JavaScript regular expression, matched case-insensitively with `s` and `m`. */
const Pattern = z.string().refine(isPattern, "is not a valid regular expression");

const ScriptedCall = z.object({
  name: z.string(),
  /** Arguments of a JSON tool. */
  arguments: z.record(z.string(), z.unknown()).optional(),
  /** Lines of a freeform tool's input, joined with line feeds. */
  input: z.array(z.string()).optional(),
});

const Step = z.object({
  /** Plays only when the newest outputs of the tools of this turn match. Absent: always. */
  when: z
    .object({
      /** Some output of the last batch of tools matches. */
      output: Pattern.optional(),
      /** No output of the last batch of tools matches. */
      notOutput: Pattern.optional(),
    })
    .optional(),
  reasoning: z.string().optional(),
  text: z.string().optional(),
  calls: z.array(ScriptedCall).default([]),
  /** Pause before each streamed piece, in milliseconds. */
  delayMs: z.number().min(0).max(10_000).default(0),
  /** A failure instead of an answer, for rehearsing bad days. */
  fail: z.string().optional(),
  /** The answer breaks off in its middle so many times before it comes whole; each time it is asked for after a wait. */
  cut: z.object({ times: z.int().min(1), waitMs: z.number().min(0).max(10_000) }).optional(),
  /** Tells tokens with the answer: a count of its characters, since nobody is paid for them. */
  tellsTokens: z.boolean().optional(),
});
export type Step = z.infer<typeof Step>;

export const Script = z.object({
  /** Shown to people, who must know that no model is asked. */
  name: z.string(),
  scenes: z.array(
    z.object({
      /** The scene plays for a prompt that matches; absent: for any. The first match wins. */
      prompt: Pattern.optional(),
      steps: z.array(Step).min(1),
    }),
  ),
});
export type Script = z.infer<typeof Script>;

/**
 * The step to play next: each answer of this turn plays the first step behind the one before whose condition holds.
 * Null when no scene fits the prompt, or its steps are used up.
 */
export function nextStep(script: Script, history: readonly HistoryItem[]): Step | null {
  const start = history.findLastIndex((item) => item.type === "message" && item.role === "user");
  const prompt = history[start];
  if (prompt?.type !== "message") return null;
  const scene = script.scenes.find((candidate) => matches(candidate.prompt, prompt.text));
  if (scene === undefined) return null;

  let position = 0;
  for (const outputs of outputsBeforeEachAnswer(history.slice(start + 1))) {
    const found = scene.steps.findIndex((step, index) => index >= position && holds(step, outputs));
    if (found === -1) return null;
    position = found + 1;
  }
  return scene.steps[position - 1] ?? null;
}

/** For each answer of the turn, the next one included: what the tools returned just before it. */
function outputsBeforeEachAnswer(turn: readonly HistoryItem[]): string[][] {
  const batches: string[][] = [[]];
  let last: HistoryItem["type"] | null = null;
  for (const item of turn) {
    if (item.type === "toolOutput") {
      if (last !== "toolOutput") batches.push([]);
      batches.at(-1)?.push(item.output);
    }
    last = item.type;
  }
  return batches;
}

function holds({ when }: Step, outputs: readonly string[]): boolean {
  if (when === undefined) return true;
  const some = (pattern: string) => outputs.some((output) => matches(pattern, output));
  return (when.output === undefined || some(when.output)) && (when.notOutput === undefined || !some(when.notOutput));
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern, "ims").test(text);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, "ims");
    return true;
  } catch {
    // The caller reports it with the place in the script.
    return false;
  }
}
