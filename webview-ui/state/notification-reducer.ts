// What the server tells without being asked, applied to the whole panel.
import type { ThreadItem } from "../../server/protocol/item.ts";
import { notSavedWords } from "../../server/protocol/thread-saving.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { TurnError } from "../../server/protocol/turn.ts";
import { reconnectingWords, turnOutcome } from "../text/words.ts";
import { type Notice, type PanelState, shownThread, shownThreadId } from "./state.ts";
import { isDelta, isOpen, reduceThread } from "./thread-reducer.ts";
import { changeUnsent, noUnsent, settleChoice, withoutPrompt } from "./unsent.ts";

/** The newest lines, of all threads together. */
const KEPT_NOTICES = 100;
const archived = "This thread is in the archive now.";

type Params<M extends ServerNotification["method"]> = Extract<ServerNotification, { method: M }>["params"];
type Resolved = Params<"serverRequest/resolved">;

export function reduceNotification(state: PanelState, notification: ServerNotification): PanelState {
  const inThread = followUnsent(followThread(state, notification), notification);
  const { method, params } = notification;
  switch (method) {
    case "serverRequest/resolved":
      return resolveApproval(inThread, params);
    case "configWarning":
      return withNotice(inThread, {
        kind: "config",
        threadId: null,
        text: params.details === null ? params.summary : `${params.summary} ${params.details}`,
      });
    case "warning":
      if (isSaidByBanner(state, params)) return inThread;
      return withNotice(inThread, { kind: "warning", threadId: params.threadId, text: params.message });
    case "belay/thread/saving/updated":
      return { ...inThread, unsaved: withTrouble(state.unsaved, params) };
    case "thread/closed":
      return { ...inThread, unsaved: withTrouble(state.unsaved, { threadId: params.threadId, trouble: null }) };
    case "belay/sandbox/updated":
      return { ...inThread, sandbox: params };
    case "error":
      if (!params.willRetry || shownThreadId(state.view) !== params.threadId) return inThread;
      return withReconnecting(inThread, params);
    case "thread/status/changed":
      return followStatus(inThread, params);
    case "thread/name/updated":
      return updateListed(inThread, params.threadId, { name: params.threadName ?? null });
    case "thread/archived":
      return leaveList(inThread, params.threadId, archived);
    case "thread/unarchived":
      return withoutNotices(inThread, ({ threadId, text }) => threadId === params.threadId && text === archived);
    case "thread/deleted":
      return leaveList(
        withoutNotices(inThread, ({ threadId }) => threadId === params.threadId),
        params.threadId,
        "This thread was deleted.",
      );
    default:
      return inThread;
  }
}

// Other clients know that the thread is not being saved from this sentence alone; here it stands in a banner.
function isSaidByBanner({ unsaved }: PanelState, { threadId, message }: Params<"warning">): boolean {
  const trouble = threadId === null ? undefined : unsaved.get(threadId);
  return trouble !== undefined && message === notSavedWords(trouble);
}

function withTrouble(
  unsaved: PanelState["unsaved"],
  { threadId, trouble }: Params<"belay/thread/saving/updated">,
): PanelState["unsaved"] {
  if (trouble === null && !unsaved.has(threadId)) return unsaved;
  const others = [...unsaved].filter(([id]) => id !== threadId);
  return new Map(trouble === null ? others : [...others, [threadId, trouble]]);
}

function withReconnecting(state: PanelState, { turnId, error }: { turnId: string; error: TurnError }): PanelState {
  const text = reconnectingWords(error.message);
  const announcement = { number: state.announcement.number + 1, text };
  return { ...state, reconnecting: { turnId, text, cause: error.additionalDetails }, announcement };
}

/** Adds a line above the composer; the same sentence is not said twice of the same thread. */
export function withNotice(state: PanelState, said: Omit<Notice, "key">): PanelState {
  const key = said.threadId === null ? `text:${said.text}` : `thread:${said.threadId}:${said.text}`;
  if (said.kind === "config" && state.dismissed.includes(key)) return state;
  const others = state.notices.filter((other) => other.key !== key);
  return { ...state, notices: [...others, { key, ...said }].slice(-KEPT_NOTICES) };
}

function withoutNotices(state: PanelState, isGone: (notice: Notice) => boolean): PanelState {
  return state.notices.some(isGone) ? { ...state, notices: state.notices.filter((each) => !isGone(each)) } : state;
}

function followThread(state: PanelState, notification: ServerNotification): PanelState {
  const { view } = state;
  const { params } = notification;
  // While a snapshot is under way, what arrives is older than it and already in it.
  if (view.kind !== "shown" || !("threadId" in params) || params.threadId !== view.thread.id) return state;
  const thread = reduceThread(view.thread, notification);
  const moved = thread === view.thread ? state : { ...state, view: { kind: "shown" as const, thread } };
  return isDelta(notification) ? moved : followTurn(moved, notification);
}

// Of every thread: what was sent or picked and is the server's now, or has no thread any more.
function followUnsent(state: PanelState, { method, params }: ServerNotification): PanelState {
  switch (method) {
    case "item/started":
    case "item/completed": {
      const { item, threadId } = params;
      return item.type === "userMessage"
        ? changeUnsent(state, threadId, (unsent) => withoutPrompt(unsent, item.clientId))
        : state;
    }
    case "thread/settings/updated":
      return changeUnsent(state, params.threadId, (unsent) => settleChoice(unsent, params.threadSettings));
    case "thread/deleted":
      return changeUnsent(state, params.threadId, () => noUnsent);
    default:
      return state;
  }
}

// The small things around a turn: the stop button, the line that says that an answer is asked for
// anew, the live region.
function followTurn(state: PanelState, { method, params }: ServerNotification): PanelState {
  switch (method) {
    case "item/started":
    case "item/completed": {
      // What completes may be a command that goes on beside it; what starts is what was waited for.
      const moved = method === "item/started" ? clearReconnecting(state, params.turnId) : state;
      const calmer = clearStop(moved, params.item);
      return calmer;
    }
    case "turn/completed": {
      const { turn } = params;
      const stoppingTurnId = state.stoppingTurnId === turn.id ? null : state.stoppingTurnId;
      const announcement = { number: state.announcement.number + 1, text: turnOutcome(turn) };
      return { ...clearReconnecting(state, turn.id), stoppingTurnId, announcement };
    }
    default:
      return state;
  }
}

function clearStop(state: PanelState, item: ThreadItem): PanelState {
  if (isOpen(item) || !state.stoppingItemIds.includes(item.id)) return state;
  return { ...state, stoppingItemIds: state.stoppingItemIds.filter((id) => id !== item.id) };
}

function clearReconnecting(state: PanelState, turnId: string): PanelState {
  return state.reconnecting?.turnId === turnId ? { ...state, reconnecting: null } : state;
}

// The extension may have taken the question back already: that says less.
function resolveApproval(state: PanelState, { requestId, answered }: Resolved): PanelState {
  const at = state.approvals.findLastIndex(({ id }) => id === requestId);
  const approval = state.approvals[at];
  if (approval === undefined) return state;
  const { outcome } = approval;
  const isOpen = outcome.kind === "waiting" || (outcome.kind === "void" && outcome.why === "takenBack");
  if (!isOpen) return state;
  const why = answered ? "elsewhere" : "takenBack";
  return { ...state, approvals: state.approvals.with(at, { ...approval, outcome: { kind: "void", why } }) };
}

function updateListed(state: PanelState, threadId: string, change: Partial<Thread>): PanelState {
  const update = (threads: readonly Thread[] | null) =>
    threads?.some(({ id }) => id === threadId)
      ? threads.map((thread) => (thread.id === threadId ? { ...thread, ...change } : thread))
      : threads;
  return withLists(state, update);
}

/** A list that is the same stays the same value: nothing is drawn for it. */
function withLists(
  state: PanelState,
  change: (threads: readonly Thread[] | null) => readonly Thread[] | null,
): PanelState {
  const { browsed } = state;
  const [threads, inList] = [change(state.threads), change(browsed.threads)];
  return { ...state, threads, browsed: inList === browsed.threads ? browsed : { ...browsed, threads: inList } };
}

function followStatus(
  state: PanelState,
  { threadId, status }: Extract<ServerNotification, { method: "thread/status/changed" }>["params"],
): PanelState {
  const changed = updateListed(state, threadId, { status });
  const listed = [...(state.threads ?? []), ...(state.browsed.threads ?? [])].find(({ id }) => id === threadId);
  if (status.type === "active") return { ...changed, unseen: state.unseen.filter((id) => id !== threadId) };
  if (listed?.status.type !== "active" || shownThreadId(state.view) === threadId) return changed;
  return { ...changed, unseen: [...state.unseen, threadId] };
}

// What is on screen stays there to be read; the line above the composer says what became of it.
function leaveList(state: PanelState, threadId: string, text: string): PanelState {
  const left = withLists(state, (threads) =>
    threads?.some(({ id }) => id === threadId) ? threads.filter(({ id }) => id !== threadId) : threads,
  );
  return shownThread(state.view)?.id === threadId ? withNotice(left, { kind: "info", threadId, text }) : left;
}
