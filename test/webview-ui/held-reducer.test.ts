// What the panel's state makes of a thread that another process writes to, and of one that is not being saved.
import assert from "node:assert/strict";
import test from "node:test";
import { notSavedWords } from "../../server/protocol/thread-saving.ts";
import type { PanelEvent } from "../../webview-ui/state/events.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { initialState, type PanelState, shownThread } from "../../webview-ui/state/state.ts";
import { said, showing } from "./support/events.ts";
import { thread, threadId, turn } from "./support/fixtures.ts";

const writer = { pid: 7, host: null, client: "Visual Studio Code" };
const trouble = { kind: "waiting" as const, cause: "The disk is full.", cure: "Free some space." };

const rows: [string, PanelEvent[], (state: PanelState) => unknown, unknown][] = [
  [
    "a thread that another process writes to is offered, and what was read of it shown",
    [
      { type: "threadOpening", threadId },
      { type: "threadHeld", threadId, writer },
      { type: "heldThreadRead", thread: thread({ turns: [turn({ itemsView: "full" })] }) },
    ],
    (state) => [shownThread(state.view)?.turns.length, shownThread(state.view)?.held],
    [1, { writer, isRead: true }],
  ],
  [
    "a thread that is free again is loaded like any other",
    [
      { type: "threadOpening", threadId },
      { type: "threadHeld", threadId, writer },
      { type: "threadOpening", threadId },
      showing,
    ],
    (state) => shownThread(state.view)?.held,
    null,
  ],
  [
    "an answer about a thread that was left is none of the one on screen",
    [showing, { type: "threadHeld", threadId: "other", writer }],
    (state) => shownThread(state.view)?.held,
    null,
  ],
  [
    "a thread that is not being saved says so once, and until it is saved again",
    [
      showing,
      said({ method: "belay/thread/saving/updated", params: { threadId, trouble } }),
      said({ method: "warning", params: { threadId, message: notSavedWords(trouble) } }),
    ],
    (state) => [state.notices, [...state.unsaved]],
    [[], [[threadId, trouble]]],
  ],
  [
    "a thread that is saved again says nothing",
    [
      showing,
      said({ method: "belay/thread/saving/updated", params: { threadId, trouble } }),
      said({ method: "belay/thread/saving/updated", params: { threadId, trouble: null } }),
    ],
    (state) => state.unsaved.size,
    0,
  ],
];

for (const [title, events, look, expected] of rows) {
  test(title, () => assert.deepEqual(look(events.reduce(reduce, initialState)), expected));
}
