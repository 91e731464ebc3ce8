// What a person can do with the messages that wait for the end of the turn.
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { PanelConnection } from "../connection.ts";
import { type JoinedThreads, picked } from "../joined-threads.ts";
import { currentChoice } from "./models.ts";
import { noChoice, shownThreadId } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { promptParts } from "../text/prompt-parts.ts";

/** As many as the server takes. */
const MAX_QUEUED = 100;

export interface QueueActions {
  /** Puts the prompt behind the turn that runs. Resolves as `send` does. */
  queue(text: string): Promise<boolean>;
  /** What waits in the shown thread. */
  listQueue(threadId: string): Promise<void>;
  /** Resolves to false where it could not be, and the person was told why. */
  rewriteQueued(submission: QueuedSubmission, text: string): Promise<boolean>;
  deleteQueued(id: string): Promise<void>;
  /** To a place, from 0. */
  moveQueued(id: string, place: number): Promise<void>;
  /** Into the turn that runs; where none runs it begins one, and the others follow. */
  sendQueued(submission: QueuedSubmission): Promise<void>;
}

export interface QueueDeps {
  store: Store;
  connection: PanelConnection;
  joined: JoinedThreads;
  newId(): string;
  /** Above the composer, with that thread. */
  complainOf(threadId: string): (error: unknown) => void;
}

export function createQueueActions({ store, connection, joined, newId, complainOf }: QueueDeps): QueueActions {
  const { dispatch } = store;
  const now = () => store.state.peek();

  // The lists may overtake each other: the one that was asked for last holds.
  let reads = 0;
  const read = async (threadId: string) => {
    const own = ++reads;
    const { data } = await connection.request("thread/queue/list", { threadId, limit: MAX_QUEUED });
    if (own === reads) dispatch({ type: "queueListed", threadId, queue: data });
  };
  // A server without queues has none to show.
  const listQueue = (threadId: string) => read(threadId).catch(() => undefined);
  // Whoever loses the race for a message is told so, and sees what is there now.
  const change = async (work: (threadId: string) => Promise<unknown>) => {
    const threadId = shownThreadId(now().view);
    if (threadId === null) return false;
    try {
      await work(await joined.join(threadId));
      return true;
    } catch (error) {
      complainOf(threadId)(error);
      return false;
    } finally {
      await listQueue(threadId);
    }
  };

  return {
    async queue(text) {
      const sent = currentChoice(now());
      dispatch({ type: "shellSent" });
      try {
        const threadId = await joined.joinShown(sent);
        // What was picked holds from the next turn on, and that is this one's.
        const settings = picked(sent);
        if (Object.keys(settings).length > 0) {
          await connection.request("thread/settings/update", { threadId, ...settings });
          dispatch({ type: "choiceTaken", threadId, taken: sent });
        }
        const input = [{ type: "text" as const, text, text_elements: [] }];
        await connection.request("thread/queue/add", { threadId, input, clientUserMessageId: newId() });
        await listQueue(threadId);
        return true;
      } catch (error) {
        dispatch({ type: "shellRefused", message: messageOf(error) });
        return false;
      }
    },
    listQueue,
    rewriteQueued: ({ id, input }, text) =>
      change((threadId) => {
        const others = input.filter(({ type }) => type !== "text");
        const words = { type: "text" as const, text, text_elements: [] };
        return connection.request("thread/queue/update", {
          threadId,
          queuedSubmissionId: id,
          input: [...others, words],
        });
      }),
    async deleteQueued(id) {
      await change((threadId) => connection.request("thread/queue/delete", { threadId, queuedSubmissionId: id }));
    },
    async moveQueued(id, place) {
      const others = now().queue.flatMap((each) => (each.id === id ? [] : [each.id]));
      const queuedSubmissionIds = others.toSpliced(place, 0, id);
      const isDone = await change((threadId) =>
        connection.request("thread/queue/reorder", { threadId, queuedSubmissionIds }),
      );
      if (isDone) dispatch({ type: "told", text: `Moved to place ${place + 1} of ${queuedSubmissionIds.length}.` });
    },
    async sendQueued({ id, input, clientUserMessageId: clientId }) {
      await change(async (threadId) => {
        dispatch({ type: "promptSent", clientId, text: promptParts({ content: input }).text });
        const sent = connection.request("belay/queue/sendNow", { threadId, queuedSubmissionId: id });
        const { turn } = await sent.catch((error: unknown) => {
          dispatch({ type: "promptDropped", clientId });
          throw error;
        });
        dispatch({ type: "promptAccepted", clientId, threadId, turn, sent: noChoice });
      });
    },
  };
}
