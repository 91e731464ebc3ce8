// Reverts: the end of a thread's history is cut off, files stay, and it makes no difference whether it is read back.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gate, holdingLifeline, lifeline } from "../../support/lifeline.ts";
import fc from "../../support/properties.ts";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const nowhere = "01890000-0000-7000-8000-000000000000";
const command = (cmd: string, more: object = {}) => ({
  calls: [{ name: "exec_command", arguments: { cmd, ...more } }],
});
const scenes = [
  { prompt: "write", steps: [command("echo kept > made.txt"), { text: "written" }] },
  { prompt: "run", steps: [command("read x < gate")] },
  { prompt: "stay", steps: [command(holdingLifeline("sleep 60"), { yield_time_ms: 250 }), { text: "It stays." }] },
  { steps: [{ text: "ok" }] },
];
const experimental = { experimentalApi: true };
const fullAccess = { sandbox: "danger-full-access", approvalPolicy: "never" } as const;

test("a reverted thread has lost that turn and all behind it, for clients, for the model and in tokens; files stay", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const threadId = await server.startThread(fullAccess);
  const first = await server.completeTurn("one", threadId);
  const before = await server.expectNotification("thread/tokenUsage/updated");
  const second = await server.completeTurn("write", threadId);
  await server.completeTurn("three", threadId);
  const heard = server.heard.length;
  const answer = await server.request("thread/revert", { threadId, beforeTurnId: second.turnId });
  assert.deepEqual([answer.thread.id, answer.thread.turns, answer.thread.status], [threadId, [], { type: "idle" }]);
  await server.expectNotification("thread/reverted", (params) => params.threadId === threadId);
  assert.deepEqual(
    server.heard
      .slice(heard)
      .map(({ method, params }) => [method, (params as { status?: object } | undefined)?.status]),
    [
      ["thread/status/changed", { type: "notLoaded" }],
      ["thread/status/changed", { type: "idle" }],
      // The answer.
      [undefined, undefined],
      ["thread/reverted", undefined],
    ],
  );
  const page = { threadId, sortDirection: "desc", cursor: answer.turnsBackwardsCursor } as const;
  assert.deepEqual(ids((await server.request("thread/turns/list", page)).data), [first.turnId]);
  const items = { threadId, sortDirection: "desc", cursor: answer.itemsBackwardsCursor } as const;
  assert.equal((await server.request("thread/items/list", items)).data[0]?.item.type, "agentMessage");
  assert.equal(readFileSync(join(server.workspace, "made.txt"), "utf8"), "kept\n");
  await server.completeTurn("four", threadId);
  assert.deepEqual(prompts(api.requests.at(-1)), ["one", "four"]);
  const usage = await server.expectNotification("thread/tokenUsage/updated", ({ turnId }) => turnId !== first.turnId);
  assert.ok(usage.tokenUsage.total.totalTokens >= before.tokenUsage.total.totalTokens);
});

test("a revert to before the first turn leaves an empty thread, which begins anew and keeps its name and preview", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnId } = await server.completeTurn("one");
  await server.request("thread/name/set", { threadId, name: "mine" });
  const answer = await server.request("thread/revert", { threadId, beforeTurnId: turnId });
  assert.deepEqual([answer.turnsBackwardsCursor, answer.itemsBackwardsCursor], [null, null]);
  await server.completeTurn("two", threadId);
  assert.deepEqual(prompts(api.requests.at(-1)), ["two"]);
  await using other = await testServer({ like: server, initialize: experimental });
  const { data } = await other.request("thread/list", {});
  assert.deepEqual(
    data.map(({ id, name, preview }) => [id, name, preview]),
    [[threadId, "mine", "one"]],
  );
  assert.deepEqual((await other.request("thread/search", { searchTerm: "two" })).data.length, 1);
});

test("what was reverted is found by no search and taken over by no fork, and is no place to fork from", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const first = await server.completeTurn("one");
  const { threadId } = first;
  const second = await server.completeTurn("two", threadId);
  await server.request("thread/revert", { threadId, beforeTurnId: second.turnId });
  const third = await server.completeTurn("three", threadId);
  assert.deepEqual((await server.request("thread/search", { searchTerm: "two" })).data, []);
  for (const params of [{}, { lastTurnId: third.turnId }]) {
    const { thread } = await server.request("thread/fork", { threadId, ...params });
    assert.deepEqual(ids(thread.turns), [first.turnId, third.turnId]);
    await server.completeTurn("four", thread.id);
    assert.deepEqual(prompts(api.requests.at(-1)), ["one", "three", "four"]);
  }
  const refusal = { code: -32600, message: `turn not found: ${second.turnId}` };
  assert.deepEqual(await server.refusal("thread/fork", { threadId, lastTurnId: second.turnId }), refusal);
  assert.deepEqual(await server.refusal("thread/revert", { threadId, beforeTurnId: second.turnId }), refusal);
});

test("a revert names a turn that is there, of a thread that is loaded and kept; else nothing is done", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId, turnId } = await server.startTurn("run", await server.startThread(fullAccess));
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const refused = async (params: object) => (await server.refusal("thread/revert", params)).message;
  assert.equal(await refused({ threadId, beforeTurnId: nowhere }), `turn not found: ${nowhere}`);
  assert.equal(await refused({ threadId: nowhere, beforeTurnId: turnId }), `thread not found: ${nowhere}`);
  await held.open();
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  const brief = await server.completeTurn("one", await server.startThread({ ephemeral: true }));
  const params = { threadId: brief.threadId, beforeTurnId: brief.turnId };
  assert.equal(await refused(params), "ephemeral threads do not support thread/revert");
});

test("a revert ends the turn that runs, which says so first", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  gate(server.workspace);
  const first = await server.completeTurn("one", await server.startThread(fullAccess));
  const { threadId, turnId } = await server.startTurn("run", first.threadId);
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await server.request("thread/revert", { threadId, beforeTurnId: turnId });
  const end = await server.expectNotification("turn/completed", ({ turn }) => turn.id === turnId);
  assert.equal(end.turn.status, "interrupted");
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual([ids(thread.turns), thread.status], [[first.turnId], { type: "idle" }]);
});

test("a command in the background ends with the turn that started it, and goes on when that turn is kept", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  using held = lifeline(server.workspace);
  const stay = await server.completeTurn("stay", await server.startThread(fullAccess));
  await held.started;
  const { threadId } = stay;
  const later = await server.completeTurn("two", threadId);
  await server.request("thread/revert", { threadId, beforeTurnId: later.turnId });
  const running = { threadId };
  const terminals = await server.request("thread/read", { ...running, includeTurns: true });
  const kept = terminals.thread.turns[0]?.items.find(({ type }) => type === "commandExecution");
  assert.equal(kept?.type === "commandExecution" && kept.status, "inProgress");
  await server.request("thread/revert", { threadId, beforeTurnId: stay.turnId });
  await held.gone;
});

test("whatever was said and reverted, who reads the thread back has what its own process has, and so has the model", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  // One for all: it knows nothing of any of the threads before it is asked.
  await using other = await testServer({ like: server, initialize: experimental });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 }), async (acts) => {
      const { threadId } = await server.completeTurn("first");
      let expected = ids(await turnsOf(server, threadId));
      for (const [index, act] of acts.entries()) {
        const beforeTurnId = expected[expected.length - act];
        if (act === 0 || beforeTurnId === undefined) {
          expected.push((await server.completeTurn(`say ${index}`, threadId)).turnId);
        } else {
          await server.request("thread/revert", { threadId, beforeTurnId });
          expected = expected.slice(0, expected.indexOf(beforeTurnId));
        }
      }
      const live = await turnsOf(server, threadId);
      assert.deepEqual(ids(live), expected);
      assert.deepEqual(await turnsOf(other, threadId), live);
      const { thread } = await other.request("thread/fork", { threadId });
      await other.completeTurn("and now", thread.id);
      const rebuilt = api.requests.at(-1)?.input;
      await server.completeTurn("and now", threadId);
      assert.deepEqual(api.requests.at(-1)?.input, rebuilt);
    }),
    { numRuns: 12 },
  );
});

test("a file of a thread that was reverted is only appended to", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.completeTurn("one");
  const { thread } = await server.request("thread/read", { threadId });
  const path = thread.path ?? assert.fail();
  assert.ok(existsSync(path));
  const before = readFileSync(path, "utf8");
  await server.request("thread/revert", { threadId, beforeTurnId: turnId });
  const after = readFileSync(path, "utf8");
  assert.ok(after.startsWith(before));
  const { type, payload } = JSON.parse(after.slice(before.length)) as { type: string; payload: unknown };
  assert.deepEqual([type, payload], ["reverted", { beforeTurnId: turnId }]);
});

async function turnsOf(server: TestServer, threadId: string) {
  return (await server.request("thread/read", { threadId, includeTurns: true })).thread.turns;
}

function ids(turns: readonly { id: string }[]): string[] {
  return turns.map(({ id }) => id);
}

/** What the user said, of all that a request told. */
function prompts(request: Parameters<typeof toldText>[0] | undefined): string[] {
  const told = request === undefined ? "" : toldText(request);
  const words = ["one", "two", "three", "four", "write"];
  return words.filter((word) => told.includes(`"text":"${word}"`) || told.includes(`"content":"${word}"`));
}
