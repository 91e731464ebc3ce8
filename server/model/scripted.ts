// The built-in model that plays a script and needs no key: for the demo, for tests, for trying Belay without an account.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import type { Model, ModelEvent, ModelFailure, ModelRequest } from "./model.ts";
import type { Script, Step } from "./script.ts";

/** What people see wherever this model's name stands. */
export const SCRIPTED_MODEL_NAME = "Scripted (no AI)";

export function scriptedModel(scriptPath: string): Model {
  let script: Promise<Script> | null = null;
  /** How often the answer to a request has broken off; who asks anew does so with the same request. */
  const cuts = new WeakMap<ModelRequest, number>();
  return {
    async *stream(request, signal) {
      try {
        script ??= readScript(scriptPath);
        yield* play(await script, request, { signal, cuts });
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

interface Playing {
  signal: AbortSignal;
  cuts: WeakMap<ModelRequest, number>;
}

async function* play(script: Script, request: ModelRequest, { signal, cuts }: Playing): AsyncGenerator<ModelEvent> {
  const { nextStep } = await import("./script.ts");
  const step = nextStep(script, request.history) ?? offScript(script);
  const events = [...stepEvents(step, request)];
  const cutsSoFar = cuts.get(request) ?? 0;
  const isCut = step.cut !== undefined && cutsSoFar < step.cut.times;
  for (const event of isCut ? events.slice(0, events.length / 2) : events) {
    if (step.delayMs > 0) await pause(step.delayMs, null, { signal }).catch(() => null);
    if (signal.aborted) {
      yield { type: "interrupted" };
      return;
    }
    yield event;
  }
  if (!isCut) return;
  cuts.set(request, cutsSoFar + 1);
  yield { type: "failed", failure: cutFailure(step.cut?.waitMs ?? 0) };
}

function cutFailure(afterMs: number): ModelFailure {
  return {
    message: "The scripted answer broke off, as its script says.",
    info: { responseStreamDisconnected: { httpStatusCode: null } },
    details: null,
    retry: { kind: "stream", afterMs, httpStatus: null },
  };
}

function offScript(script: Script): Step {
  const text = `This is the scripted model "${script.name}": it plays a written script, no AI answers here, and the script has nothing for this. Choose a model provider in config.toml to talk to a real model.`;
  return { text, calls: [], delayMs: 0 };
}

export function* stepEvents(step: Step, request: Pick<ModelRequest, "history" | "tools">): Generator<ModelEvent> {
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
    // The length keeps the ids of one thread's calls apart.
    const callId = `call_${request.history.length}_${index}`;
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
  // A script uses no tokens, so it reports none unless it is to play that, too.
  yield { type: "completed", usage: step.tellsTokens ? countedTokens(step, request) : null };
}

function countedTokens(step: Step, { history, tools }: Pick<ModelRequest, "history" | "tools">): TokenUsageBreakdown {
  const tokens = (value: unknown) => Math.ceil(JSON.stringify(value).length / CHARACTERS_PER_TOKEN);
  const inputTokens = tokens([history, tools]);
  const outputTokens = tokens([step.reasoning, step.text, step.calls]);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cachedInputTokens: 0,
    reasoningOutputTokens: 0,
  };
}

/** About what is usual for English and code. */
const CHARACTERS_PER_TOKEN = 3.5;

/** Words with the space behind them: about what a model streams. */
function pieces(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
