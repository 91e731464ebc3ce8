// What becomes of a turn that a bug has broken: it still ends, once, and says so.
import type { ThreadItem } from "../protocol/item.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import { emptyTurn, turnError } from "./record.ts";
import { takeInput } from "./take-input.ts";
import type { Thread } from "./thread.ts";
import type { QueuedInput } from "./turn-life.ts";

/** `prompt`: what it began with, if that. Its end is in the thread's record then; announcing it is the thread's part. */
export function endCrashed(
  thread: Thread,
  turnId: string,
  { error, prompt }: { error: unknown; prompt: QueuedInput | null },
): void {
  const { deps } = thread;
  deps.log("error", `turn ${turnId} crashed`, error);
  const message = `The turn failed inside Belay: ${messageOf(error)}. The thread can go on; the log has the details.`;
  const shown = turnError(message, "other", null);
  const completedAt = Math.floor(deps.now() / 1000);
  const isAnnounced = thread.record.turns.some(({ id }) => id === turnId);
  // Its client waits for the end of a turn whose beginning it was promised.
  if (!isAnnounced)
    thread.record.emit({ method: "turn/started", params: { threadId: thread.id, turn: emptyTurn(turnId) } });
  if (prompt !== null) takeUntaken(thread, turnId, prompt);
  completeOpenItems(thread, turnId);
  thread.record.finishTurn(turnId, { status: "failed", error: shown, completedAt, durationMs: null, tokenUsage: null });
}

/** People see what they said, and the model hears it with the next turn. */
function takeUntaken(thread: Thread, turnId: string, prompt: QueuedInput): void {
  const turn = thread.record.turns.find(({ id }) => id === turnId);
  const isTaken = turn?.items.some(({ id }) => id === prompt.itemId);
  // One of the queue is there again.
  if (isTaken || prompt.taken !== undefined) return;
  try {
    takeInput(thread, turnId, prompt);
  } catch (error) {
    thread.deps.log("error", `the prompt of turn ${turnId} could not be told`, error);
  }
}

/** Every started item completes, even when the code that started it did not live to say so. */
function completeOpenItems(thread: Thread, turnId: string): void {
  const turn = thread.record.turns.find(({ id }) => id === turnId);
  const completedAtMs = thread.deps.now();
  // A command that runs completes when it ends.
  const isOpen = (item: ThreadItem) => item.completedAtMs == null && thread.commands.get(item.id) === null;
  for (const item of turn?.items.filter(isOpen) ?? []) {
    const ended = { ...item, ...("status" in item ? { status: "failed" as const } : {}), completedAtMs };
    try {
      const params = { item: ended, threadId: thread.id, turnId, contentTokenCount: null, completedAtMs };
      thread.record.emit({ method: "item/completed", params });
    } catch (error) {
      // Whatever made the turn crash may be in the item itself: the others complete, and the turn ends.
      thread.deps.log("error", `item ${item.id} could not be completed`, error);
    }
  }
}
