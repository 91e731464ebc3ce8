// A command that the person chose to run in a shell of their own: what became of it, as far as anybody knows.
import { forModel } from "../exec/output.ts";
import type { RunInTerminalResult } from "../protocol/command.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import { MAX_OUTPUT_TOKENS } from "./output-bounds.ts";

export function endedElsewhere(
  item: ThreadItemOf<"commandExecution">,
  { ran, exitCode, output, problem }: RunInTerminalResult,
  completedAtMs: number,
): ThreadItemOf<"commandExecution"> {
  const ending = !ran ? "notStarted" : exitCode === null ? "unknown" : "exited";
  const said = [output, problem].filter((text) => text !== null && text !== "").join("\n");
  return {
    ...item,
    // Nothing says that it failed.
    status: ran && (exitCode ?? 0) === 0 ? "completed" : "failed",
    ending,
    exitCode,
    aggregatedOutput: said === "" ? null : said,
    durationMs: item.startedAtMs == null ? null : Math.max(0, completedAtMs - item.startedAtMs),
    completedAtMs,
  };
}

/** For the model. */
export function describeElsewhere({ ran, exitCode, output, problem }: RunInTerminalResult): string {
  if (!ran)
    return `The user chose to run it in their own terminal, but it did not run: ${problem ?? "no reason is known"}`;
  const end = exitCode === null ? "How it ended is not known" : `Process exited with code ${exitCode}`;
  const shown = output === null ? "(not known)" : forModel(output, { maxTokens: MAX_OUTPUT_TOKENS, truncatedBytes: 0 });
  const about = "The user ran it in their own terminal, outside the sandbox.";
  return `${about}\n${end}${problem === null ? "" : ` (${problem})`}\nOutput:\n${shown}`;
}
