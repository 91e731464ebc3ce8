// Messages that wait for their turn: what a person wrote while another turn ran.
import * as z from "zod";
import { pageOf, pageParams } from "./paging.ts";
import { Turn } from "./turn.ts";
import { UserInput } from "./user-input.ts";

/** Kept with the message for its client; it means nothing here. */
const ClientMetadata = z.record(z.string(), z.string());

/** One of them. Its id is also that of the item that it becomes. */
export const QueuedSubmission = z.lazy(() =>
  z.object({
    id: z.string(),
    /** Pictures of this machine are in it as data URLs: their files may be gone when its turn comes. */
    input: z.array(UserInput),
    clientUserMessageId: z.string(),
    responsesapiClientMetadata: ClientMetadata.nullable(),
  }),
);
export type QueuedSubmission = z.infer<typeof QueuedSubmission>;

const queuedIds = { threadId: z.string(), queuedSubmissionId: z.string() };

export const ThreadQueueAddParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    input: z.array(UserInput),
    clientUserMessageId: z.string(),
    responsesapiClientMetadata: ClientMetadata.nullish(),
  }),
);
export const ThreadQueueListParams = z.object({ threadId: z.string(), ...pageParams });
export const ThreadQueueListResponse = z.lazy(() => pageOf(QueuedSubmission));
export const ThreadQueueUpdateParams = z.lazy(() =>
  z.object({
    ...queuedIds,
    input: z.array(UserInput),
    /** What is absent or empty changes nothing. */
    responsesapiClientMetadata: ClientMetadata.nullish(),
  }),
);
/** To `add` and `update`. */
export const QueuedSubmissionResponse = z.lazy(() => z.object({ queuedSubmission: QueuedSubmission }));
export const ThreadQueueDeleteParams = z.object(queuedIds);
/** False: it was not in the queue any more. */
export const ThreadQueueDeleteResponse = z.object({ deleted: z.boolean() });
export const ThreadQueueReorderParams = z.object({
  threadId: z.string(),
  /** All of them, each once, in the order that is wanted. */
  queuedSubmissionIds: z.array(z.string()),
});
export const ThreadQueueStartParams = z.object({
  threadId: z.string(),
  /** The first one when absent. */
  queuedSubmissionId: z.string().nullish(),
});
export const ThreadQueueStartResponse = z.lazy(() => z.object({ turn: Turn }));
/** Puts one into the turn that runs, as `turn/steer` does; where none runs, it begins one. Ours. */
export const QueueSendNowParams = z.object(queuedIds);

/** Something is different in it: what, `thread/queue/list` says. */
export const ThreadQueueChangedNotification = z.object({ threadId: z.string() });
