// What belongs to a thread and is not the server's yet, as a table: where it is when the person turns to other threads.
import assert from "node:assert/strict";
import test from "node:test";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import { currentChoice } from "../../webview-ui/composer/models.ts";
import type { PanelEvent } from "../../webview-ui/state/events.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { initialState, noChoice, type PanelState, shownThreadId } from "../../webview-ui/state/state.ts";
import { keptUnsent, swapUnsent } from "../../webview-ui/state/unsent.ts";
import fc from "../support/properties.ts";
import { at, completes, item, opened, threadId } from "./support/fixtures.ts";
import { accepted, sent } from "./support/prompts.ts";

const other = "019a0000-0000-7000-8000-000000000002";
const busy = { type: "active" as const, activeFlags: [] };
const snapshotOf = (id: string, parts: Parameters<typeof opened>[0] = {}): PanelEvent => ({
  type: "threadOpened",
  response: opened({ id, ...parts }),
});
const open = (id: string, parts: Parameters<typeof opened>[0] = {}): PanelEvent[] => [
  { type: "threadOpening", threadId: id },
  snapshotOf(id, parts),
];
const pick = (choice: Extract<PanelEvent, { type: "choiceMade" }>["choice"]): PanelEvent => ({
  type: "choiceMade",
  choice,
});
const newThread: PanelEvent = { type: "newThread" };
const refused: PanelEvent = { type: "promptRefused", clientId: "c1", message: "No." };
/** A prompt that the server died with. */
const unread = [...open(threadId), sent, accepted, ...open(threadId)];
const again: PanelEvent = { type: "promptSent", clientId: "c2", text: "Hello", again: "c1" };
const settings = (id: string, mode: "ask" | "agent"): PanelEvent => {
  const notification = {
    method: "thread/settings/updated",
    params: { threadId: id, threadSettings: opened({}, { mode }) },
  };
  // What else the wire carries there, the panel does not read.
  return { type: "notified", notification: notification as unknown as ServerNotification };
};
const deleted: PanelEvent = {
  type: "notified",
  notification: { method: "thread/deleted", params: { threadId } },
};

const mode = ({ choice }: PanelState) => choice.mode;
const outgoing = (state: PanelState) => state.outgoing.map(({ kind, clientId }) => `${clientId} ${kind}`);
const aside = (state: PanelState) => [...state.aside.keys()];

const rows: [sentence: string, events: PanelEvent[], look: (state: PanelState) => unknown, expected: unknown][] = [
  [
    "a pick is not that of the thread turned to",
    [...open(threadId), pick({ mode: "ask" }), ...open(other)],
    mode,
    null,
  ],
  [
    "a pick is there again with its thread",
    [...open(threadId), pick({ mode: "ask", model: "demo" }), ...open(other), ...open(threadId)],
    ({ choice }) => [choice.mode, choice.model],
    ["ask", "demo"],
  ],
  [
    "so is that of the thread to come",
    [pick({ mode: "ask", edits: "propose" }), ...open(threadId), newThread],
    ({ choice }) => [choice.mode, choice.edits],
    ["ask", "propose"],
  ],
  [
    "a thread to come for which none was picked has the mode that was picked last, in whatever thread",
    [...open(threadId), pick({ mode: "ask" }), newThread, ...open(threadId), pick({ mode: "agent" }), newThread],
    (state) => [mode(state), currentChoice(state).mode],
    [null, "agent"],
  ],
  [
    "a mode with a risk is asked for anew there",
    [pick({ mode: "fullAccess" }), ...open(threadId), newThread],
    mode,
    null,
  ],
  [
    "a pick that another client made, too, is none any more",
    [...open(threadId), pick({ mode: "ask" }), settings(threadId, "ask")],
    mode,
    null,
  ],
  [
    "so is one in a thread that is not on show",
    [...open(threadId), pick({ mode: "ask" }), ...open(other), settings(threadId, "ask")],
    aside,
    [],
  ],
  [
    "one that is like the thread's own settings when it is opened is none, either",
    [
      ...open(threadId),
      pick({ mode: "ask" }),
      ...open(other),
      ...open(threadId),
      pick({ mode: "agent" }),
      ...open(threadId),
    ],
    mode,
    null,
  ],
  [
    "settings from before a prompt take no pick away that was made while it was under way",
    [...open(threadId), sent, pick({ mode: "ask" }), settings(threadId, "ask")],
    mode,
    "ask",
  ],
  [
    "a thread that is deleted takes its own along",
    [...open(threadId), pick({ mode: "ask" }), sent, accepted, ...open(other), deleted],
    aside,
    [],
  ],
  [
    "what a queued message took over is taken in its thread, not in the one on show",
    [
      ...open(threadId),
      pick({ mode: "ask" }),
      ...open(other),
      pick({ mode: "ask" }),
      { type: "choiceTaken", threadId, taken: { ...noChoice, mode: "ask" } },
    ],
    (state) => [mode(state), aside(state), state.lastMode],
    ["ask", [], "ask"],
  ],
  [
    "a fork has what the thread had",
    [...unread, pick({ mode: "ask" }), { type: "threadForked", from: threadId, to: other }, snapshotOf(other)],
    (state) => [mode(state), outgoing(state), aside(state)],
    ["ask", ["c1 unread"], []],
  ],

  [
    "an unread prompt is there again with its thread",
    [...unread, ...open(other), ...open(threadId)],
    outgoing,
    ["c1 unread"],
  ],
  ["it is in no other thread", [...unread, ...open(other)], outgoing, []],
  [
    "a prompt that the server died with while another thread was on show is unread",
    [...open(threadId), sent, accepted, ...open(other), ...open(threadId)],
    outgoing,
    ["c1 unread"],
  ],
  [
    "one that is still to be read is so",
    [...open(threadId), sent, accepted, ...open(other), ...open(threadId, { status: busy })],
    outgoing,
    ["c1 accepted"],
  ],
  [
    "one that was read meanwhile is gone",
    [
      ...open(threadId),
      sent,
      ...open(other),
      accepted,
      { type: "notified", notification: completes(item.user("Hello", { clientId: "c1" })) },
    ],
    (state) => [aside(state), at.threadId],
    [[], threadId],
  ],
  [
    "one that is refused while another thread is on show leaves nothing behind",
    [...open(threadId), sent, ...open(other), refused],
    (state) => [aside(state), state.sendError],
    [[], null],
  ],
  [
    "the first prompt of a thread that started while another one was on show belongs to it",
    [pick({ mode: "ask" }), sent, ...open(other), { ...accepted, sent: { ...noChoice, mode: "ask" } }],
    (state) => [...state.aside].map(([id, unsent]) => [id, unsent.choice.mode, unsent.outgoing.length]),
    [[threadId, null, 1]],
  ],
  ["a prompt that is sent again is under way", [...unread, again], outgoing, ["c2 sending"]],
  [
    "a prompt that is sent again and refused is unread as before",
    [...unread, again, { ...refused, clientId: "c2" }],
    (state) => [outgoing(state), state.sendError],
    [["c2 unread"], "No."],
  ],
  ["an unread prompt that is discarded is gone", [...unread, { type: "promptDropped", clientId: "c1" }], outgoing, []],
  [
    "what is kept is that of every thread, but for what is under way and in the draft",
    [pick({ mode: "ask", cwd: "/home" }), ...unread, again, ...open(other), pick({ model: "demo" }), sent],
    (state) => keptUnsent(other, state, state.aside),
    {
      "": { choice: { ...noChoice, mode: "ask" }, outgoing: [] },
      [threadId]: { choice: noChoice, outgoing: [{ kind: "unread", clientId: "c2", text: "Hello", turnId: "turn-2" }] },
      [other]: { choice: { ...noChoice, model: "demo" }, outgoing: [] },
    },
  ],
];

for (const [sentence, events, look, expected] of rows) {
  test(sentence, () => assert.deepEqual(look(events.reduce(reduce, swapUnsent(initialState, null))), expected));
}

test("wherever the person turns, a prompt that is under way or unread stands in one thread, its own", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom("turn", "send", "accept", "again", "new"), fc.nat(2))), (steps) => {
      let state = initialState;
      const owners = new Map<string, string>();
      for (const [index, [kind, at]] of steps.entries()) {
        const events = eventsOf(state, kind, { index, thread: threads[at] ?? threadId }, owners);
        state = events.reduce(reduce, state);
      }
      const kept = Object.entries(allOf(state)).flatMap(([id, prompts]) => prompts.map((each) => [each, id] as const));
      assert.deepEqual(new Map(kept), owners);
      assert.equal(kept.length, owners.size);
    }),
  );
});

const threads = [threadId, other, "third"];

/** Those of every thread. */
function allOf(state: PanelState): Record<string, string[]> {
  const ids = (prompts: PanelState["outgoing"]) => prompts.map(({ clientId }) => clientId);
  const aside = [...state.aside].map(([id, unsent]) => [id, ids(unsent.outgoing)] as const);
  return Object.fromEntries([...aside, [shownThreadId(state.view) ?? "", ids(state.outgoing)]]);
}

/** Writes down, too, which prompt is whose then. */
function eventsOf(
  state: PanelState,
  kind: string,
  { index, thread }: { index: number; thread: string },
  owners: Map<string, string>,
): PanelEvent[] {
  const shownId = shownThreadId(state.view);
  const unread = state.outgoing.find((prompt) => prompt.kind === "unread");
  const clientId = `c${index}`;
  switch (kind) {
    case "turn":
      return open(thread);
    case "new":
      return [newThread];
    case "send":
      owners.set(clientId, shownId ?? "");
      return [{ ...sent, clientId }];
    case "again":
      if (unread === undefined) return [];
      owners.delete(unread.clientId);
      owners.set(clientId, shownId ?? "");
      return [{ ...again, clientId, again: unread.clientId } as PanelEvent];
    default: {
      // Of the thread to come as of any other: it has come as the third.
      const [accepting, owner] = [...owners][0] ?? [];
      if (accepting === undefined) return [];
      owners.set(accepting, owner || "third");
      return [{ ...accepted, clientId: accepting, threadId: owner || "third" }];
    }
  }
}
