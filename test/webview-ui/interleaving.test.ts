// Whenever the panel reads a thread, and however often: in the end it shows what the server has.
import assert from "node:assert/strict";
import test from "node:test";
import type { ThreadItem } from "../../server/protocol/item.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { PanelEvent } from "../../webview-ui/state/events.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { initialState, type PanelState, shownThread } from "../../webview-ui/state/state.ts";
import { createStore } from "../../webview-ui/state/store.ts";
import { item, opened, thread, threadId, turn } from "./support/fixtures.ts";
import fc from "../support/properties.ts";

test("any interleaving of snapshots and notifications ends in the state of the final snapshot", () => {
  fc.assert(
    fc.property(histories, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }), (steps, cuts) => {
      const { notifications, snapshots } = serve(steps);
      const events = interleave(notifications, snapshots, cuts);
      const state = events.reduce(reduce, initialState);
      assert.deepEqual(shownThread(state.view)?.turns, snapshots.at(-1)?.turns);
    }),
    { numRuns: 500 },
  );
});

test("deltas that are gathered for a frame give the same state as deltas taken one by one", () => {
  fc.assert(
    fc.property(histories, fc.nat(7), (steps, frameEvery) => {
      const { notifications } = serve(steps);
      const events: PanelEvent[] = [openedEvent(thread()), ...notifications.map(notified)];
      let frame: () => void = () => undefined;
      const store = createStore((work) => (frame = work));
      for (const [index, event] of events.entries()) {
        store.dispatch(event);
        if (index % (frameEvery + 1) === 0) frame();
      }
      frame();
      assert.deepEqual(store.state.peek(), events.reduce<PanelState>(reduce, initialState));
    }),
  );
});

type Step =
  | { kind: "turn" }
  | { kind: "item"; type: "agentMessage" | "reasoning" | "commandExecution" }
  | { kind: "delta"; text: string }
  | { kind: "complete" }
  | { kind: "end"; status: "completed" | "interrupted" | "failed" };

const histories: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "turn" }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("item" as const),
        type: fc.constantFrom("agentMessage" as const, "reasoning" as const, "commandExecution" as const),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("delta" as const), text: fc.string({ minLength: 1, maxLength: 6 }) }),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ kind: "complete" }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        status: fc.constantFrom("completed" as const, "interrupted" as const, "failed" as const),
      }),
    },
  ),
  { maxLength: 60 },
);

/** A small server of its own: what it says, and what a snapshot after each of its sentences would hold. */
function serve(steps: readonly Step[]): { notifications: ServerNotification[]; snapshots: Thread[] } {
  const turns: Turn[] = [];
  const notifications: ServerNotification[] = [];
  const snapshots: Thread[] = [thread({ turns: [] })];
  const say = (notification: ServerNotification) => {
    notifications.push(structuredClone(notification));
    snapshots.push(structuredClone(thread({ turns })));
  };
  let current: Turn | undefined;
  let open: ThreadItem | undefined;
  const complete = () => {
    if (!current || !open) return;
    open.completedAtMs = 2;
    if ("status" in open) open.status = "completed";
    say({ method: "item/completed", params: { threadId, turnId: current.id, item: open, completedAtMs: 2 } });
    open = undefined;
  };
  const end = (status: Turn["status"]) => {
    if (!current) return;
    complete();
    current.status = status;
    say({ method: "turn/completed", params: { threadId, turn: { ...current, items: [], itemsView: "notLoaded" } } });
    current = undefined;
  };
  for (const step of steps) {
    switch (step.kind) {
      case "turn": {
        end("completed");
        current = turn({ id: `turn-${turns.length}`, startedAt: 1, itemsView: "full" });
        turns.push(current);
        say({ method: "turn/started", params: { threadId, turn: { ...current, items: [], itemsView: "notLoaded" } } });
        break;
      }
      case "item": {
        complete();
        if (!current) break;
        open = startedItem(step.type, `${current.id}-item-${current.items.length}`);
        current.items.push(open);
        say({ method: "item/started", params: { threadId, turnId: current.id, item: open, startedAtMs: 1 } });
        break;
      }
      case "delta":
        if (current && open) say(grow(open, { threadId, turnId: current.id, itemId: open.id, delta: step.text }));
        break;
      case "complete":
        complete();
        break;
      case "end":
        end(step.status);
        break;
      default:
        step satisfies never;
    }
  }
  return { notifications, snapshots };
}

function startedItem(type: "agentMessage" | "reasoning" | "commandExecution", id: string): ThreadItem {
  const timed = { id, startedAtMs: 1, completedAtMs: null };
  switch (type) {
    case "agentMessage":
      return item.answer("", timed);
    case "reasoning":
      return item.reasoning("", { ...timed, summary: [] });
    case "commandExecution":
      return item.command("npm test", { ...timed, status: "inProgress", exitCode: null, durationMs: null });
    default:
      return type satisfies never;
  }
}

// Changes the server's own item and says so.
function grow(
  open: ThreadItem,
  params: { threadId: string; turnId: string; itemId: string; delta: string },
): ServerNotification {
  switch (open.type) {
    case "agentMessage":
      open.text += params.delta;
      return { method: "item/agentMessage/delta", params };
    case "reasoning":
      open.summary = [(open.summary[0] ?? "") + params.delta];
      return { method: "item/reasoning/summaryTextDelta", params: { ...params, summaryIndex: 0 } };
    case "commandExecution":
      open.aggregatedOutput = (open.aggregatedOutput ?? "") + params.delta;
      return { method: "item/commandExecution/outputDelta", params };
    default:
      throw new Error(`Nothing grows in a ${open.type}.`);
  }
}

/** Each cut: the panel asks at one point and the answer, as of then or later, arrives at that later point. */
function interleave(
  notifications: readonly ServerNotification[],
  snapshots: readonly Thread[],
  cuts: readonly [number, number][],
): PanelEvent[] {
  const last = notifications.length;
  const asked = [
    [0, 0] as [number, number],
    ...cuts.map(([a, b]) => [a % (last + 1), b % (last + 1)] as [number, number]),
  ]
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    .toSorted((one, other) => one[1] - other[1]);
  const events: PanelEvent[] = [];
  for (let point = 0; point <= last; point += 1) {
    for (const [from, to] of asked) {
      if (from === point) events.push({ type: "threadOpening", threadId });
      const snapshot = snapshots[point];
      if (to === point && snapshot) events.push(openedEvent(snapshot));
    }
    const notification = notifications[point];
    if (notification) events.push(notified(notification));
  }
  return events;
}

function openedEvent(snapshot: Thread): PanelEvent {
  return { type: "threadOpened", response: opened(structuredClone(snapshot)) };
}

function notified(notification: ServerNotification): PanelEvent {
  return { type: "notified", notification };
}
