// The item of a command: as it starts, whoever runs it, and as it ends.
import { commandActions } from "../approval/command-actions.ts";
import type { CommandEnding, ThreadItemOf } from "../protocol/item.ts";
import { shellQuote } from "../util/shell-quote.ts";
import type { ExecOutcome } from "./command.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export function startedCommand(
  command: Pick<CommandItem, "id" | "cwd" | "source" | "processId"> & {
    argv: readonly string[];
    script: string;
    tty: boolean;
    startedAtMs: number;
  },
): CommandItem {
  return {
    type: "commandExecution",
    id: command.id,
    command: shellQuote(command.argv),
    script: command.script,
    cwd: command.cwd,
    processId: command.processId,
    source: command.source,
    status: "inProgress",
    commandActions: commandActions(command.script, command.cwd),
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    tty: command.tty,
    pluginId: null,
    scriptPath: null,
    startedAtMs: command.startedAtMs,
    completedAtMs: null,
  };
}

export function endedCommand(item: CommandItem, outcome: ExecOutcome, completedAtMs: number): CommandItem {
  if (outcome.kind === "refused") {
    return { ...unstartedCommand(item, "failed", completedAtMs), aggregatedOutput: outcome.message };
  }
  const ending = endingOf(outcome);
  const output = outcome.spawnError === null ? outcome.output : `${outcome.output}${outcome.spawnError}\n`;
  return {
    ...item,
    status: ending === "exited" && outcome.exitCode === 0 ? "completed" : "failed",
    aggregatedOutput: output === "" ? null : output,
    exitCode: outcome.exitCode,
    durationMs: Math.round(outcome.durationMs),
    ending,
    signal: outcome.signal,
    completedAtMs,
  };
}

/** One that never ran. */
export function unstartedCommand(item: CommandItem, status: "failed" | "declined", completedAtMs: number): CommandItem {
  return { ...item, status, processId: null, ending: "notStarted", signal: null, completedAtMs };
}

/** Why it ended comes before how: a command that is stopped ends by a signal or catches it and exits. */
function endingOf(outcome: Extract<ExecOutcome, { kind: "ended" }>): CommandEnding {
  if (outcome.spawnError !== null) return "notStarted";
  if (outcome.timedOut) return "timedOut";
  if (outcome.aborted) return "stopped";
  return outcome.signal === null ? "exited" : "signal";
}
