// A bug in the middle of a turn: what was started completes, and the turn ends once.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelEvent } from "../../../server/model/model.ts";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { ThreadDeps } from "../../../server/thread/deps.ts";
import { loneThread } from "../../support/lone-thread.ts";
import { assertOrder } from "../../support/order.ts";

test("a turn that crashes completes what it has started and fails, also when one of the items cannot be written", async () => {
  const { heard, logged } = await crash((method, item) => {
    if (method === "item/completed" && item === "item-3") throw new RangeError("no stack left");
  });
  const completed = heard.flatMap((told) => (told.method === "item/completed" ? [told.params.item.type] : []));
  assert.deepEqual(completed, ["userMessage", "agentMessage"]);
  assert.deepEqual(ends(heard), ["failed"]);
  assert.deepEqual(logged, ["turn item-1 crashed", "item item-3 could not be completed"]);
});

test("a turn that crashes completes every item, and its thread can go on", async () => {
  const { heard, status } = await crash(() => {});
  assertOrder(heard);
  assert.deepEqual([ends(heard), status], [["failed"], { type: "systemError" }]);
});

test("a turn that crashes before it takes its prompt shows it and fails, and the model hears it with the next turn", async () => {
  const readInstructions = () => Promise.reject(new Error("a bug"));
  const { heard, thread } = await crash(() => {}, { readInstructions });
  assertOrder(heard);
  const [turn, ...others] = thread.record.turns;
  assert.deepEqual([turn?.status, turn?.items.map(({ type }) => type), others], ["failed", ["userMessage"], []]);
  assert.deepEqual(ends(heard), ["failed"]);
  assert.deepEqual(
    thread.record.history.flatMap((entry) => (entry.type === "message" ? [entry.text] : [])),
    ["go"],
  );
});

function ends(heard: readonly ServerNotification[]): string[] {
  return heard.flatMap((told) => (told.method === "turn/completed" ? [told.params.turn.status] : []));
}

/** Plays a turn whose model breaks its promise never to throw, with a thought and a message open. */
async function crash(append: (method: string, itemId: string | null) => void, deps: Partial<ThreadDeps> = {}) {
  const model = {
    async *stream(): AsyncGenerator<ModelEvent> {
      yield { type: "reasoningStarted", id: "r" };
      yield { type: "messageStarted", id: "m" };
      throw new Error("a bug");
    },
  };
  const lone = loneThread({
    ...{ model, deps },
    recorder: {
      append: (entry) => {
        const told = entry?.payload as Partial<ServerNotification>;
        if (told.method === "item/completed") append(told.method, told.params?.item.id ?? null);
        return true;
      },
    },
  });
  await lone.say("go");
  await lone.hears(({ method }) => method === "turn/completed");
  return { ...lone, status: lone.thread.status };
}
