// The built-in model that plays a script and needs no key: for the demo, for tests, for trying Belay without an account.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Model, ModelEvent, ModelRequest } from "./model.ts";
import type { Script, Step } from "./script.ts";

/** What people see wherever this model's name stands. */
export const SCRIPTED_MODEL_NAME = "Scripted (no AI)";

export function scriptedModel(scriptPath: string): Model {
  let script: Promise<Script> | null = null;
  return {
    async *stream(request, signal) {
      try {
        script ??= readScript(scriptPath);
        yield* play(await script, request, signal);
      } catch (error) {
        script = null;
        const message = `The script ${scriptPath} cannot be played: ${(error as Error).message}. Correct it, or name another under [model_providers.scripted].`;
        yield { type: "failed", failure: { message, info: "other", details: null } };
      }
    },
  };
}

async function readScript(path: string): Promise<Script> {
  const [text, { Script: schema }] = await Promise.all([readFile(path, "utf8"), import("./script.ts")]);
  return schema.parse(JSON.parse(text));
}

async function* play(script: Script, request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const { nextStep } = await import("./script.ts");
  const step = nextStep(script, request.history) ?? offScript(script);
  for (const event of stepEvents(step, request.history.length)) {
    if (step.delayMs > 0) await pause(step.delayMs, null, { signal }).catch(() => null);
    if (signal.aborted) {
      yield { type: "interrupted" };
      return;
    }
    yield event;
  }
}

function offScript(script: Script): Step {
  const text = `This is the scripted model "${script.name}": it plays a written script, no AI answers here, and the script has nothing for this. Choose a model provider in config.toml to talk to a real model.`;
  return { text, calls: [], delayMs: 0 };
}

/** `salt` keeps the ids of one thread's calls apart. */
export function* stepEvents(step: Step, salt: number): Generator<ModelEvent> {
  if (step.fail !== undefined) {
    yield { type: "failed", failure: { message: step.fail, info: "other", details: null } };
    return;
  }
  if (step.reasoning !== undefined) {
    const id = "reasoning";
    yield { type: "reasoningStarted", id };
    yield { type: "reasoningSummaryPart", id, index: 0 };
    for (const delta of pieces(step.reasoning)) yield { type: "reasoningSummaryDelta", id, index: 0, delta };
    yield { type: "reasoningCompleted", id, summary: [step.reasoning], content: [], encrypted: null };
  }
  if (step.text !== undefined) {
    const id = "message";
    yield { type: "messageStarted", id };
    for (const delta of pieces(step.text)) yield { type: "messageDelta", id, delta };
    yield { type: "messageCompleted", id, text: step.text };
  }
  for (const [index, { name, arguments: args, input }] of step.calls.entries()) {
    const callId = `call_${salt}_${index}`;
    if (input) {
      for (const delta of pieces(input.join("\n"))) yield { type: "toolInputDelta", callId, name, delta };
    }
    yield {
      type: "toolCall",
      call: input
        ? { type: "toolCall", callId, name, kind: "freeform", input: input.join("\n") }
        : { type: "toolCall", callId, name, kind: "json", input: JSON.stringify(args ?? {}) },
    };
  }
  // A script uses no tokens, so it reports none.
  yield { type: "completed", usage: null };
}

/** Words with the space behind them: about what a model streams. */
function pieces(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
