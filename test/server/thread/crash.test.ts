// A bug in the middle of a turn: what was started completes, and the turn ends once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Config } from "../../../server/config/schema.ts";
import type { Model, ModelEvent } from "../../../server/model/model.ts";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { ThreadDeps } from "../../../server/thread/deps.ts";
import { initialSettings } from "../../../server/thread/settings.ts";
import { readInput } from "../../../server/thread/read-input.ts";
import { newThreadRecord } from "../../../server/thread/record.ts";
import { Thread } from "../../../server/thread/thread.ts";
import { assertOrder } from "../../support/order.ts";

const config = Config.parse({});
const meta = {
  ...{ id: "t", createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview: "", forkedFromId: null, base: null, threadSource: null },
  ...{ baseInstructions: null, developerInstructions: null, dynamicTools: [] },
};

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

function ends(heard: readonly ServerNotification[]): string[] {
  return heard.flatMap((told) => (told.method === "turn/completed" ? [told.params.turn.status] : []));
}

/** Plays a turn whose model breaks its promise never to throw, with a thought and a message open. */
async function crash(append: (method: string, itemId: string | null) => void) {
  const heard: ServerNotification[] = [];
  const logged: string[] = [];
  const model: Model = {
    async *stream(): AsyncGenerator<ModelEvent> {
      yield { type: "reasoningStarted", id: "r" };
      yield { type: "messageStarted", id: "m" };
      throw new Error("a bug");
    },
  };
  let nextId = 0;
  const deps = {
    config,
    selectModel: () => model,
    listedModel: () => null,
    readInstructions: async () => [],
    containerIsSandbox: async () => false,
    userHome: null,
    newId: () => `item-${++nextId}`,
    now: () => 1,
    tellAll: (told: ServerNotification) => void heard.push(structuredClone(told)),
    turnEnded() {},
    expectCommands() {},
    log: (_: string, text: string) => void logged.push(text),
    nextRequestId: () => 1,
  } as unknown as ThreadDeps;
  const recorder = {
    path: "/r",
    append: (entry: { type: string; payload: unknown }) => {
      const told = entry.payload as Partial<ServerNotification>;
      if (told.method === "item/completed") append(told.method, told.params?.item.id ?? null);
      return true;
    },
    flush: async () => {},
    close() {},
    trouble: null,
  };
  const thread = new Thread(
    newThreadRecord(meta, { name: null, gitInfo: null }, initialSettings(config, "m", "/w")),
    recorder,
    { isPersisted: false },
    deps,
  );
  const ended = Promise.withResolvers<void>();
  thread.subscribe({
    name: "test",
    mayExperiment: true,
    showsTerminals: false,
    ended: new AbortController().signal,
    notify(notification) {
      heard.push(structuredClone(notification));
      if (notification.method === "turn/completed") ended.resolve();
    },
    drained: () => Promise.resolve(),
    request: () => Promise.reject(new Error("nothing is asked here")),
  });
  const queued = { clientId: null, ...(await readInput([{ type: "text", text: "go", text_elements: [] }], "/w")) };
  thread.life.start(queued, {}, { outputSchema: null, rootTurnId: null });
  await ended.promise;
  return { heard, logged, status: thread.status };
}
