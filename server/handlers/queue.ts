// Requests about messages that wait for their turn.
import type { clientRequests } from "../protocol/methods.ts";
import type { QueuedSubmission } from "../protocol/queue.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidPage, nothingToQueue } from "../protocol/rpc/errors.ts";
import type { UserInput } from "../protocol/user-input.ts";
import { added, found, reordered, updated, without } from "../thread/queue.ts";
import { inlined, readInput } from "../thread/read-input.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type QueueMethods =
  | "thread/queue/add"
  | "thread/queue/list"
  | "thread/queue/update"
  | "thread/queue/delete"
  | "thread/queue/reorder"
  | "thread/queue/start"
  | "belay/queue/sendNow";

const PAGE_SIZE = 25;

export function queueHandlers(
  store: ThreadStore,
  newId: () => string,
): Pick<Handlers<typeof clientRequests, Caller>, QueueMethods> {
  const { queues } = store;
  /** What would be refused when its turn comes is refused now. Pictures are taken along. */
  const readable = async (threadId: string, input: UserInput[]): Promise<UserInput[]> => {
    if (input.length === 0) throw nothingToQueue();
    const { cwd } = await store.read(threadId, { includeTurns: false });
    const { told } = await readInput(input, cwd);
    return inlined(input, told.images ?? []);
  };
  return {
    async "thread/queue/add"({ threadId, input, clientUserMessageId, responsesapiClientMetadata }, { answerFirst }) {
      await queues.list(threadId);
      const queuedSubmission: QueuedSubmission = {
        id: newId(),
        input: await readable(threadId, input),
        clientUserMessageId,
        responsesapiClientMetadata: responsesapiClientMetadata ?? null,
      };
      answerFirst();
      await queues.change(threadId, (queue) => added(queue, queuedSubmission));
      store.goOn(threadId);
      return { queuedSubmission };
    },
    async "thread/queue/list"({ threadId, cursor, limit }) {
      const queue = await queues.list(threadId);
      if (cursor && !/^\d+$/.test(cursor)) throw invalidPage(`invalid queue pagination cursor: ${cursor}`);
      const start = Number(cursor ?? 0);
      const end = start + Math.max(limit ?? PAGE_SIZE, 1);
      return { data: queue.slice(start, end), nextCursor: end < queue.length ? String(end) : null };
    },
    async "thread/queue/update"(
      { threadId, queuedSubmissionId: id, input, responsesapiClientMetadata: metadata },
      caller,
    ) {
      const before = found(await queues.list(threadId), id);
      const keepsMetadata = Object.keys(metadata ?? {}).length === 0;
      const queuedSubmission: QueuedSubmission = {
        ...before,
        input: await readable(threadId, input),
        ...(keepsMetadata ? {} : { responsesapiClientMetadata: metadata ?? null }),
      };
      caller.answerFirst();
      await queues.change(threadId, (queue) => updated(queue, queuedSubmission));
      return { queuedSubmission };
    },
    async "thread/queue/delete"({ threadId, queuedSubmissionId: id }, { answerFirst }) {
      let deleted = false;
      answerFirst();
      await queues.change(threadId, (queue) => {
        const rest = without(queue, new Set([id]));
        deleted = rest !== queue;
        return rest;
      });
      return { deleted };
    },
    async "thread/queue/reorder"({ threadId, queuedSubmissionIds }, { answerFirst }) {
      answerFirst();
      await queues.change(threadId, (queue) => reordered(queue, queuedSubmissionIds));
      return {};
    },
    async "thread/queue/start"({ threadId, queuedSubmissionId }, { answerFirst }) {
      answerFirst();
      return { turn: await queues.start(threadId, queuedSubmissionId ?? null) };
    },
    async "belay/queue/sendNow"({ threadId, queuedSubmissionId }, { answerFirst }) {
      answerFirst();
      return { turn: await queues.sendNow(threadId, queuedSubmissionId) };
    },
  };
}
