// What the model is told of a command: how it stands, and what it has written since the model last looked.
import * as z from "zod";
import type { NewOutput } from "../exec/command.ts";
import { forModel } from "../exec/output.ts";
import { MAX_OUTPUT_TOKENS } from "./output-bounds.ts";
import type { EndedCommand, ExecOutcome, ThreadCommand } from "./command.ts";

export const MaxOutputTokens = z
  .int()
  .min(100)
  .max(MAX_OUTPUT_TOKENS)
  .optional()
  .describe("How much output you get back; more is cut in the middle.");

export interface Look {
  /** For its end, at most. */
  readonly waitMs: number;
  readonly maxTokens: number;
  /** The model has just ended the command itself. */
  readonly isEndedByModel?: boolean;
}

/** `end` is null when the command goes on; then it is one in the background. Never rejects. */
export async function tellOf(
  command: ThreadCommand,
  { waitMs, maxTokens, isEndedByModel = false }: Look,
  signal: AbortSignal,
): Promise<{ text: string; end: EndedCommand | null }> {
  const startedAt = performance.now();
  await atMost(command.ended, waitMs, signal);
  // A turn that is stopped stops its commands: theirs is the end to tell.
  const end = command.isEnded || isStopping(command, signal) ? await command.ended : null;
  if (end === null) command.goOn();
  const wallTimeMs = performance.now() - startedAt;
  const state =
    end === null
      ? `Process running with session ID ${command.item.processId ?? ""}`
      : stateOf(end.outcome, isEndedByModel ? "Stopped by your interrupt" : "aborted by user");
  return { text: describe(state, { wallTimeMs, output: command.takeNew(), maxTokens }), end };
}

function isStopping(command: ThreadCommand, signal: AbortSignal): boolean {
  return signal.aborted && !command.isBackground;
}

function describe(
  state: string,
  { wallTimeMs, output, maxTokens }: { wallTimeMs: number; output: NewOutput; maxTokens: number },
): string {
  const { text, omitted } = output;
  const lines = [
    `Wall time: ${(wallTimeMs / 1000).toFixed(4)} seconds`,
    state,
    `Original token count: ${Math.ceil((Buffer.byteLength(text) + omitted) / 4)}`,
    "Output:",
  ];
  return `${lines.join("\n")}\n${forModel(text, { maxTokens, truncatedBytes: omitted })}`;
}

function stateOf(outcome: ExecOutcome, stopped: string): string {
  if (outcome.kind === "refused") return `The command could not be started: ${outcome.message}`;
  if (outcome.spawnError !== null) return `The command could not be started: ${outcome.spawnError}`;
  if (outcome.aborted) return stopped;
  if (outcome.timedOut) return `Stopped after its time limit of ${(outcome.durationMs / 1000).toFixed(1)} seconds`;
  if (outcome.signal !== null) return `Process ended by signal ${outcome.signal}`;
  return `Process exited with code ${outcome.exitCode ?? "unknown"}`;
}

/** Resolves with the promise, after the time, or with the signal: whatever comes first. */
async function atMost(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const over = new Promise<void>((resolve) => (stop = resolve));
  const timer = setTimeout(stop, ms);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await Promise.race([promise, over]);
  clearTimeout(timer);
  signal.removeEventListener("abort", stop);
}
