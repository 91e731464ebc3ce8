// Requests that put threads in order: names, the archive, deletion, who listens, settings.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidInput } from "../protocol/rpc/errors.ts";
import type { GitInfo } from "../protocol/thread.ts";
import type { Clients } from "../thread/clients.ts";
import { endCursors } from "../thread/pages.ts";
import { withProfile } from "../thread/settings.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type CareMethods =
  | "thread/archive"
  | "thread/unarchive"
  | "thread/delete"
  | "thread/revert"
  | "thread/unsubscribe"
  | "thread/name/set"
  | "thread/metadata/update"
  | "thread/settings/update";

export function threadCareHandlers(
  store: ThreadStore,
  clients: Clients,
  /** What it changed in files can be undone no more. Must not reject. */
  forgetChanges: (threadId: string) => Promise<void>,
): Pick<Handlers<typeof clientRequests, Caller>, CareMethods> {
  return {
    async "thread/archive"({ threadId }, { answerFirst }) {
      await store.care.archive(threadId);
      answerFirst();
      clients.tell({ method: "thread/archived", params: { threadId } });
      return {};
    },
    async "thread/unarchive"({ threadId }, { answerFirst }) {
      await store.care.unarchive(threadId);
      const thread = await store.read(threadId, { includeTurns: false });
      answerFirst();
      clients.tell({ method: "thread/unarchived", params: { threadId } });
      return { thread };
    },
    async "thread/delete"({ threadId }, { answerFirst }) {
      await store.care.delete(threadId);
      await forgetChanges(threadId);
      answerFirst();
      clients.tell({ method: "thread/deleted", params: { threadId } });
      return {};
    },
    async "thread/revert"({ threadId, beforeTurnId }, { answerFirst }) {
      const thread = await store.revert(threadId, beforeTurnId);
      answerFirst();
      clients.tell({ method: "thread/reverted", params: { threadId } });
      const { turns, items } = endCursors(thread.record.turns);
      const data = thread.toData({ includeTurns: false });
      return { thread: data, turnsBackwardsCursor: turns, itemsBackwardsCursor: items };
    },
    async "thread/unsubscribe"({ threadId }, { client }) {
      return { status: store.live.unsubscribe(threadId, client) };
    },
    async "thread/name/set"({ threadId, name }, { answerFirst }) {
      const threadName = name.trim();
      if (threadName === "") throw invalidInput("thread name must not be empty");
      await store.care.changeMetadata(threadId, (now) => ({ ...now, name: threadName }));
      answerFirst();
      clients.tell({ method: "thread/name/updated", params: { threadId, threadName } });
      return {};
    },
    async "thread/metadata/update"({ threadId, gitInfo }) {
      await store.care.changeMetadata(threadId, (now) => ({ ...now, gitInfo: merged(now.gitInfo, gitInfo) }));
      const thread = await store.read(threadId, { includeTurns: false });
      return { thread: { ...thread, canAcceptDirectInput: null } };
    },
    async "thread/settings/update"({ threadId, ...overrides }, { answerFirst }) {
      const thread = store.get(threadId);
      const changes = withProfile(overrides);
      answerFirst();
      thread.change(changes);
      return {};
    },
  };
}

type Change = { [K in keyof GitInfo]?: GitInfo[K] | undefined };

/** Undefined members stay as they are, null clears. */
function merged(now: GitInfo | null, change: Change | null | undefined): GitInfo | null {
  if (change === undefined) return now;
  if (change === null) return null;
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { sha: null, branch: null, originUrl: null, ...now, ...given };
}
