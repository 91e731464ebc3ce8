// A command line of the user's own, in a thread: no sandbox, nobody is asked, and the model is told with the next turn.
import { startedCommand } from "../tools/command-item.ts";
import { startThreadCommand } from "../tools/thread-command.ts";
import { shellMessage } from "./shell-message.ts";
import type { Thread } from "./thread.ts";

export interface ShellCommand {
  command: string;
  timeoutMs: number;
  /** Who asked for it shows terminals: there it can be typed to, and has its colours. */
  isShown: boolean;
}

/** Starts an item and completes it. With its end goes what the model is told of it, in the same write. */
export async function runUserShell(
  thread: Thread,
  turnId: string,
  { command, timeoutMs, isShown }: ShellCommand,
  signal: AbortSignal,
): Promise<void> {
  const { deps, record } = thread;
  const { cwd } = record.settings;
  const argv = ["/bin/bash", "-lc", command];
  const startedAtMs = deps.now();
  const item = startedCommand({
    ...{ id: deps.newId(), argv, script: command, cwd, processId: null },
    ...{ source: "userShell", tty: isShown && (await deps.hasTerminals()), startedAtMs },
  });
  const ids = { threadId: thread.id, turnId };
  record.emit({ method: "item/started", params: { item, ...ids, startedAtMs } });
  const unconfined = { threadCwd: cwd, policy: { type: "dangerFullAccess" as const } };
  const { ended } = startThreadCommand(
    item,
    { argv, cwd, input: isShown ? "terminal" : "nothing", timeoutMs },
    {
      ...{ ...ids, policy: unconfined.policy, signal, commands: thread.commands },
      // What people do themselves is theirs.
      capture: null,
      start: (request) => deps.start({ ...request, ...unconfined, threadId: thread.id }),
      emit: (notification, end) => {
        if (end === undefined) return record.emit(notification);
        const truncatedBytes = end.outcome.kind === "ended" ? end.outcome.truncatedBytes : 0;
        record.emit(notification, [shellMessage(end.item, truncatedBytes)]);
      },
      now: () => deps.now(),
    },
  );
  await ended;
}
