// One thread and what the server says about it. Pure; a row that did not change keeps its identity, so that the view
// draws only what moved.
import { withDelta } from "../../server/protocol/live-output.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { ThreadItem, ThreadItemOf } from "../../server/protocol/item.ts";
import type { TurnChanges } from "../../server/protocol/review.ts";
import type { ActiveWriter } from "../../server/protocol/thread-saving.ts";
import type { Thread, ThreadSettings, ThreadStartResponse } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import { userText } from "../text/prompt-parts.ts";
import type { ShownThread } from "./state.ts";

export function openThread({ thread, ...rest }: ThreadStartResponse): ShownThread {
  const { instructionSources: _sources, ...settings } = rest;
  return {
    id: thread.id,
    title: thread.name ?? firstLine(thread.preview),
    settings,
    turns: thread.turns,
    tokenUsage: null,
    changes: new Map(),
    plans: new Map(),
    held: null,
  };
}

/** Nothing of it is here yet but what a list knows. */
export function heldThread(id: string, listed: Thread | undefined, writer: ActiveWriter | null): ShownThread {
  const title = listed === undefined ? "" : (listed.name ?? firstLine(listed.preview));
  const held = { writer, isRead: false };
  const nothing = { turns: [], tokenUsage: null, changes: new Map(), plans: new Map() };
  return { id, title, settings: noSettings, ...nothing, held };
}

/** Of a thread whose settings are not known, because nothing can be started in it. */
const noSettings: ThreadSettings = {
  ...{ model: "", modelProvider: "", cwd: "", reasoningEffort: null, mode: null },
  approvalPolicy: "untrusted",
  sandbox: { type: "readOnly", networkAccess: false },
};

/** The same for one that is not held. */
export function withReading(shown: ShownThread, thread: Thread): ShownThread {
  if (shown.held === null || shown.id !== thread.id) return shown;
  const title = thread.name ?? firstLine(thread.preview);
  return { ...shown, title, turns: thread.turns, held: { ...shown.held, isRead: true } };
}

/** Returns the very same thread where the notification changes nothing in it. */
export function reduceThread(thread: ShownThread, { method, params }: ServerNotification): ShownThread {
  switch (method) {
    case "thread/name/updated":
      return { ...thread, title: params.threadName ?? firstPrompt(thread) };
    case "thread/settings/updated":
      return { ...thread, settings: params.threadSettings };
    case "thread/tokenUsage/updated":
      return { ...thread, tokenUsage: params.tokenUsage };
    case "turn/plan/updated":
      return { ...thread, plans: new Map([...thread.plans, [params.turnId, params]]) };
    case "turn/started":
    case "turn/completed":
      return updateTurn(thread, params.turn.id, (turn) => mergeTurn(turn, params.turn));
    case "item/started":
      return putItem(thread, params.turnId, {
        ...params.item,
        startedAtMs: params.item.startedAtMs ?? params.startedAtMs,
      });
    case "item/completed":
      return putItem(thread, params.turnId, {
        ...params.item,
        completedAtMs: params.item.completedAtMs ?? params.completedAtMs,
      });
    case "item/agentMessage/delta":
      return updateItem(thread, params, "agentMessage", (item) => ({ ...item, text: item.text + params.delta }));
    case "item/commandExecution/outputDelta":
      return updateItem(thread, params, "commandExecution", (item) => ({
        ...item,
        aggregatedOutput: withDelta(item.aggregatedOutput, params.delta),
      }));
    case "item/fileChange/patchUpdated": {
      const { changes, isWriting = false } = params;
      return updateItem(thread, params, "fileChange", (item) => ({ ...item, changes, isWriting }));
    }
    case "item/reasoning/summaryPartAdded":
      return updateItem(thread, params, "reasoning", (item) => ({
        ...item,
        summary: appendAt(item.summary, params.summaryIndex, ""),
      }));
    case "item/reasoning/summaryTextDelta":
      return updateItem(thread, params, "reasoning", (item) => ({
        ...item,
        summary: appendAt(item.summary, params.summaryIndex, params.delta),
      }));
    case "item/reasoning/textDelta":
      return updateItem(thread, params, "reasoning", (item) => ({
        ...item,
        content: appendAt(item.content, params.contentIndex, params.delta),
      }));
    case "belay/compaction/undone":
      return updateItem(thread, params, "contextCompaction", (item) => ({ ...item, isUndone: true }));
    case "belay/files/updated":
      return withChanges(thread, params.turns);
    case "error":
      return params.willRetry ? dropVoid(thread, params) : thread;
    case "configWarning":
    case "account/login/completed":
    case "account/updated":
    case "warning":
    case "thread/started":
    case "thread/archived":
    case "thread/unarchived":
    case "thread/deleted":
    case "thread/closed":
    case "thread/status/changed":
    case "thread/queue/changed":
    case "turn/diff/updated":
    case "fs/changed":
    case "fuzzyFileSearch/sessionUpdated":
    case "fuzzyFileSearch/sessionCompleted":
    case "command/exec/outputDelta":
    case "serverRequest/resolved":
    case "item/commandExecution/terminalInteraction":
    case "belay/sandbox/updated":
    case "belay/thread/saving/updated":
    case "belay/review/updated":
    case "thread/reverted":
    case "thread/section/changed":
      return thread;
    default:
      // A newer server may say more than we know.
      method satisfies never;
      return thread;
  }
}

/** What is said of these turns now; of others it stays as it was. */
export function withChanges(thread: ShownThread, turns: readonly TurnChanges[]): ShownThread {
  const said = turns.map((changes) => [changes.turnId, changes] as const);
  return { ...thread, changes: new Map([...thread.changes, ...said]) };
}

/** Deltas come many to a frame: the store may gather them, never reorder them. */
export function isDelta({ method }: ServerNotification): boolean {
  return /delta$|patchUpdated$/i.test(method);
}

/** The server that ran it is gone: what was under way was cut. The snapshot that follows tells the rest. */
export function cutRunningTurns(thread: ShownThread): ShownThread {
  const turns = thread.turns.map((turn) => {
    if (turn.status === "inProgress") return { ...turn, status: "interrupted" as const };
    return turn.items.some((item) => outlives(item, turn)) ? { ...turn, items: turn.items.map(stopCommand) } : turn;
  });
  return turns.every((turn, at) => turn === thread.turns[at]) ? thread : { ...thread, turns };
}

// The server takes its commands with it, however it ends.
function stopCommand(item: ThreadItem): ThreadItem {
  return item.type === "commandExecution" && isOpen(item) ? { ...item, status: "failed", ending: "stopped" } : item;
}

/** A command that goes on after its turn. Those of an interrupted turn were stopped with it. */
export function outlives(item: ThreadItem, { status }: Pick<Turn, "status">): item is ThreadItemOf<"commandExecution"> {
  if (item.type !== "commandExecution" || !isOpen(item)) return false;
  // Of a turn that failed, the one without a process is what the failure left open.
  return status === "completed" || (status === "failed" && item.processId !== null);
}

/** Puts a turn in that the server has announced in an answer; what is known of it already wins. */
export function addTurn(thread: ShownThread, turn: Turn): ShownThread {
  return thread.turns.some(({ id }) => id === turn.id) ? thread : { ...thread, turns: [...thread.turns, turn] };
}

/** Text still streams into it: it has started and not completed. Meaningful only inside a running turn. */
export function isOpen(item: ThreadItem): boolean {
  return "status" in item ? item.status === "inProgress" : (item.completedAtMs ?? null) === null;
}

function firstPrompt({ turns }: ShownThread): string {
  const prompt = turns.flatMap(({ items }) => items).find((item) => item.type === "userMessage");
  return prompt === undefined ? "" : firstLine(userText(prompt));
}

export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}

// Notifications carry a turn without its items, or with a summary of them: the items we have are the fuller list.
function mergeTurn(known: Turn, said: Turn): Turn {
  return said.itemsView === "full" && said.items.length >= known.items.length
    ? said
    : { ...said, items: known.items, itemsView: "full" };
}

function updateTurn(thread: ShownThread, turnId: string, change: (turn: Turn) => Turn): ShownThread {
  const index = thread.turns.findLastIndex(({ id }) => id === turnId);
  const turn = thread.turns[index] ?? emptyTurn(turnId);
  const changed = change(turn);
  if (changed === turn) return thread;
  const turns = index === -1 ? [...thread.turns, changed] : thread.turns.with(index, changed);
  return { ...thread, turns };
}

function putItem(thread: ShownThread, turnId: string, item: ThreadItem): ShownThread {
  const changed = updateTurn(thread, turnId, (turn) => {
    const index = turn.items.findLastIndex(({ id }) => id === item.id);
    const items = index === -1 ? [...turn.items, item] : turn.items.with(index, item);
    return { ...turn, items };
  });
  if (changed.title !== "" || item.type !== "userMessage") return changed;
  return { ...changed, title: firstLine(userText(item)) };
}

function updateItem<T extends ThreadItem["type"]>(
  thread: ShownThread,
  at: { turnId: string; itemId: string },
  type: T,
  change: (item: ThreadItemOf<T>) => ThreadItemOf<T>,
): ShownThread {
  return updateTurn(thread, at.turnId, (turn) => {
    const index = turn.items.findLastIndex(({ id }) => id === at.itemId);
    const item = turn.items[index];
    // A delta for an item we never saw start: its completion brings the whole.
    if (item?.type !== type) return turn;
    return { ...turn, items: turn.items.with(index, change(item as ThreadItemOf<T>)) };
  });
}

// Ours says which items are void; another server means the text that is still open.
function dropVoid(
  thread: ShownThread,
  { turnId, takenBack = [] }: { turnId: string; takenBack?: readonly string[] | undefined },
): ShownThread {
  return updateTurn(thread, turnId, (turn) => {
    const items = turn.items.filter(
      (item) =>
        !takenBack.includes(item.id) && !((item.type === "agentMessage" || item.type === "reasoning") && isOpen(item)),
    );
    return items.length === turn.items.length ? turn : { ...turn, items };
  });
}

function appendAt(parts: readonly string[], index: number, text: string): string[] {
  const grown = Array.from({ length: Math.max(parts.length, index + 1) }, (_, at) => parts[at] ?? "");
  grown[index] = (grown[index] ?? "") + text;
  return grown;
}

function emptyTurn(id: string): Turn {
  return {
    id,
    items: [],
    itemsView: "full",
    status: "inProgress",
    error: null,
    startedAt: null,
    completedAt: null,
    durationMs: null,
  };
}
