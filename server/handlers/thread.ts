// Requests that load a thread: start, resume, fork; and reading one.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { ThreadStartResponse } from "../protocol/thread.ts";
import { endCursors, turnsPage } from "../thread/pages.ts";
import type { Client } from "../thread/client.ts";
import type { Clients } from "../thread/clients.ts";
import { rootsOf, withProfile } from "../thread/settings.ts";
import type { Thread } from "../thread/thread.ts";
import { collaborationMode, startedThread } from "../thread/thread-data.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type ThreadMethods = "thread/start" | "thread/resume" | "thread/fork" | "thread/read" | "belay/threadDefaults/read";

export function threadHandlers(
  store: ThreadStore,
  clients: Clients,
  instructionSources: (folders: readonly string[]) => Promise<string[]>,
): Pick<Handlers<typeof clientRequests, Caller>, ThreadMethods> {
  const answer = async (thread: Thread, { includeTurns }: { includeTurns: boolean }): Promise<ThreadStartResponse> => {
    const sources = await instructionSources(rootsOf(thread.record.settings));
    return startedThread(thread.toData({ includeTurns }), thread.record.settings, sources);
  };
  return {
    async "thread/start"(params, caller) {
      const options = { ...withProfile(params), ephemeral: params.ephemeral ?? false, originator: caller.client.name };
      const thread = await store.start(options);
      return store.live.holding(thread, async () => {
        const started = await answer(thread, { includeTurns: false });
        announce(thread, caller, clients);
        return started;
      });
    },
    async "thread/resume"({ threadId, excludeTurns, initialTurnsPage, ...params }, { client, answerFirst }) {
      const overrides = withProfile(params);
      const thread = await store.resume(threadId, overrides);
      return store.live.holding(thread, async () => {
        thread.change(overrides);
        const sources = await instructionSources(rootsOf(thread.record.settings));
        // Joining in the same step as the snapshot: what comes after it is heard behind it, what came before is in it.
        answerFirst();
        thread.subscribe(client);
        tellLatest(thread, client);
        const cursors = endCursors(thread.record.turns);
        store.goOn(threadId);
        return {
          ...startedThread(thread.toData({ includeTurns: !excludeTurns }), thread.record.settings, sources),
          collaborationMode: collaborationMode(thread.record.settings),
          initialTurnsPage: initialTurnsPage ? turnsPage(thread.record.turns, initialTurnsPage) : null,
          turnsBackwardsCursor: cursors.turns,
          itemsBackwardsCursor: cursors.items,
        };
      });
    },
    async "thread/fork"(params, caller) {
      const thread = await store.fork(withProfile(params), caller.client.name);
      return store.live.holding(thread, async () => {
        const started = await answer(thread, { includeTurns: !params.excludeTurns });
        announce(thread, caller, clients);
        // As the original does: who leaves the turns out gets their tokens with the next one.
        if (!params.excludeTurns) tellLatest(thread, caller.client);
        return started;
      });
    },
    async "thread/read"({ threadId, includeTurns }) {
      return { thread: await store.read(threadId, { includeTurns: includeTurns ?? false }) };
    },
    async "belay/threadDefaults/read"({ cwd }) {
      return store.defaults(cwd ? { cwd } : {});
    },
  };
}

/** Behind the answer: the snapshot has no place for these. A fork has them of its source. */
function tellLatest({ id, record: { usage, plan } }: Thread, client: Client): void {
  if (usage !== null) client.notify({ method: "thread/tokenUsage/updated", params: { ...usage, threadId: id } });
  if (plan !== null) client.notify({ method: "turn/plan/updated", params: { ...plan, threadId: id } });
}

/** Everyone hears of a new thread; the caller behind its answer. */
function announce(thread: Thread, { client, answerFirst }: Caller, clients: Clients): void {
  answerFirst();
  thread.subscribe(client);
  clients.tell({ method: "thread/started", params: { thread: thread.toData({ includeTurns: false }) } });
}
