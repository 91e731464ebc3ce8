// What becomes of a turn that a bug has broken: it still ends, once, and says so.
import type { ThreadItem } from "../protocol/item.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import { emptyTurn, turnError } from "./record.ts";
import type { Thread } from "./thread.ts";

/** Its end is in the thread's record then; announcing it is the thread's part. */
export function endCrashed(thread: Thread, turnId: string, error: unknown): void {
  const { deps } = thread;
  deps.log("error", `turn ${turnId} crashed`, error);
  const message = `The turn failed inside Belay: ${messageOf(error)}. The thread can go on; the log has the details.`;
  const shown = turnError(message, "other", null);
  const completedAt = Math.floor(deps.now() / 1000);
  const isAnnounced = thread.turns.some(({ id }) => id === turnId);
  // Its client waits for the end of a turn whose beginning it was promised.
  if (!isAnnounced) thread.emit({ method: "turn/started", params: { threadId: thread.id, turn: emptyTurn(turnId) } });
  completeOpenItems(thread, turnId);
  thread.finishTurn(turnId, { status: "failed", error: shown, completedAt, durationMs: null, tokenUsage: null });
}

/** Every started item completes, even when the code that started it did not live to say so. */
function completeOpenItems(thread: Thread, turnId: string): void {
  const turn = thread.turns.find(({ id }) => id === turnId);
  const completedAtMs = thread.deps.now();
  // A command that runs completes when it ends.
  const isOpen = (item: ThreadItem) => item.completedAtMs == null && thread.commands.get(item.id) === null;
  for (const item of turn?.items.filter(isOpen) ?? []) {
    const ended = { ...item, ...("status" in item ? { status: "failed" as const } : {}), completedAtMs };
    try {
      const params = { item: ended, threadId: thread.id, turnId, contentTokenCount: null, completedAtMs };
      thread.emit({ method: "item/completed", params });
    } catch (error) {
      // Whatever made the turn crash may be in the item itself: the others complete, and the turn ends.
      thread.deps.log("error", `item ${item.id} could not be completed`, error);
    }
  }
}
