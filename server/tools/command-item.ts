// The item of a command: as it starts, whoever runs it, and as it ends.
import type { ThreadItemOf } from "../protocol/item.ts";
import { shellQuote } from "../util/shell-quote.ts";
import type { ExecOutcome } from "./tool.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export function startedCommand(
  command: Pick<CommandItem, "id" | "cwd" | "source"> & {
    argv: readonly string[];
    script: string;
    startedAtMs: number;
  },
): CommandItem {
  return {
    type: "commandExecution",
    id: command.id,
    command: shellQuote(command.argv),
    script: command.script,
    cwd: command.cwd,
    processId: null,
    source: command.source,
    status: "inProgress",
    commandActions: [{ type: "unknown", command: command.script }],
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    pluginId: null,
    scriptPath: null,
    startedAtMs: command.startedAtMs,
    completedAtMs: null,
  };
}

export function endedCommand(item: CommandItem, outcome: ExecOutcome, completedAtMs: number): CommandItem {
  if (outcome.kind === "refused") {
    return { ...item, status: "failed", aggregatedOutput: outcome.message, completedAtMs };
  }
  return {
    ...item,
    status: outcome.exitCode === 0 ? "completed" : "failed",
    aggregatedOutput: outcome.spawnError === null ? outcome.output : `${outcome.output}${outcome.spawnError}\n`,
    exitCode: outcome.exitCode,
    durationMs: Math.round(outcome.durationMs),
    completedAtMs,
  };
}
