// (state, event) -> state. No DOM, no time, no randomness: the same events always give the same panel.
import type { HostState } from "../../server/protocol/panel.ts";
import type { Thread, ThreadStartResponse } from "../../server/protocol/thread.ts";
import { asksFor, givenUpWords } from "../text/words.ts";
import type { PanelEvent } from "./events.ts";
import { reduceNotification, withNotice } from "./notification-reducer.ts";
import { lasting } from "./persisted.ts";
import {
  type Approval,
  type Choice,
  type ListFilter,
  type Notice,
  type PanelState,
  type ShownThread,
  shownThread,
  shownThreadId,
  type View,
} from "./state.ts";
import { addTurn, cutRunningTurns, heldThread, openThread, withChanges, withReading } from "./thread-reducer.ts";
import {
  changeUnsent,
  movePrompt,
  noUnsent,
  senderOf,
  settleChoice,
  settlePrompts,
  swapUnsent,
  takeBack,
  takeChoice,
  unsentOf,
  withoutPrompt,
} from "./unsent.ts";

const restarted = "Belay's server had ended and was restarted. What ran was stopped; the thread goes on from here.";
const restartedUnanswered =
  "Belay's server had ended and was restarted. What ran was stopped, and what waited for your answer was not done; the thread goes on from here.";

export function reduce(state: PanelState, event: PanelEvent): PanelState {
  switch (event.type) {
    case "hostChanged":
      return changeHost(state, event.host);
    case "notified":
      return reduceNotification(state, event.notification);
    case "threadOpening":
      return startLoading(seen(state, event.threadId), event.threadId);
    case "threadOpened": {
      const shown = showSnapshot(state, event.response);
      // It has a folder again, or is another thread.
      return shown.missingFolder === null ? shown : { ...shown, sendError: null, missingFolder: null };
    }
    case "threadRefused":
      if (shownThreadId(state.view) !== event.threadId) return state;
      return withNotice(leaveForNew(state), info(event.message));
    case "threadHeld":
      return hold(state, event);
    case "heldThreadRead":
      return readHeld(state, event.thread);
    case "threadForked":
      return followFork(state, event);
    case "newThread": {
      const left = leaveForNew(state);
      return { ...left, choice: { ...left.choice, mode: lasting(left.choice.mode) } };
    }
    case "threadsListed":
      return { ...state, threads: event.threads };
    case "threadsBrowsing":
      return isSameFilter(state.browsed.filter, event.filter)
        ? state
        : { ...state, browsed: { filter: event.filter, threads: null, nextCursor: null } };
    case "threadsBrowsed": {
      const { filter, threads, nextCursor } = event;
      // The answer to a question that a later click made void.
      return isSameFilter(state.browsed.filter, filter)
        ? { ...state, browsed: { filter, threads, nextCursor } }
        : state;
    }
    case "modelsListed":
      return { ...state, models: event.models };
    case "defaultsRead":
      return { ...state, defaults: event.settings };
    case "sandboxRead":
      return { ...state, sandbox: event.sandbox };
    case "reviewListed":
      return { ...state, review: event.files };
    case "changesRead":
      return changeThread(state, event.threadId, (thread) =>
        withChanges({ ...thread, changes: new Map() }, event.turns),
      );
    case "queueListed":
      return shownThreadId(state.view) === event.threadId ? { ...state, queue: event.queue } : state;
    case "told":
      return announce(state, event.text);
    case "choiceMade":
      return makeChoice(state, event.choice);
    case "choiceTaken":
      return changeUnsent(state, event.threadId, (unsent) => takeChoice(unsent, event.taken));
    case "noticed":
      return withNotice(state, info(event.text, event.threadId));
    case "noticeDismissed":
      return dismissNotice(state, event.key);
    default:
      return reduceTurn(state, event);
  }
}

type TurnEvent = Extract<
  PanelEvent,
  { type: `prompt${string}` | `shell${string}` | `stop${string}` | `command${string}` | `approval${string}` }
>;

function reduceTurn(state: PanelState, event: TurnEvent): PanelState {
  switch (event.type) {
    case "promptSent":
      return sendPrompt(state, event);
    case "promptAccepted":
      return acceptPrompt(state, event);
    case "promptRefused":
      return refusePrompt(state, event);
    case "promptDropped":
      return changeUnsent(state, senderOf(state, event.clientId) ?? null, (unsent) =>
        withoutPrompt(unsent, event.clientId),
      );
    case "shellSent":
      return { ...state, sendError: null };
    case "shellRefused":
      return { ...state, sendError: event.message, missingFolder: null };
    case "commandStopAsked":
      return { ...state, stoppingItemIds: [...state.stoppingItemIds, event.itemId] };
    case "commandStopSettled":
      return settleStop(state, event);
    case "stopAsked":
      return { ...state, stoppingTurnId: event.turnId };
    case "stopRefused":
      return withNotice(
        { ...state, stoppingTurnId: state.stoppingTurnId === event.turnId ? null : state.stoppingTurnId },
        info(event.message, event.threadId),
      );
    case "approvalAsked": {
      const approval: Approval = { key: event.key, id: event.id, request: event.request, outcome: { kind: "waiting" } };
      return announce({ ...state, approvals: [...state.approvals, approval] }, asksFor(event.request));
    }
    case "approvalAnswered":
      return settle(state, event.key, { kind: "answered", decision: event.decision });
    case "approvalReplied":
      return settle(state, event.key, { kind: "replied", reply: event.reply });
    case "approvalWithdrawn":
      return settle(state, event.key, { kind: "void", why: "takenBack" });
    default:
      return event satisfies never;
  }
}

function changeHost(state: PanelState, host: HostState): PanelState {
  const changed = startsAnew(state, host) ? forgetConfigWarnings({ ...state, host }) : { ...state, host };
  if (host.server.kind === "running") {
    if (state.host?.server.kind === "running") return changed;
    // A refusal from the time without a server is out of date.
    const ready = { ...changed, sendError: null };
    return wasRestarted(state) ? tellRestart(ready) : ready;
  }
  // The process that asked is gone, and with it whatever ran in it.
  const hasAsked = state.approvals.some(({ outcome }) => outcome.kind === "waiting");
  const approvals = state.approvals.map((approval) =>
    approval.outcome.kind === "waiting"
      ? { ...approval, outcome: { kind: "void" as const, why: "serverEnded" as const } }
      : approval,
  );
  const cut = { ...changed, view: cutView(state.view), approvals, stoppingTurnId: null, stoppingItemIds: [] };
  return { ...(hasAsked ? withNotice(cut, info(givenUpWords)) : cut), sandbox: null, unsaved: new Map() };
}

/** In one line, with what was said when it ended. */
function tellRestart(state: PanelState): PanelState {
  const notices = state.notices.filter(({ text }) => text !== givenUpWords);
  const isUnanswered = notices.length < state.notices.length;
  return withNotice({ ...state, notices }, info(isUnanswered ? restartedUnanswered : restarted));
}

// By itself, after it had ended by itself.
function wasRestarted({ host }: PanelState): boolean {
  return host?.server.kind === "starting" && host.server.attempt > 1;
}

// A server that starts reads its configuration anew, and says again what is still wrong with it.
function startsAnew({ host: before }: PanelState, { server }: HostState): boolean {
  return server.kind === "starting" && before !== null && before.server.kind !== "starting";
}

function forgetConfigWarnings(state: PanelState): PanelState {
  return { ...state, notices: state.notices.filter(({ kind }) => kind !== "config"), dismissed: [] };
}

function dismissNotice(state: PanelState, key: string): PanelState {
  const isConfig = state.notices.some((notice) => notice.key === key && notice.kind === "config");
  return {
    ...state,
    notices: state.notices.filter((notice) => notice.key !== key),
    dismissed: isConfig ? [...state.dismissed, key] : state.dismissed,
  };
}

function info(text: string, threadId: string | null = null): Omit<Notice, "key"> {
  return { kind: "info", threadId, text };
}

function makeChoice(state: PanelState, choice: Partial<Choice>): PanelState {
  const { mode } = choice;
  const lastMode = mode === undefined ? state.lastMode : lasting(mode);
  return { ...state, choice: { ...state.choice, ...choice }, lastMode };
}

function cutView(view: View): View {
  switch (view.kind) {
    case "new":
      return view;
    case "loading":
      return { ...view, previous: view.previous && cutRunningTurns(view.previous) };
    case "shown":
      return { ...view, thread: cutRunningTurns(view.thread) };
    default:
      return view satisfies never;
  }
}

function changeThread(state: PanelState, threadId: string, change: (thread: ShownThread) => ShownThread): PanelState {
  const { view } = state;
  if (view.kind !== "shown" || view.thread.id !== threadId) return state;
  return { ...state, view: { kind: "shown", thread: change(view.thread) } };
}

function seen(state: PanelState, threadId: string): PanelState {
  return { ...state, unseen: state.unseen.filter((id) => id !== threadId) };
}

function isSameFilter(a: ListFilter, b: ListFilter): boolean {
  return a.isAll === b.isAll && a.isArchived === b.isArchived;
}

function hold(state: PanelState, { threadId, writer }: Extract<PanelEvent, { type: "threadHeld" }>): PanelState {
  if (shownThreadId(state.view) !== threadId) return state;
  const before = shownThread(state.view);
  const listed = state.threads?.find(({ id }) => id === threadId);
  // What was read of it stays on screen until it is read again.
  const isRead = before?.id === threadId && before.turns.length > 0;
  const thread = isRead ? { ...before, held: { writer, isRead } } : heldThread(threadId, listed, writer);
  return { ...state, view: { kind: "shown", thread } };
}

function startLoading(state: PanelState, threadId: string): PanelState {
  const previous = shownThread(state.view);
  const isSame = previous?.id === threadId;
  const from = isSame ? state : leaveThread(state, threadId);
  return { ...from, view: { kind: "loading", threadId, previous: isSame ? previous : null } };
}

function showSnapshot(state: PanelState, response: ThreadStartResponse): PanelState {
  const { view } = state;
  const previous = view.kind === "loading" ? view.previous : null;
  // The answer to a question that a later click made void.
  if (view.kind === "loading" && view.threadId !== response.thread.id) return state;
  if (view.kind === "shown" && view.thread.id !== response.thread.id) return state;
  const opened = openThread(response);
  const thread = previous ? { ...opened, ...keptOf(previous) } : opened;
  const shown: PanelState = { ...state, view: { kind: "shown", thread } };
  return changeUnsent(shown, thread.id, (unsent) =>
    settleChoice(settlePrompts(unsent, response.thread), thread.settings),
  );
}

/** What no snapshot has. */
function keptOf({ tokenUsage, changes, plans }: ShownThread): Pick<ShownThread, "tokenUsage" | "changes" | "plans"> {
  return { tokenUsage, changes, plans };
}

function readHeld(state: PanelState, read: Thread): PanelState {
  const changed = changeThread(state, read.id, (thread) => withReading(thread, read));
  return changed === state ? state : changeUnsent(changed, read.id, (unsent) => settlePrompts(unsent, read));
}

function sendPrompt(state: PanelState, event: Extract<PanelEvent, { type: "promptSent" }>): PanelState {
  const { clientId, text, again } = event;
  const unread = state.outgoing.find((prompt) => prompt.clientId === again);
  const unreadIn = unread?.kind === "unread" ? unread.turnId : undefined;
  const others = withoutPrompt(state, again ?? null).outgoing;
  return { ...state, outgoing: [...others, { kind: "sending", clientId, text, unreadIn }], sendError: null };
}

function acceptPrompt(state: PanelState, event: Extract<PanelEvent, { type: "promptAccepted" }>): PanelState {
  const { threadId, sent } = event;
  const taken = movePrompt(state, event);
  // What is picked in another thread by now is none of its business.
  if (shownThreadId(state.view) !== threadId) return taken;
  // Who goes on has read them.
  const notices = state.notices.filter(({ text }) => ![restarted, givenUpWords, restartedUnanswered].includes(text));
  const { choice } = takeChoice(taken, sent);
  const accepted = { ...taken, choice, notices, sendError: null };
  if (state.view.kind !== "shown") return accepted;
  const thread = addTurn(state.view.thread, event.turn);
  const { settings } = thread;
  const now = {
    ...settings,
    mode: sent.mode ?? settings.mode,
    model: sent.model ?? settings.model,
    edits: sent.edits ?? settings.edits,
  };
  return { ...accepted, view: { kind: "shown", thread: { ...thread, settings: now } } };
}

// The person may be in another thread by now: there it is a line that can be put away.
function refusePrompt(state: PanelState, event: Extract<PanelEvent, { type: "promptRefused" }>): PanelState {
  const { clientId, message, missingFolder = null } = event;
  const sender = senderOf(state, clientId);
  const refused = sender === undefined ? state : changeUnsent(state, sender, (unsent) => takeBack(unsent, clientId));
  return sender === shownThreadId(state.view)
    ? { ...refused, sendError: message, missingFolder }
    : withNotice(refused, info(`A message to another thread was not sent: ${message}`));
}

function settle(state: PanelState, key: string, outcome: Approval["outcome"]): PanelState {
  const approvals = state.approvals.map((approval) =>
    approval.key === key && approval.outcome.kind === "waiting" ? { ...approval, outcome } : approval,
  );
  return { ...state, approvals };
}

function settleStop(
  state: PanelState,
  { threadId, itemId, message }: Extract<PanelEvent, { type: "commandStopSettled" }>,
): PanelState {
  const settled = { ...state, stoppingItemIds: state.stoppingItemIds.filter((id) => id !== itemId) };
  return message === null ? settled : withNotice(settled, info(message, threadId));
}

// Approvals of other threads stay: they still wait, and the panel says so.
function leaveThread(state: PanelState, threadId: string | null): PanelState {
  return {
    ...swapUnsent(state, threadId),
    queue: [],
    sendError: null,
    stoppingTurnId: null,
    stoppingItemIds: [],
    reconnecting: null,
  };
}

function leaveForNew(state: PanelState): PanelState {
  return { ...leaveThread(state, null), view: { kind: "new" } };
}

function followFork(state: PanelState, { from, to }: Extract<PanelEvent, { type: "threadForked" }>): PanelState {
  const moved = unsentOf(state, from);
  const left = changeUnsent(state, from, () => noUnsent);
  return startLoading(
    changeUnsent(left, to, () => moved),
    to,
  );
}

function announce(state: PanelState, text: string): PanelState {
  return { ...state, announcement: { number: state.announcement.number + 1, text } };
}
