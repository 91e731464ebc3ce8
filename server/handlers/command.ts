// Requests about commands of threads while they run.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import {
  commandNotResized,
  commandNotRunning,
  commandTakesNoInput,
  invalidPage,
  invalidProcessId,
} from "../protocol/rpc/errors.ts";
import type { BackgroundTerminal } from "../protocol/command.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { ThreadCommand } from "../tools/command.ts";
import { afterAnswer } from "../util/after-answer.ts";
import type { Caller } from "./caller.ts";

type Methods =
  | "thread/backgroundTerminals/list"
  | "thread/backgroundTerminals/terminate"
  | "thread/backgroundTerminals/clean"
  | "belay/command/write"
  | "belay/command/resize"
  | "belay/command/stop"
  | "belay/stopAll";

export function commandHandlers(store: ThreadStore): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  const running = ({ threadId, itemId }: { threadId: string; itemId: string }): ThreadCommand => {
    const command = store.get(threadId).commands.get(itemId);
    if (command === null) throw commandNotRunning(itemId);
    return command;
  };

  return {
    async "thread/backgroundTerminals/list"({ threadId, cursor, limit }) {
      const behind = cursor ? Number(numberOf(cursor, () => invalidPage(`invalid cursor: ${cursor}`))) : 0;
      const rest = store
        .get(threadId)
        .commands.background.map(toTerminal)
        .filter(({ processId }) => Number(processId) > behind)
        .toSorted((a, b) => Number(a.processId) - Number(b.processId));
      const data = rest.slice(0, Math.max(limit ?? rest.length, 1));
      return { data, nextCursor: data.length < rest.length ? (data.at(-1)?.processId ?? null) : null };
    },
    async "thread/backgroundTerminals/terminate"({ threadId, processId }) {
      const { background } = store.get(threadId).commands;
      const wanted = numberOf(processId, () => invalidProcessId(processId));
      return { terminated: stop(background.filter(({ item }) => item.processId === wanted)) };
    },
    async "thread/backgroundTerminals/clean"({ threadId }) {
      stop(store.get(threadId).commands.background);
      return {};
    },
    async "belay/command/write"({ text, ...which }) {
      const command = running(which);
      if (!command.takesInput) throw commandTakesNoInput();
      await command.write(text);
      return {};
    },
    async "belay/command/resize"({ size, ...which }) {
      const problem = await running(which).resize(size);
      if (problem !== null) throw commandNotResized(problem);
      return {};
    },
    async "belay/command/stop"({ threadId, itemId }) {
      const command = store.get(threadId).commands.get(itemId);
      return { stopped: stop(command === null ? [] : [command]) };
    },
    async "belay/stopAll"() {
      const stopped = [...store.live.all()].map((thread) => thread.stopAll());
      return {
        turns: stopped.reduce((sum, { turns }) => sum + turns, 0),
        commands: stopped.reduce((sum, { commands }) => sum + commands, 0),
      };
    },
  };
}

/** False when there are none. Their ends come behind the answer. */
function stop(commands: readonly ThreadCommand[]): boolean {
  void afterAnswer().then(() => {
    for (const command of commands) command.stop();
  });
  return commands.length > 0;
}

function numberOf(text: string, refuse: () => Error): string {
  if (!/^\d+$/.test(text)) throw refuse();
  return text;
}

function toTerminal({ item, osPid }: ThreadCommand): BackgroundTerminal {
  const { id, script, command, cwd, processId } = item;
  return {
    ...{ itemId: id, processId: processId ?? "", command: script ?? command, cwd, osPid },
    ...{ cpuPercent: null, rssKb: null },
  };
}
