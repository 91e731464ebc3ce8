// A command line of the user's own, in a thread: no sandbox, nobody is asked, and the model is told with the next turn.
import type { HistoryItem } from "../model/model.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import { endedCommand, startedCommand } from "../tools/command-item.ts";
import { pacedOutput } from "../tools/paced-output.ts";
import type { Thread } from "./thread.ts";

export interface ShellCommand {
  command: string;
  timeoutMs: number;
}

type CommandItem = ThreadItemOf<"commandExecution">;

/** Starts an item and completes it. What the model is to be told of it is the result. Never rejects. */
export async function runUserShell(
  thread: Thread,
  turnId: string,
  { command, timeoutMs }: ShellCommand,
  signal: AbortSignal,
): Promise<HistoryItem> {
  const { deps, settings } = thread;
  const ids = { threadId: thread.id, turnId };
  const argv = ["/bin/bash", "-lc", command];
  const startedAtMs = deps.now();
  const item = startedCommand({
    ...{ id: deps.newId(), argv, script: command, cwd: settings.cwd },
    ...{ source: "userShell", startedAtMs },
  });
  thread.emit({ method: "item/started", params: { item, ...ids, startedAtMs } });
  const output = pacedOutput((delta) =>
    thread.emit({ method: "item/commandExecution/outputDelta", params: { ...ids, itemId: item.id, delta } }),
  );
  const outcome = await deps.execute({
    argv,
    cwd: settings.cwd,
    timeoutMs,
    onOutput: (bytes) => output.push(bytes),
    threadId: thread.id,
    threadCwd: settings.cwd,
    policy: { type: "dangerFullAccess" },
    signal,
  });
  output.end();
  const completedAtMs = deps.now();
  const ended = endedCommand(item, outcome, completedAtMs);
  thread.emit({ method: "item/completed", params: { item: ended, ...ids, contentTokenCount: null, completedAtMs } });
  return { type: "message", role: "user", text: forModel(ended) };
}

const MAX_TOLD_CHARS = 40_000;

function forModel({ script, exitCode, aggregatedOutput }: CommandItem): string {
  const all = aggregatedOutput ?? "";
  const half = MAX_TOLD_CHARS / 2;
  const output =
    all.length > MAX_TOLD_CHARS
      ? `${all.slice(0, half)}\n[... ${all.length - MAX_TOLD_CHARS} characters not shown ...]\n${all.slice(-half)}`
      : all;
  const end = exitCode === null ? "did not exit by itself" : `exit code ${exitCode}`;
  return `<user_shell_command>\n<command>\n${script}\n</command>\n<result>\n${end}\n${output}\n</result>\n</user_shell_command>`;
}
