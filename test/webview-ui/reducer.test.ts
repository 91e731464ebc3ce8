// The reducer as tables: what happened, and what the panel shows then.
import assert from "node:assert/strict";
import test from "node:test";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { PanelEvent } from "../../webview-ui/state/events.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { currentApproval, noChoice, type PanelState, runningTurn, shownThread } from "../../webview-ui/state/state.ts";
import { after, delta, said, showing } from "./support/events.ts";
import {
  at,
  commandApproval,
  completes,
  item,
  opened,
  running,
  starts,
  thread,
  threadId,
  turn,
  turnId,
} from "./support/fixtures.ts";
import { accepted, sent } from "./support/prompts.ts";
import { asking, lockFile, strict } from "./support/questions.ts";

const ends = (status: "completed" | "interrupted" | "failed"): PanelEvent =>
  said({ method: "turn/completed", params: { threadId, turn: turn({ status }) } });
const gaveUp = "What waited for your answer was given up, and not done, because Belay's server ended.";
const startsAgain: PanelEvent = {
  type: "hostChanged",
  host: { ...running, server: { kind: "starting", attempt: 2 } },
};
const asked: PanelEvent = {
  type: "approvalAsked",
  key: "a1",
  id: 7,
  request: { kind: "command", params: commandApproval },
};

const replied: PanelEvent = { type: "approvalReplied", key: "q1", reply: { answers: { a: { answers: ["b"] } } } };
const questioned: PanelEvent = {
  type: "approvalAsked",
  key: "q1",
  id: 8,
  request: { kind: "questions", params: asking([lockFile, strict]) },
};
const listed: PanelEvent = {
  type: "threadsListed",
  threads: [thread(), thread({ id: "other", preview: "Other" })],
};
const busy = { type: "active" as const, activeFlags: ["waitingOnUserInput" as const] };

const names = (state: PanelState) => state.threads?.map(({ name, preview }) => name ?? preview);
const items = (state: PanelState) => shownThread(state.view)?.turns.flatMap((shown) => shown.items);
const outgoing = (state: PanelState) => state.outgoing.map(({ kind, clientId }) => `${clientId} ${kind}`);
const outcomes = (state: PanelState) => state.approvals.map(({ key, outcome }) => `${key} ${outcome.kind}`);
const lost = (state: PanelState) => state.reconnecting;
const texts = (state: PanelState) => state.notices.map(({ text }) => text);

type Row = [sentence: string, events: PanelEvent[], look: (state: PanelState) => unknown, expected: unknown];

const rows: Row[] = [
  [
    "a delta is added to its item",
    [showing, said(starts(item.answer("He", { completedAtMs: null }))), delta("llo")],
    items,
    [item.answer("Hello", { completedAtMs: null })],
  ],
  ["a delta for an item that never started changes nothing", [showing, delta("llo")], items, []],
  [
    "the completed item is the truth",
    [showing, said(starts(item.answer("Hal"))), said(completes(item.answer("Hello")))],
    items,
    [item.answer("Hello")],
  ],
  [
    "a completed item that never started appears",
    [showing, said(completes(item.answer("Hello")))],
    items,
    [item.answer("Hello")],
  ],
  [
    "what is said while a snapshot is under way is dropped",
    [{ type: "threadOpening", threadId }, said(completes(item.answer("Hello"))), showing],
    items,
    [],
  ],
  [
    "what is said about another thread is not shown",
    [
      showing,
      said({
        method: "item/completed",
        params: { ...at, threadId: "other", item: item.answer("x"), completedAtMs: 2 },
      }),
    ],
    items,
    [],
  ],
  ["a name given elsewhere is the title", [showing, named("Cart")], (state) => shownThread(state.view)?.title, "Cart"],
  [
    "a thread that lost its name is called by its first prompt",
    [showing, said(completes(item.user("Go\non"))), named("Cart"), named(undefined)],
    (state) => shownThread(state.view)?.title,
    "Go",
  ],
  ["a name stands in the list", [listed, named("Cart", "other")], names, ["Make the tests pass", "Cart"]],
  [
    "an archived thread leaves the list",
    [listed, said({ method: "thread/archived", params: { threadId: "other" } })],
    names,
    ["Make the tests pass"],
  ],
  [
    "a deleted thread leaves the list; the shown one stays on screen and says so",
    [showing, listed, said({ method: "thread/deleted", params: { threadId } })],
    (state) => [names(state), shownThread(state.view)?.id, texts(state)],
    [["Other"], threadId, ["This thread was deleted."]],
  ],
  [
    "a status stands in the list",
    [listed, said({ method: "thread/status/changed", params: { threadId: "other", status: busy } })],
    (state) => state.threads?.map(({ status }) => status),
    [{ type: "idle" }, busy],
  ],
  [
    "a warning is of its thread; the same one may be of several, and of each it is said once",
    [
      ...[showing, warned("Hm.", "other"), warned("Hm.", threadId), warned("Hm.", null)],
      ...[warned("Hm.", "other"), { type: "noticed" as const, text: "Gone.", threadId }],
    ],
    (state) => state.notices.map(({ threadId: of, text }) => [of, text]),
    [
      [threadId, "Hm."],
      [null, "Hm."],
      ["other", "Hm."],
      [threadId, "Gone."],
    ],
  ],
  [
    "of a deleted thread no warning is left",
    [showing, warned("Hm.", "other"), said({ method: "thread/deleted", params: { threadId: "other" } })],
    texts,
    [],
  ],
  [
    "a thread that is back from the archive does not say that it is in there",
    [
      showing,
      said({ method: "thread/archived", params: { threadId } }),
      warned("Hm.", threadId),
      said({ method: "thread/unarchived", params: { threadId } }),
    ],
    texts,
    ["Hm."],
  ],
  [
    "a refused stop of one turn leaves the stop of the next alone",
    [
      { type: "stopAsked", turnId: "next" },
      { type: "stopRefused", threadId, turnId: "before", message: "It has ended." },
    ],
    (state) => [state.stoppingTurnId, texts(state)],
    ["next", ["It has ended."]],
  ],
  [
    "the end of a turn keeps its items",
    [showing, said(completes(item.answer("Hello"))), ends("completed")],
    items,
    [item.answer("Hello")],
  ],
  [
    "the answer of a thread that was left is not shown",
    [{ type: "threadOpening", threadId: "other" }, showing],
    (state) => state.view.kind,
    "loading",
  ],
  [
    "text that a retry makes void disappears",
    [
      showing,
      said(completes(item.answer("One"))),
      said(starts(item.answer("Tw", { id: "answer-2", completedAtMs: null }))),
      retrying(),
    ],
    items,
    [item.answer("One")],
  ],
  [
    "what the server takes back disappears, whole or not, and nothing else",
    [
      showing,
      said(completes(item.answer("One"))),
      said(completes(item.answer("Tw", { id: "answer-2" }))),
      retrying({ takenBack: ["answer-2", "never-seen"] }),
    ],
    items,
    [item.answer("One")],
  ],
  [
    "a turn that is asked anew says which try it is, and why",
    [showing, retrying(), retrying({ message: "Reconnecting... 2/5", additionalDetails: "It broke off." })],
    ({ reconnecting, announcement }) => [reconnecting, announcement.text],
    [{ turnId, text: "Reconnecting 2 of 5…", cause: "It broke off." }, "Reconnecting 2 of 5…"],
  ],
  [
    "a command that ends beside it does not mean that the model answers",
    [showing, retrying(), said(completes(item.command("sleep 9")))],
    ({ reconnecting }) => reconnecting?.text,
    "Reconnecting 1 of 2…",
  ],
  ["a try that worked is forgotten", [showing, retrying(), said(starts(item.answer("Two")))], lost, null],
  ["so is one in a turn that ends", [showing, retrying(), ends("interrupted")], lost, null],
  ["so is one of a thread that was left", [showing, retrying(), { type: "threadOpening", threadId: "b" }], lost, null],

  ["a prompt is there at once", [showing, sent], outgoing, ["c1 sending"]],
  ["an accepted prompt waits for its echo", [showing, sent, accepted], outgoing, ["c1 accepted"]],
  [
    "the echo takes the place of the prompt",
    [showing, sent, accepted, said(completes(item.user("Hello", { clientId: "c1" })))],
    outgoing,
    [],
  ],
  [
    "a snapshot with the echo does so too",
    [showing, sent, accepted, { type: "threadOpening", threadId }, snapshotWithEcho()],
    outgoing,
    [],
  ],
  [
    "a snapshot without the echo leaves the prompt, as long as something runs",
    [
      showing,
      sent,
      accepted,
      { type: "threadOpening", threadId },
      { type: "threadOpened", response: opened({ turns: [], status: busy }) },
    ],
    outgoing,
    ["c1 accepted"],
  ],
  [
    "a prompt whose turn the next server does not know was read by nobody",
    [showing, sent, accepted, { type: "threadOpening", threadId }, showing],
    outgoing,
    ["c1 unread"],
  ],
  [
    "a refused prompt leaves its reason",
    [showing, sent, { type: "promptRefused", clientId: "c1", message: "No." }],
    (state) => [outgoing(state), state.sendError],
    [[], "No."],
  ],
  [
    "the next attempt clears the reason",
    [sent, { type: "promptRefused", clientId: "c1", message: "No." }, sent],
    (state) => state.sendError,
    null,
  ],
  [
    "a prompt that was refused for want of a folder says which, until the thread is opened in another one",
    [showing, sent, { type: "promptRefused", clientId: "c1", message: "Gone.", missingFolder: "/gone" }, showing],
    (state) => [state.sendError, state.missingFolder],
    [null, null],
  ],
  [
    "a prompt nobody read is kept when the server that had it is gone",
    [
      showing,
      sent,
      { ...accepted, turn: turn() },
      { type: "threadOpening", threadId },
      { type: "threadOpened", response: opened({ turns: [turn({ status: "interrupted" })] }) },
    ],
    outgoing,
    ["c1 unread"],
  ],
  [
    "an accepted prompt opens its turn",
    [showing, sent, accepted],
    (state) => runningTurn(shownThread(state.view))?.id,
    "turn-2",
  ],
  [
    "an answer that comes late does not reopen a turn",
    [showing, ends("completed"), { ...accepted, turn: turn() }],
    (state) => runningTurn(shownThread(state.view)),
    null,
  ],
  [
    "a mode that was sent holds at once",
    [showing, { type: "choiceMade", choice: { mode: "ask" } }, { ...accepted, sent: { ...noChoice, mode: "ask" } }],
    (state) => [state.choice.mode, shownThread(state.view)?.settings.mode],
    [null, "ask"],
  ],
  [
    "a mode picked while the prompt was under way is kept",
    [showing, { type: "choiceMade", choice: { mode: "ask" } }, accepted],
    (state) => state.choice.mode,
    "ask",
  ],

  ["a question waits", [showing, asked], outcomes, ["a1 waiting"]],
  [
    "an answered question is settled",
    [showing, asked, { type: "approvalAnswered", key: "a1", decision: "accept" }],
    (state) => state.approvals[0]?.outcome,
    { kind: "answered", decision: "accept" },
  ],
  [
    "a second answer changes nothing",
    [
      asked,
      { type: "approvalAnswered", key: "a1", decision: "accept" },
      { type: "approvalAnswered", key: "a1", decision: "decline" },
    ],
    (state) => state.approvals[0]?.outcome,
    { kind: "answered", decision: "accept" },
  ],
  [
    "a question that was taken back is void",
    [asked, said({ method: "serverRequest/resolved", params: { threadId, requestId: 7 } })],
    (state) => state.approvals[0]?.outcome,
    { kind: "void", why: "takenBack" },
  ],
  [
    "a question that was answered elsewhere says so, also when it was taken back first",
    [
      asked,
      { type: "approvalWithdrawn", key: "a1" },
      said({ method: "serverRequest/resolved", params: { threadId, requestId: 7, answered: true } }),
    ],
    (state) => state.approvals[0]?.outcome,
    { kind: "void", why: "elsewhere" },
  ],
  [
    "our own answer is not made void by its confirmation",
    [
      asked,
      { type: "approvalAnswered", key: "a1", decision: "accept" },
      said({ method: "serverRequest/resolved", params: { threadId, requestId: 7 } }),
    ],
    outcomes,
    ["a1 answered"],
  ],
  [
    "a question survives the snapshot of its thread",
    [{ type: "threadOpening", threadId }, asked, showing],
    (state) => currentApproval(state)?.key,
    "a1",
  ],
  [
    "the answers to questions of the model settle them, once",
    [showing, questioned, replied, { ...replied, reply: { answers: {} } }],
    (state) => state.approvals[0]?.outcome,
    { kind: "replied", reply: { answers: { a: { answers: ["b"] } } } },
  ],
  [
    "questions of the model are announced",
    [showing, questioned],
    (state) => state.announcement.text,
    `Answer needed: ${lockFile.question} And 1 more question.`,
  ],
  ["a question of another thread has no key here", [asked], currentApproval, null],
  [
    "questions go with the server that asked, and say so",
    [showing, asked, serverFailed()],
    (state) => [state.approvals[0]?.outcome, texts(state)],
    [{ kind: "void", why: "serverEnded" }, [gaveUp]],
  ],
  [
    "a server that was restarted by itself is told of once, until the next prompt is taken",
    [showing, serverFailed(), startsAgain, { type: "hostChanged", host: running }],
    texts,
    ["Belay's server had ended and was restarted. What ran was stopped; the thread goes on from here."],
  ],
  [
    "a restart that takes a question along says both in one line",
    [showing, asked, serverFailed(), startsAgain, { type: "hostChanged", host: running }],
    (state) => texts(state).map((text) => /was restarted\..*what waited for your answer was not done;/.test(text)),
    [true],
  ],
  [
    "who goes on after a restart has read of it",
    [showing, asked, serverFailed(), startsAgain, { type: "hostChanged", host: running }, showing, sent, accepted],
    texts,
    [],
  ],
  [
    "a server that a person restarted needs no words",
    [
      showing,
      { type: "hostChanged", host: { ...running, server: { kind: "stopped" } } },
      { type: "hostChanged", host: { ...running, server: { kind: "starting", attempt: 1 } } },
      { type: "hostChanged", host: running },
    ],
    texts,
    [],
  ],
  [
    "a server that does not answer has not ended: what runs goes on, and what is asked can be answered later",
    [showing, asked, { type: "hostChanged", host: { ...running, server: { kind: "running", silence: "long" } } }],
    (state) => [runningTurn(shownThread(state.view))?.id, outcomes(state)],
    [turnId, ["a1 waiting"]],
  ],
  [
    "a prompt that another thread refused is told apart from those of this one",
    [
      showing,
      sent,
      { type: "threadOpening", threadId: "other" },
      { type: "promptRefused", clientId: "c1", message: "No." },
    ],
    (state) => [state.sendError, texts(state)],
    [null, ["A message to another thread was not sent: No."]],
  ],
  [
    "a prompt that another thread took leaves alone what is picked here",
    [
      showing,
      sent,
      { type: "threadOpening", threadId: "other" },
      { type: "threadOpened", response: opened({ id: "other", turns: [] }) },
      { type: "choiceMade", choice: { mode: "ask" } },
      { ...accepted, sent: { ...noChoice, mode: "ask" } },
    ],
    (state) => [state.choice.mode, shownThread(state.view)?.turns],
    ["ask", []],
  ],
  [
    "a turn that ran in a server that failed was cut",
    [showing, serverFailed()],
    (state) => shownThread(state.view)?.turns[0]?.status,
    "interrupted",
  ],
  [
    "a snapshot says how the turn really ended",
    [
      showing,
      serverFailed(),
      { type: "threadOpening", threadId },
      { type: "threadOpened", response: opened({ turns: [turn({ status: "completed" })] }) },
    ],
    (state) => shownThread(state.view)?.turns[0]?.status,
    "completed",
  ],

  [
    "a refusal from the time without a server goes when the server is back",
    [
      serverFailed(),
      sent,
      { type: "promptRefused", clientId: "c1", message: "No." },
      { type: "hostChanged", host: running },
    ],
    (state) => state.sendError,
    null,
  ],
  [
    "a new thread is empty and keeps what other threads ask",
    [showing, asked, sent, { type: "newThread" }],
    (state) => [state.view.kind, outgoing(state), outcomes(state)],
    ["new", [], ["a1 waiting"]],
  ],
  [
    "a thread that cannot be opened gives way to a new one",
    [
      { type: "threadOpening", threadId },
      { type: "threadRefused", threadId, message: "Gone." },
    ],
    (state) => [state.view.kind, texts(state)],
    ["new", ["Gone."]],
  ],
  [
    "a warning is said once",
    [
      said({ method: "warning", params: { threadId: null, message: "Hm." } }),
      said({ method: "warning", params: { threadId: null, message: "Hm." } }),
    ],
    texts,
    ["Hm."],
  ],
  ["the end of a turn is announced", [showing, ends("completed")], (state) => state.announcement.text, "Turn finished"],
  [
    "a question is announced",
    [showing, asked],
    (state) => state.announcement.text,
    "Approval needed: run command npm test -- --coverage",
  ],
  [
    "the first prompt names the thread",
    [{ type: "threadOpened", response: opened({ preview: "" }) }, said(completes(item.user("Make it so\nplease")))],
    (state) => shownThread(state.view)?.title,
    "Make it so",
  ],
];

for (const [sentence, events, look, expected] of rows) {
  test(sentence, () => assert.deepEqual(look(after(...events)), expected));
}

test("nothing that is said about another thread changes anything but the list", () => {
  const before = after(showing, listed, said(completes(item.answer("Hello"))));
  const other = { threadId: "other", turnId: "turn-9" };
  const error = { message: "Reconnecting... 1/2", codexErrorInfo: null, additionalDetails: null };
  const foreign: ServerNotification[] = [
    { method: "turn/started", params: { threadId: "other", turn: turn({ id: "turn-9" }) } },
    { method: "item/started", params: { ...other, item: item.user("Hm"), startedAtMs: 1 } },
    { method: "item/agentMessage/delta", params: { ...other, itemId: "answer-1", delta: "x" } },
    { method: "error", params: { ...other, error, willRetry: true } },
    { method: "turn/completed", params: { threadId: "other", turn: turn({ id: turnId, status: "failed" }) } },
    { method: "thread/name/updated", params: { threadId: "other", threadName: "Cart" } },
    { method: "thread/status/changed", params: { threadId: "other", status: busy } },
    { method: "thread/status/changed", params: { threadId: "never heard of", status: busy } },
    { method: "thread/archived", params: { threadId: "other" } },
    { method: "thread/deleted", params: { threadId: "other" } },
    { method: "thread/unarchived", params: { threadId: "other" } },
    { method: "thread/closed", params: { threadId: "other" } },
    { method: "thread/started", params: { thread: thread({ id: "other" }) } },
  ];
  const state = foreign.map(said).reduce(reduce, before);
  assert.deepEqual({ ...state, threads: null }, { ...before, threads: null });
  assert.equal(shownThread(state.view), shownThread(before.view));
});

function retrying({ message = "Reconnecting... 1/2", additionalDetails = null, takenBack }: Retrying = {}): PanelEvent {
  const error = { message, codexErrorInfo: null, additionalDetails };
  const more = takenBack === undefined ? {} : { takenBack };
  return said({ method: "error", params: { error, willRetry: true, threadId, turnId, ...more } });
}

interface Retrying {
  message?: string;
  additionalDetails?: string | null;
  takenBack?: string[];
}

function named(threadName: string | undefined, id = threadId): PanelEvent {
  const params = threadName === undefined ? { threadId: id } : { threadId: id, threadName };
  return said({ method: "thread/name/updated", params });
}

function warned(message: string, id: string | null): PanelEvent {
  return said({ method: "warning", params: { threadId: id, message } });
}

function serverFailed(): PanelEvent {
  return { type: "hostChanged", host: { ...running, server: { kind: "failed", reason: "It ended.", retrying: true } } };
}

function snapshotWithEcho(): PanelEvent {
  return {
    type: "threadOpened",
    response: opened({ turns: [turn({ items: [item.user("Hello", { clientId: "c1" })] })] }),
  };
}
