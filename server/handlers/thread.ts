// Requests about threads.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { ThreadStartResponse } from "../protocol/thread.ts";
import type { Thread } from "../thread/thread.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type ThreadMethods = "thread/start" | "thread/resume" | "thread/list" | "thread/read" | "belay/threadDefaults/read";

export function threadHandlers(
  store: ThreadStore,
  instructionSources: (cwd: string) => Promise<string[]>,
): Pick<Handlers<typeof clientRequests, Caller>, ThreadMethods> {
  return {
    async "thread/start"(params, { client, answerFirst }) {
      const thread = await store.start({ ...params, ephemeral: params.ephemeral ?? false, originator: client.name });
      const sources = await instructionSources(thread.settings.cwd);
      answerFirst();
      thread.subscribe(client);
      const data = thread.toData({ includeTurns: false });
      client.notify({ method: "thread/started", params: { thread: data } });
      return described(thread, sources, { includeTurns: false });
    },
    async "thread/resume"({ threadId, ...overrides }, { client, answerFirst }) {
      const thread = await store.resume(threadId);
      thread.change(overrides);
      const sources = await instructionSources(thread.settings.cwd);
      // Joining in the same step as the snapshot: what comes after it is heard behind it, what came before is in it.
      answerFirst();
      thread.subscribe(client);
      const { usage } = thread;
      // Behind the answer: the snapshot has no place for it.
      if (usage !== null) client.notify({ method: "thread/tokenUsage/updated", params: usage });
      return described(thread, sources, { includeTurns: true });
    },
    async "belay/threadDefaults/read"({ cwd }) {
      return store.defaults(cwd ? { cwd } : {});
    },
    async "thread/list"(params) {
      return { ...(await store.list(params)), backwardsCursor: null };
    },
    async "thread/read"({ threadId, includeTurns }) {
      return { thread: await store.read(threadId, { includeTurns: includeTurns ?? false }) };
    },
  };
}

function described(
  thread: Thread,
  instructionSources: string[],
  options: { includeTurns: boolean },
): ThreadStartResponse {
  return { thread: thread.toData(options), ...thread.settings, instructionSources };
}
