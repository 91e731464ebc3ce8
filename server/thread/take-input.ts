// A turn takes what a person has said to it.
import { userMessage } from "./said.ts";
import type { Thread } from "./thread.ts";
import type { QueuedInput } from "./turn-life.ts";

/** What the user said becomes an item, and something that the model is told. */
export function takeInput(thread: Thread, turnId: string, { input, told, clientId, itemId, taken }: QueuedInput): void {
  const now = thread.deps.now();
  const item = userMessage({ itemId: itemId ?? thread.deps.newId(), clientId, input }, now);
  const params = { item, threadId: thread.id, turnId };
  const started = { ...item, completedAtMs: null };
  thread.record.emit({ method: "item/started", params: { ...params, item: started, startedAtMs: now } });
  thread.record.emit({ method: "item/completed", params: { ...params, contentTokenCount: null, completedAtMs: now } }, [
    told,
  ]);
  taken?.();
}
