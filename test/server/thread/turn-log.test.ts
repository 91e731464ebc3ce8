// Turns built from what clients are told: a snapshot at any moment, continued by what is told after it, is the whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThreadItem } from "../../../server/protocol/item.ts";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import { startedCommand } from "../../../server/tools/command-item.ts";
import { applyToTurns, closeAbandoned } from "../../../server/thread/turn-log.ts";
import fc from "../../support/properties.ts";

const ids = { threadId: "t", turnId: "u" };
const turn: Turn = {
  id: "u",
  items: [],
  itemsView: "notLoaded",
  status: "inProgress",
  error: null,
  startedAt: 1,
  completedAt: null,
  durationMs: null,
};

test("any snapshot, with the notifications behind it, gives the same turns as all of them", () => {
  fc.assert(
    fc.property(conversation(), fc.nat(200), (notifications, cut) => {
      const frozen = JSON.stringify(notifications);
      const all = replay([], notifications);
      const before = replay([], notifications.slice(0, cut));
      const snapshot = structuredClone(before);
      assert.deepEqual(replay(snapshot, notifications.slice(cut)), all);
      assert.equal(JSON.stringify(notifications), frozen, "what was told stays as it was");
    }),
  );
});

test("only what is persisted gives the same completed items as all of it", () => {
  fc.assert(
    fc.property(conversation(), (notifications) => {
      const persisted = notifications.filter(({ method }) =>
        ["turn/started", "turn/completed", "item/completed"].includes(method),
      );
      const completed = (turns: Turn[]) =>
        turns
          .flatMap(({ items }) => items.filter(({ completedAtMs }) => completedAtMs != null))
          .map(({ id, ...item }) => JSON.stringify({ id, ...item }))
          .toSorted();
      assert.deepEqual(completed(replay([], persisted)), completed(replay([], notifications)));
    }),
  );
});

test("the completed item wins over its deltas", () => {
  const [found] = replay(
    [],
    [
      { method: "turn/started", params: { threadId: "t", turn } },
      { method: "item/started", params: { ...ids, item: message("a", ""), startedAtMs: 1 } },
      { method: "item/agentMessage/delta", params: { ...ids, itemId: "a", delta: "Hal" } },
      { method: "item/completed", params: { ...ids, item: message("a", "Hello"), completedAtMs: 2 } },
    ],
  );
  assert.deepEqual(found?.items, [message("a", "Hello")]);
});

test("the output of a running command is bounded, and its end is what is kept", () => {
  const turns = replay(
    [],
    [
      { method: "turn/started", params: { threadId: "t", turn } },
      { method: "item/started", params: { ...ids, item: command("c"), startedAtMs: 1 } },
    ],
  );
  for (let piece = 0; piece < 400; piece++) {
    const delta = `${"x".repeat(8_000)}${piece}\n`;
    applyToTurns(turns, { method: "item/commandExecution/outputDelta", params: { ...ids, itemId: "c", delta } });
  }
  const [item] = turns[0]?.items ?? [];
  const text = item?.type === "commandExecution" ? (item.aggregatedOutput ?? "") : "";
  assert.ok(text.length <= 2 * 1024 * 1024 && text.endsWith("399\n"));
});

test("deltas and items of unknown turns and of other kinds are passed over", () => {
  const stray: ServerNotification[] = [
    { method: "item/agentMessage/delta", params: { ...ids, itemId: "a", delta: "x" } },
    { method: "item/started", params: { ...ids, item: message("a", ""), startedAtMs: 1 } },
    { method: "turn/completed", params: { threadId: "t", turn } },
  ];
  assert.deepEqual(replay([], stray), []);
  const turns = replay(
    [],
    [
      { method: "turn/started", params: { threadId: "t", turn } },
      { method: "item/started", params: { ...ids, item: command("c"), startedAtMs: 1 } },
      { method: "item/agentMessage/delta", params: { ...ids, itemId: "c", delta: "x" } },
    ],
  );
  assert.deepEqual(turns[0]?.items, [command("c")]);
});

test("only running turns are closed as abandoned, and commands that run, of whatever turn", () => {
  const turns = (["inProgress", "completed", "failed", "interrupted"] as const).map((status) => ({ ...turn, status }));
  const ran = { argv: ["ls"], script: "ls", cwd: "/", processId: "1001", source: "agent" as const, tty: false };
  const running = startedCommand({ ...ran, id: "i", startedAtMs: 5 });
  const done = { ...running, id: "d", status: "completed" as const };
  for (const each of turns) each.items = [running, done];
  closeAbandoned(turns, 9);
  assert.deepEqual(
    turns.map(({ status }) => status),
    ["interrupted", "completed", "failed", "interrupted"],
  );
  for (const { items } of turns) {
    assert.deepEqual(items, [{ ...running, status: "failed", ending: "stopped", completedAtMs: 9 }, done]);
  }
});

/** A turn with items of all streaming kinds that interleave; some never complete. */
function conversation(): fc.Arbitrary<ServerNotification[]> {
  const step = fc.record({
    item: fc.constantFrom("a", "b", "r", "c"),
    kind: fc.constantFrom("delta", "delta", "delta", "complete"),
    text: fc.string({ maxLength: 5 }),
    index: fc.nat(2),
  });
  return fc.tuple(fc.array(step, { maxLength: 60 }), fc.boolean()).map(([steps, ends]) => {
    const told: ServerNotification[] = [{ method: "turn/started", params: { threadId: "t", turn } }];
    const items = new Map<string, ThreadItem | null>();
    for (const { item: id, kind, text, index } of steps) {
      const open = items.get(id);
      if (open === null) continue;
      if (open === undefined) {
        const item = id === "c" ? command(id) : id === "r" ? reasoning(id) : message(id, "");
        items.set(id, item);
        told.push({ method: "item/started", params: { ...ids, item, startedAtMs: 1 } });
      } else if (kind === "complete") {
        items.set(id, null);
        told.push({
          method: "item/completed",
          params: { ...ids, item: { ...open, completedAtMs: 2 }, completedAtMs: 2 },
        });
      } else if (id === "c") {
        told.push({ method: "item/commandExecution/outputDelta", params: { ...ids, itemId: id, delta: text } });
      } else if (id === "r") {
        const at = Math.min(index, 1);
        told.push({ method: "item/reasoning/summaryPartAdded", params: { ...ids, itemId: id, summaryIndex: 0 } });
        if (at === 0)
          told.push({
            method: "item/reasoning/summaryTextDelta",
            params: { ...ids, itemId: id, delta: text, summaryIndex: 0 },
          });
        else
          told.push({
            method: "item/reasoning/textDelta",
            params: { ...ids, itemId: id, delta: text, contentIndex: 0 },
          });
      } else told.push({ method: "item/agentMessage/delta", params: { ...ids, itemId: id, delta: text } });
    }
    if (ends)
      told.push({
        method: "turn/completed",
        params: { threadId: "t", turn: { ...turn, status: "completed", itemsView: "summary" } },
      });
    return told;
  });
}

function replay(turns: Turn[], notifications: readonly ServerNotification[]): Turn[] {
  for (const notification of notifications) applyToTurns(turns, notification);
  return turns;
}

function message(id: string, text: string): ThreadItem {
  return { type: "agentMessage", id, text, phase: null };
}
function reasoning(id: string): ThreadItem {
  return { type: "reasoning", id, summary: [], content: [] };
}
function command(id: string): ThreadItem {
  return {
    ...{
      type: "commandExecution",
      id,
      command: "x",
      cwd: "/w",
      processId: null,
      source: "agent",
      status: "inProgress",
    },
    ...{ commandActions: [], aggregatedOutput: null, exitCode: null, durationMs: null },
  };
}
