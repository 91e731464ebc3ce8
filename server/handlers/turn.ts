// Requests about turns.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { inputTooLarge } from "../protocol/rpc/errors.ts";
import { MAX_INPUT_CHARS, type UserInput } from "../protocol/user-input.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type TurnMethods = "turn/start" | "turn/interrupt";

export function turnHandlers(store: ThreadStore): Pick<Handlers<typeof clientRequests, Caller>, TurnMethods> {
  return {
    async "turn/start"({ threadId, input, clientUserMessageId, ...overrides }) {
      const thread = store.get(threadId);
      const chars = countChars(input);
      if (chars > MAX_INPUT_CHARS) throw inputTooLarge(MAX_INPUT_CHARS, chars);
      return { turn: thread.startTurn({ clientId: clientUserMessageId ?? null, input }, overrides) };
    },
    async "turn/interrupt"({ threadId, turnId }) {
      store.get(threadId).interrupt(turnId);
      return {};
    },
  };
}

function countChars(input: readonly UserInput[]): number {
  return input.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
}
