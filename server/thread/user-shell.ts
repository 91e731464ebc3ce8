// A command line of the user's own, in a thread: no sandbox, nobody is asked, and the model is told with the next turn.
import { shellTag, withoutTag } from "../agent/context.ts";
import { forModel } from "../exec/output.ts";
import type { HistoryItem } from "../model/model.ts";
import type { EndedCommand } from "../tools/command.ts";
import { startedCommand } from "../tools/command-item.ts";
import { MAX_OUTPUT_TOKENS } from "../tools/output-bounds.ts";
import { startThreadCommand } from "../tools/thread-command.ts";
import type { Thread } from "./thread.ts";

export interface ShellCommand {
  command: string;
  timeoutMs: number;
  /** Who asked for it shows terminals: there it can be typed to, and has its colours. */
  isShown: boolean;
}

/** Starts an item and completes it. What the model is to be told of it is the result. */
export async function runUserShell(
  thread: Thread,
  turnId: string,
  { command, timeoutMs, isShown }: ShellCommand,
  signal: AbortSignal,
): Promise<HistoryItem> {
  const { deps, settings } = thread;
  const argv = ["/bin/bash", "-lc", command];
  const startedAtMs = deps.now();
  const item = startedCommand({
    ...{ id: deps.newId(), argv, script: command, cwd: settings.cwd, processId: null },
    ...{ source: "userShell", tty: isShown && (await deps.hasTerminals()), startedAtMs },
  });
  const ids = { threadId: thread.id, turnId };
  thread.emit({ method: "item/started", params: { item, ...ids, startedAtMs } });
  const unconfined = { threadCwd: settings.cwd, policy: { type: "dangerFullAccess" as const } };
  const { ended } = startThreadCommand(
    item,
    { argv, cwd: settings.cwd, input: isShown ? "terminal" : "nothing", timeoutMs },
    {
      ...{ ...ids, policy: unconfined.policy, signal, commands: thread.commands },
      // What people do themselves is theirs.
      capture: null,
      start: (request) => deps.start({ ...request, ...unconfined, threadId: thread.id }),
      emit: (notification) => thread.emit(notification),
      now: () => deps.now(),
    },
  );
  return { type: "message", role: "user", text: told(await ended) };
}

/** Of the item, which has all that is kept: colours and progress are for the person alone. */
function told({ item, outcome }: EndedCommand): string {
  const truncatedBytes = outcome.kind === "ended" ? outcome.truncatedBytes : 0;
  const output = forModel(item.aggregatedOutput ?? "", { maxTokens: MAX_OUTPUT_TOKENS, truncatedBytes });
  const end = item.exitCode === null ? "did not exit by itself" : `exit code ${item.exitCode}`;
  const body = `<command>\n${item.script}\n</command>\n<result>\n${end}\n${withoutTag(output, "result")}\n</result>`;
  return `<${shellTag}>\n${withoutTag(body, shellTag)}\n</${shellTag}>`;
}
