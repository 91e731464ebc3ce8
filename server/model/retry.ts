// Asks a model again when its answer broke off: when that makes sense, how long to wait before, and when to give up.
import { setTimeout as pause } from "node:timers/promises";
import type { Model, ModelEvent, ModelFailure, ModelRequest, Retry } from "./model.ts";

export interface RetryLimits {
  /** Tries that nobody is told of. */
  requestRetries: number;
  /** Tries that people are told of. */
  streamRetries: number;
  baseDelayMs: number;
}

/** What was tried again so far, for one answer. */
export interface Tried {
  silent: number;
  shown: number;
}

type Decision = { type: "giveUp" } | { type: "tryAgain"; isShown: boolean; waitMs: number };

/** Whoever asks for more is not asked again by us: the person hears of it and decides. */
export const MAX_ASKED_WAIT_MS = 120_000;
const MAX_WAIT_MS = 10_000;
/** Of the wait, either way: many that failed together must not come back together. */
const JITTER = 0.2;

/** `random` is in [0, 1). */
export function decideRetry(retry: Retry | undefined, tried: Tried, limits: RetryLimits, random: number): Decision {
  if (retry === undefined || (retry.afterMs ?? 0) > MAX_ASKED_WAIT_MS) return { type: "giveUp" };
  const isShown = retry.kind === "stream" || tried.silent >= limits.requestRetries;
  if (isShown && tried.shown >= limits.streamRetries) return { type: "giveUp" };
  const steps = limits.baseDelayMs * 2 ** Math.min(tried.silent + tried.shown, 16);
  const waitMs = Math.min(steps, MAX_WAIT_MS) * (1 - JITTER + 2 * JITTER * random);
  // Never before the provider wants it.
  const askedMs = (retry.afterMs ?? 0) * (1 + (JITTER / 2) * random);
  return { type: "tryAgain", isShown, waitMs: Math.max(waitMs, askedMs) };
}

/** Each stream of it is as many streams of `model` as it takes. */
export function retryingModel(model: Model, limits: RetryLimits): Model {
  return { stream: (request, signal) => stream(model, limits, request, signal) };
}

async function* stream(
  model: Model,
  limits: RetryLimits,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const tried: Tried = { silent: 0, shown: 0 };
  for (;;) {
    const broken = yield* attempt(model, request, signal);
    if (broken === null) return;
    const { failure, hasSpoken } = broken;
    const retry = failure.retry && hasSpoken ? { ...failure.retry, kind: "stream" as const } : failure.retry;
    const decision = decideRetry(retry, tried, limits, Math.random());
    if (decision.type === "giveUp") {
      yield { type: "failed", failure };
      return;
    }
    if (decision.isShown) {
      tried.shown++;
      yield { type: "reconnecting", attempt: tried.shown, of: limits.streamRetries, failure };
    } else {
      tried.silent++;
    }
    await pause(decision.waitMs, null, { signal }).catch(() => null);
    if (signal.aborted) {
      yield { type: "interrupted" };
      return;
    }
  }
}

/** One stream, but for its failure: that is the result. Null: it ended otherwise, and has said so. */
async function* attempt(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, { failure: ModelFailure; hasSpoken: boolean } | null> {
  let hasSpoken = false;
  for await (const event of model.stream(request, signal)) {
    if (event.type === "failed") return { failure: event.failure, hasSpoken };
    hasSpoken = true;
    yield event;
  }
  return null;
}
