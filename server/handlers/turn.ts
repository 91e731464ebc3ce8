// Requests about turns, and about what the model is told besides.
import { resolve } from "node:path";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidInput } from "../protocol/rpc/errors.ts";
import { checkFolder } from "../thread/is-folder.ts";
import { readInput } from "../thread/read-input.ts";
import { withProfile } from "../thread/settings.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type TurnMethods =
  | "turn/start"
  | "turn/steer"
  | "turn/interrupt"
  | "thread/inject_items"
  | "thread/shellCommand"
  | "thread/compact/start"
  | "belay/compaction/undo"
  | "belay/context/read";

const ONE_HOUR_MS = 60 * 60 * 1000;

export function turnHandlers(store: ThreadStore): Pick<Handlers<typeof clientRequests, Caller>, TurnMethods> {
  return {
    async "turn/start"({ threadId, input, clientUserMessageId, outputSchema, rootTurnId, ...params }) {
      const thread = store.get(threadId);
      const overrides = withProfile(params);
      return store.live.holding(thread, async () => {
        // One that runs is told by its tools.
        if (thread.life.runningTurnId === null)
          await checkFolder(resolve(thread.record.settings.cwd, params.cwd ?? "."));
        const read = await readInput(input, thread.record.settings.cwd);
        const queued = { ...read, clientId: clientUserMessageId ?? null };
        const options = { outputSchema: outputSchema ?? null, rootTurnId: rootTurnId ?? null };
        return { turn: thread.life.start(queued, overrides, options) };
      });
    },
    async "turn/steer"({ threadId, input, clientUserMessageId, expectedTurnId }) {
      const thread = store.get(threadId);
      return store.live.holding(thread, async () => {
        const read = await readInput(input, thread.record.settings.cwd);
        thread.life.steer(expectedTurnId, { ...read, clientId: clientUserMessageId ?? null });
        return { turnId: expectedTurnId };
      });
    },
    async "turn/interrupt"({ threadId, turnId }) {
      store.get(threadId).life.interrupt(turnId);
      return {};
    },
    async "thread/inject_items"({ threadId, items }) {
      const thread = store.get(threadId);
      await store.live.holding(thread, () => thread.inject(items));
      return {};
    },
    async "thread/compact/start"({ threadId }) {
      store.get(threadId).life.compact();
      return {};
    },
    async "belay/compaction/undo"({ threadId, itemId }) {
      store.get(threadId).undoCompaction(itemId);
      return {};
    },
    async "belay/context/read"({ threadId }) {
      const { readContext } = await import("../thread/read-context.ts");
      return readContext(store.get(threadId));
    },
    async "thread/shellCommand"({ threadId, command, timeoutMs }, { client }) {
      const thread = store.get(threadId);
      if (command.trim() === "") throw invalidInput("command must not be empty");
      await checkFolder(thread.record.settings.cwd);
      thread.life.runShell({ command, timeoutMs: timeoutMs ?? ONE_HOUR_MS, isShown: client.showsTerminals });
      return {};
    },
  };
}
