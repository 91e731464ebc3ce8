// The turns of a thread as clients see them, built from what clients are told: live, and again from a rollout.
import type { ThreadItem } from "../protocol/item.ts";
import { withDelta } from "../protocol/live-output.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { Turn } from "../protocol/turn.ts";

/**
 * Changes `turns` in place: deltas come by the thousand. They change items in place as well, so that what was emitted
 * stays as it was only when `keep` makes a copy.
 */
export function applyToTurns(
  turns: Turn[],
  notification: ServerNotification,
  keep: (item: ThreadItem) => ThreadItem = structuredClone,
): void {
  switch (notification.method) {
    case "turn/started": {
      turns.push({ ...notification.params.turn, items: [], itemsView: "full" });
      return;
    }
    case "turn/completed": {
      const { turn } = notification.params;
      const mine = turns.findLast(({ id }) => id === turn.id);
      if (mine !== undefined) Object.assign(mine, { ...turn, items: mine.items, itemsView: "full" });
      return;
    }
    case "item/started":
    case "item/completed":
      putItem(turns, notification.params.turnId, keep(notification.params.item));
      return;
    case "item/agentMessage/delta": {
      const item = findItem(turns, notification.params);
      if (item?.type === "agentMessage") item.text += notification.params.delta;
      return;
    }
    case "item/reasoning/summaryPartAdded": {
      const item = findItem(turns, notification.params);
      if (item?.type === "reasoning") item.summary[notification.params.summaryIndex] ??= "";
      return;
    }
    case "item/reasoning/summaryTextDelta": {
      const { summaryIndex: at, delta } = notification.params;
      const item = findItem(turns, notification.params);
      if (item?.type === "reasoning") item.summary[at] = (item.summary[at] ?? "") + delta;
      return;
    }
    case "item/reasoning/textDelta": {
      const { contentIndex: at, delta } = notification.params;
      const item = findItem(turns, notification.params);
      if (item?.type === "reasoning") item.content[at] = (item.content[at] ?? "") + delta;
      return;
    }
    case "item/commandExecution/outputDelta": {
      const item = findItem(turns, notification.params);
      if (item?.type === "commandExecution")
        item.aggregatedOutput = withDelta(item.aggregatedOutput, notification.params.delta);
      return;
    }
    case "belay/compaction/undone": {
      const item = findItem(turns, notification.params);
      if (item?.type === "contextCompaction") item.isUndone = true;
      return;
    }
    case "item/fileChange/patchUpdated": {
      const { changes, isWriting = false } = notification.params;
      const item = findItem(turns, notification.params);
      if (item?.type !== "fileChange") return;
      item.changes = structuredClone(changes);
      if (isWriting) item.isWriting = true;
      else delete item.isWriting;
      return;
    }
    case "error":
      takeBack(turns, notification.params);
      return;
    default:
      // The rest says nothing about turns.
      return;
  }
}

/** As they are now. What has completed changes no more: another item takes its place. */
export function snapshotOf(turns: readonly Turn[]): Turn[] {
  const copy = (item: ThreadItem) => (item.completedAtMs == null ? structuredClone(item) : item);
  return turns.map((turn) => ({ ...turn, items: turn.items.map(copy) }));
}

/**
 * What nobody ends any more, because the process that ran it is gone: a turn was interrupted, a command, which may have
 * outlived its turn, was stopped.
 */
export function closeAbandoned(turns: Turn[], completedAtMs: number | null): void {
  for (const turn of turns) {
    if (turn.status === "inProgress") turn.status = "interrupted";
    for (const [index, item] of turn.items.entries()) {
      if (item.type !== "commandExecution" || item.status !== "inProgress") continue;
      turn.items[index] = { ...item, status: "failed", ending: "stopped", completedAtMs };
    }
  }
}

function takeBack(
  turns: Turn[],
  { turnId, takenBack = [] }: { turnId: string; takenBack?: string[] | undefined },
): void {
  const turn = turns.findLast(({ id }) => id === turnId);
  if (turn !== undefined) turn.items = turn.items.filter(({ id }) => !takenBack.includes(id));
}

function putItem(turns: Turn[], turnId: string, item: ThreadItem): void {
  const turn = turns.findLast(({ id }) => id === turnId);
  if (turn === undefined) return;
  const at = turn.items.findIndex(({ id }) => id === item.id);
  if (at === -1) turn.items.push(item);
  else turn.items[at] = item;
}

function findItem(turns: Turn[], { turnId, itemId }: { turnId: string; itemId: string }): ThreadItem | undefined {
  return turns.findLast(({ id }) => id === turnId)?.items.findLast(({ id }) => id === itemId);
}
