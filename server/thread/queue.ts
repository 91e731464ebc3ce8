// The queue of a thread, and what may be done to it. Pure; throws RpcError for what may not.
import type { QueuedSubmission } from "../protocol/queue.ts";
import { incompleteOrder, queuedNotFound, queueFull } from "../protocol/rpc/errors.ts";

/** First in, first out. */
export type Queue = readonly QueuedSubmission[];

const MAX_QUEUED = 100;

export function added(queue: Queue, submission: QueuedSubmission): Queue {
  if (queue.length >= MAX_QUEUED) throw queueFull(MAX_QUEUED);
  return [...queue, submission];
}

export function found(queue: Queue, id: string): QueuedSubmission {
  const submission = queue.find((each) => each.id === id);
  if (submission === undefined) throw queuedNotFound(id);
  return submission;
}

/** It keeps its id and its place. */
export function updated(queue: Queue, next: QueuedSubmission): Queue {
  found(queue, next.id);
  return queue.map((each) => (each.id === next.id ? next : each));
}

/** The very same queue when it is not in there. */
export function without(queue: Queue, ids: ReadonlySet<string>): Queue {
  return queue.some(({ id }) => ids.has(id)) ? queue.filter(({ id }) => !ids.has(id)) : queue;
}

/** `ids` are all of the queue, each once. */
export function reordered(queue: Queue, ids: readonly string[]): Queue {
  const isWhole = ids.length === queue.length && new Set(ids).size === ids.length;
  if (!isWhole || queue.some(({ id }) => !ids.includes(id))) throw incompleteOrder();
  return ids.map((id) => found(queue, id));
}
