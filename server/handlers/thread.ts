// Requests about threads.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { ThreadStartResponse } from "../protocol/thread.ts";
import type { Thread } from "../thread/thread.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type ThreadMethods = "thread/start" | "thread/resume" | "thread/list" | "thread/read";

export function threadHandlers(
  store: ThreadStore,
  instructionSources: (cwd: string) => Promise<string[]>,
): Pick<Handlers<typeof clientRequests, Caller>, ThreadMethods> {
  const described = async (thread: Thread, options: { includeTurns: boolean }): Promise<ThreadStartResponse> => {
    const sources = await instructionSources(thread.settings.cwd);
    // The snapshot is taken last: nothing may happen between it and the answer.
    return { thread: thread.toData(options), ...thread.settings, instructionSources: sources };
  };
  return {
    async "thread/start"(params, { client }) {
      const thread = await store.start({ ...params, ephemeral: params.ephemeral ?? false, originator: client.name });
      const answer = await described(thread, { includeTurns: false });
      thread.subscribe(client);
      const data = thread.toData({ includeTurns: false });
      // Behind the answer, as the protocol has it.
      setImmediate(() => client.notify({ method: "thread/started", params: { thread: data } }));
      return answer;
    },
    async "thread/resume"({ threadId, ...overrides }, { client }) {
      const thread = await store.resume(threadId);
      thread.change(overrides);
      const answer = await described(thread, { includeTurns: true });
      // Joining in the same step as the snapshot: what comes after it is heard, what came before is in it.
      thread.subscribe(client);
      return answer;
    },
    async "thread/list"(params) {
      return { ...(await store.list(params)), backwardsCursor: null };
    },
    async "thread/read"({ threadId, includeTurns }) {
      return { thread: await store.read(threadId, { includeTurns: includeTurns ?? false }) };
    },
  };
}
