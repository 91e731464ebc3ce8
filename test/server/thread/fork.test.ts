// Forks: a new thread that begins as another one was, up to a turn.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gate } from "../../support/lifeline.ts";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const scenes = [
  { prompt: "run", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "read x < gate" } }] }] },
  { steps: [{ text: "ok" }] },
];
const experimental = { experimentalApi: true };

test("a fork has all turns of its source and goes on by itself; the source stays as it is", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId } = await threeTurns(server);
  await server.request("thread/name/set", { threadId, name: "the source" });
  const source = (await server.request("thread/read", { threadId, includeTurns: true })).thread;
  const { thread, model, cwd } = await server.request("thread/fork", { threadId });
  assert.notEqual(thread.id, threadId);
  assert.deepEqual(
    [thread.forkedFromId, thread.turns, thread.preview, thread.name, model, cwd],
    [threadId, source.turns, "one", "the source", "test-model", server.workspace],
  );
  const { thread: announced } = await server.expectNotification("thread/started", (p) => p.thread.id === thread.id);
  assert.deepEqual(announced, { ...thread, turns: [] });
  await server.completeTurn("four", thread.id);
  assert.deepEqual(prompts(toldText(api.requests[3] ?? assert.fail())), ["one", "two", "three", "four"]);
  assert.equal((await server.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 3);
  // A process that knows nothing of this finds both.
  await using other = await testServer({ like: server });
  const { data } = await other.request("thread/list", {});
  assert.deepEqual(
    data.map(({ id, name, forkedFromId }) => [id, name, forkedFromId]),
    [
      [thread.id, "the source", threadId],
      [threadId, "the source", null],
    ],
  );
});

test("a fork ends with lastTurnId, or before beforeTurnId, and the model is told no more than that", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnIds } = await threeTurns(server);
  await server.request("thread/name/set", { threadId, name: "named last" });
  const [first, second] = turnIds;
  for (const cut of [{ lastTurnId: first }, { beforeTurnId: second }]) {
    const { thread } = await server.request("thread/fork", { threadId, ...cut });
    assert.deepEqual([thread.turns.map(({ id }) => id), thread.name], [[first], "named last"]);
    await server.completeTurn("next", thread.id);
    assert.deepEqual(prompts(toldText(api.requests.at(-1) ?? assert.fail())), ["one", "next"]);
    await using other = await testServer({ like: server, initialize: experimental });
    const read = (await other.request("thread/read", { threadId: thread.id, includeTurns: true })).thread;
    assert.deepEqual([read.turns.length, read.name], [2, "named last"]);
  }
  const empty = (await server.request("thread/fork", { threadId, beforeTurnId: first })).thread;
  assert.deepEqual(empty.turns, []);
  await server.completeTurn("anew", empty.id);
  assert.deepEqual(prompts(toldText(api.requests.at(-1) ?? assert.fail())), ["anew"]);
});

test("a fork names a turn that is there, one end, and a thread that is there", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnIds } = await threeTurns(server);
  const nowhere = "01890000-0000-7000-8000-000000000000";
  const refusals: [object, string][] = [
    [{ threadId, lastTurnId: nowhere }, `turn not found: ${nowhere}`],
    [{ threadId, beforeTurnId: nowhere }, `turn not found: ${nowhere}`],
    [{ threadId, lastTurnId: turnIds[0], beforeTurnId: turnIds[1] }, "set only one of lastTurnId and beforeTurnId"],
    [{ threadId: nowhere }, `no rollout found for thread id ${nowhere}`],
  ];
  for (const [params, message] of refusals) {
    assert.deepEqual(await server.refusal("thread/fork", params), { code: -32600, message });
  }
});

test("an ephemeral fork works and is never written; overrides hold in the fork alone", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId } = await threeTurns(server);
  const forked = await server.request("thread/fork", { threadId, ephemeral: true, excludeTurns: true, model: "other" });
  assert.deepEqual(
    [forked.thread.ephemeral, forked.thread.path, forked.thread.turns, forked.model],
    [true, null, [], "other"],
  );
  await server.completeTurn("four", forked.thread.id);
  assert.deepEqual([api.requests[3]?.model, api.requests[2]?.model], ["other", "test-model"]);
  assert.deepEqual(
    (await server.request("thread/list", {})).data.map(({ id }) => id),
    [threadId],
  );
});

test("a fork in the middle of a turn has it as interrupted, and the turn goes on where it was", async () => {
  await using api = await responsesApi([
    { ...scenes[0], steps: [...(scenes[0]?.steps ?? []), { text: "through" }] },
    { steps: [{ text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId } = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const { thread } = await server.request("thread/fork", { threadId });
  assert.deepEqual(
    thread.turns.map(({ status }) => status),
    ["interrupted"],
  );
  await server.completeTurn("and now", thread.id);
  assert.match(toldText(api.requests[1] ?? assert.fail()), /No result: Belay was stopped while this ran/);
  await held.open();
  const { turn } = await server.expectNotification("turn/completed", (params) => params.threadId === threadId);
  assert.equal(turn.status, "completed");
});

test("forks of a fork outlive all they were forked from, and its bytes go with the last of them", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnIds } = await threeTurns(server);
  const second = (await server.request("thread/fork", { threadId, lastTurnId: turnIds[1] })).thread;
  await server.completeTurn("four", second.id);
  const third = (await server.request("thread/fork", { threadId: second.id })).thread;
  const early = (await server.request("thread/fork", { threadId: third.id, lastTurnId: turnIds[0] })).thread;
  await server.completeTurn("next", third.id);
  assert.ok(!readFileSync(third.path ?? "", "utf8").includes('"text":"one"'), "what is shared is not copied");
  const shared = () => readdirSync(join(server.home, "shared")).toSorted();
  await server.request("thread/archive", { threadId });
  await server.request("thread/delete", { threadId });
  await server.request("thread/delete", { threadId: second.id });
  assert.deepEqual(shared(), [`${threadId}.jsonl`, `${second.id}.jsonl`].toSorted());
  // Of what was deleted nothing is left but its part in the forks, for a process that knows nothing of this either.
  await using other = await testServer({ like: server, initialize: experimental });
  for (const each of [server, other]) {
    const { data } = await each.request("thread/list", {});
    assert.deepEqual(data.map(({ id }) => id).toSorted(), [third.id, early.id].toSorted());
    assert.match((await each.refusal("thread/read", { threadId })).message, /thread not loaded/);
    const { message } = await each.refusal("thread/resume", { threadId: second.id });
    assert.match(message, /no rollout found/);
  }
  const { turns } = (await other.request("thread/read", { threadId: third.id, includeTurns: true })).thread;
  assert.deepEqual([turns.length, turns.slice(0, 2).map(({ id }) => id)], [4, turnIds.slice(0, 2)]);
  await server.request("thread/delete", { threadId: third.id });
  assert.deepEqual(shared(), [`${threadId}.jsonl`], "what only the deleted ones needed is gone, too");
  assert.deepEqual((await server.request("thread/resume", { threadId: early.id })).thread.turns.length, 1);
  await server.request("thread/delete", { threadId: early.id });
  assert.deepEqual(shared(), []);
});

test("a fork whose base was taken away still loads, and says what is missing to who opens it", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId } = await threeTurns(server);
  const { thread } = await server.request("thread/fork", { threadId });
  await server.completeTurn("four", thread.id);
  const { path } = (await server.request("thread/read", { threadId })).thread;
  rmSync(path ?? "");
  await using other = await testServer({ like: server });
  server.child.stdin?.end();
  await server.exited;
  const resumed = await other.request("thread/resume", { threadId: thread.id });
  assert.equal(resumed.thread.turns.length, 1);
  const { message } = await other.expectNotification("warning");
  assert.match(message, /^The beginning of this thread is missing: the thread .* is not there\. It goes on/);
  assert.equal((await other.completeTurn("next", thread.id)).turn.status, "completed");
});

test("a turn of a fork can be taken back that it has of its base, and the base keeps it", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId, turnIds } = await threeTurns(server);
  const { thread } = await server.request("thread/fork", { threadId });
  await server.request("thread/revert", { threadId: thread.id, beforeTurnId: turnIds[1] ?? "" });
  await server.completeTurn("anew", thread.id);
  assert.deepEqual(prompts(toldText(api.requests.at(-1) ?? assert.fail())), ["one", "anew"]);
  await using other = await testServer({ like: server });
  const lengths = [threadId, thread.id].map(
    async (id) => (await other.request("thread/read", { threadId: id, includeTurns: true })).thread.turns.length,
  );
  assert.deepEqual(await Promise.all(lengths), [3, 2]);
});

async function threeTurns(server: TestServer): Promise<{ threadId: string; turnIds: string[] }> {
  const first = await server.completeTurn("one");
  const { threadId } = first;
  const second = await server.completeTurn("two", threadId);
  const third = await server.completeTurn("three", threadId);
  return { threadId, turnIds: [first, second, third].map(({ turnId }) => turnId) };
}

/** What the user said, of all that a request told. */
function prompts(told: string): string[] {
  const words = ["one", "two", "three", "four", "next", "anew"];
  return words.filter((word) => told.includes(`"text":"${word}"`) || told.includes(`"content":"${word}"`));
}
