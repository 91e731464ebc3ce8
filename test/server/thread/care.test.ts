// Putting threads in order: names, the archive, deletion, git information, who listens, what is loaded.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { fifo, holdingLifeline, lifeline } from "../../support/lifeline.ts";
import { responsesApi, streamPart } from "../../support/responses-api.ts";
import { socketServer } from "../../support/socket-server.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];
const nowhere = "01890000-0000-7000-8000-000000000000";

test("an archived thread is in the other list, is not resumed, and comes back as it was", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const other = (await server.completeTurn("stays")).threadId;
  assert.deepEqual(await server.request("thread/archive", { threadId }), {});
  assert.equal((await server.expectNotification("thread/archived")).threadId, threadId);
  assert.deepEqual([await listed(server, {}), await listed(server, { archived: true })], [[other], [threadId]]);
  assert.deepEqual(await server.refusal("thread/resume", { threadId }), {
    code: -32600,
    message: `session ${threadId} is archived. Take it out of the archive with thread/unarchive first.`,
  });
  assert.equal((await server.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 1);
  const { thread } = await server.request("thread/unarchive", { threadId });
  assert.deepEqual([thread.id, thread.status, thread.turns], [threadId, { type: "notLoaded" }, []]);
  assert.equal((await server.expectNotification("thread/unarchived")).threadId, threadId);
  assert.deepEqual([await listed(server, {}), await listed(server, { archived: true })], [[other, threadId], []]);
  await server.request("thread/resume", { threadId });
  assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
});

for (const [method, told] of [
  ["thread/archive", "thread/archived"],
  ["thread/delete", "thread/deleted"],
] as const) {
  test(`${method} interrupts the turn that runs, and says so in order`, async () => {
    await using api = await responsesApi(ok, { misbehave: (response) => streamPart(response, "Well") });
    await using server = await testServer({ api });
    const { threadId } = await server.startTurn("talk");
    await server.expectNotification("item/agentMessage/delta");
    await server.request(method, { threadId });
    assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
    await server.expectNotification("thread/status/changed", ({ status }) => status.type === "notLoaded");
    assert.equal((await server.expectNotification(told)).threadId, threadId);
    const order = ["turn/completed", told].map((name) => server.heard.findIndex(({ method: heard }) => heard === name));
    assert.deepEqual(
      order.toSorted((a, b) => a - b),
      order,
    );
    assert.deepEqual((await server.request("thread/loaded/list", {})).data, []);
    assert.equal(
      (await server.refusal("turn/start", { threadId, input: [] })).message,
      `thread not found: ${threadId}`,
    );
  });
}

test("a deleted thread is gone from the lists and the disk, loaded or not", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const loaded = (await server.completeTurn("one")).threadId;
  const archived = (await server.completeTurn("two")).threadId;
  const ephemeral = await server.startThread({ ephemeral: true });
  await server.request("thread/archive", { threadId: archived });
  const paths = [];
  for (const threadId of [loaded, archived]) {
    paths.push((await server.request("thread/read", { threadId })).thread.path ?? "");
  }
  for (const threadId of [loaded, archived, ephemeral]) {
    await server.request("thread/delete", { threadId });
    await server.expectNotification("thread/deleted", (params) => params.threadId === threadId);
    assert.equal((await server.refusal("thread/read", { threadId })).message, `thread not loaded: ${threadId}`);
  }
  assert.deepEqual(paths.map(existsSync), [false, false]);
  assert.deepEqual([await listed(server, {}), await listed(server, { archived: true })], [[], []]);
});

test("what is not there cannot be put in order", async () => {
  await using server = await testServer({ initialize: { experimentalApi: true } });
  for (const method of ["thread/archive", "thread/unarchive", "thread/delete"]) {
    assert.deepEqual(await server.refusal(method, { threadId: nowhere }), {
      code: -32600,
      message: `no rollout found for thread id ${nowhere}`,
    });
  }
  const named = await server.refusal("thread/name/set", { threadId: nowhere, name: "x" });
  assert.equal(named.message, `no rollout found for thread id ${nowhere}`);
  assert.deepEqual(await server.request("thread/unsubscribe", { threadId: nowhere }), { status: "notLoaded" });
  const settings = await server.refusal("thread/settings/update", { threadId: nowhere });
  assert.equal(settings.message, `thread not found: ${nowhere}`);
});

test("a name is set on a loaded and on an unloaded thread, is listed, found, and survives a restart", async () => {
  await using api = await responsesApi(ok);
  await using past = await testServer({ api });
  const unloaded = (await past.completeTurn("second words")).threadId;
  await past.end();
  await using server = await testServer({ like: past });
  await using other = await testServer({ like: past });
  const loaded = (await server.completeTurn("first words")).threadId;
  assert.deepEqual(await server.request("thread/name/set", { threadId: loaded, name: "  Alpha " }), {});
  assert.deepEqual(await server.expectNotification("thread/name/updated"), { threadId: loaded, threadName: "Alpha" });
  await other.request("thread/name/set", { threadId: unloaded, name: "Beta" });
  for (const each of [other, server]) {
    assert.deepEqual(await listed(each, { searchTerm: "alpha" }), [loaded]);
  }
  assert.deepEqual(await listed(other, { searchTerm: "beta" }), [unloaded]);
  // Behind the turn that follows, it is still the name.
  await server.completeTurn("third words", loaded);
  await using last = await testServer({ like: server });
  const names = (await last.request("thread/list", {})).data.map(({ id, name }) => [id, name]);
  assert.deepEqual(names, [
    [loaded, "Alpha"],
    [unloaded, "Beta"],
  ]);
  assert.equal((await last.request("thread/read", { threadId: unloaded })).thread.name, "Beta");
  assert.equal(
    (await server.refusal("thread/name/set", { threadId: loaded, name: " \n" })).message,
    "thread name must not be empty",
  );
});

test("git information is merged member by member, cleared by null, and listed", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const update = async (gitInfo: object | null) =>
    (await server.request("thread/metadata/update", { threadId, gitInfo })).thread.gitInfo;
  assert.deepEqual(await update({ branch: "main" }), { sha: null, branch: "main", originUrl: null });
  assert.deepEqual(await update({ sha: "abc" }), { sha: "abc", branch: "main", originUrl: null });
  assert.deepEqual(await update({ branch: null }), { sha: "abc", branch: null, originUrl: null });
  assert.deepEqual((await server.request("thread/metadata/update", { threadId })).thread.gitInfo?.sha, "abc");
  await using other = await testServer({ like: server });
  assert.deepEqual((await other.request("thread/list", {})).data[0]?.gitInfo?.sha, "abc");
  assert.equal(await update(null), null);
});

test("loaded threads are listed in pages", async () => {
  await using server = await testServer();
  const ids = [];
  for (let count = 0; count < 3; count++) ids.push(await server.startThread());
  ids.sort();
  assert.deepEqual(await server.request("thread/loaded/list", {}), { data: ids, nextCursor: null });
  const first = await server.request("thread/loaded/list", { limit: 2 });
  assert.deepEqual(first.data, ids.slice(0, 2));
  const second = await server.request("thread/loaded/list", { limit: 2, cursor: first.nextCursor });
  assert.deepEqual(second, { data: ids.slice(2), nextCursor: null });
});

test("a thread that nobody listens to is let go of, says that it is closed, and can be resumed", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, config: "thread_unload_delay_secs = 0" });
  const { threadId } = await server.completeTurn("hi");
  assert.deepEqual(await server.request("thread/unsubscribe", { threadId }), { status: "unsubscribed" });
  assert.equal((await server.expectNotification("thread/closed")).threadId, threadId);
  assert.deepEqual(await server.request("thread/unsubscribe", { threadId }), { status: "notLoaded" });
  assert.equal((await server.request("thread/read", { threadId })).thread.status.type, "notLoaded");
  await server.request("thread/resume", { threadId });
  assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
});

test("a thread that is taken up again while its last command is still being ended goes on whole", async () => {
  // Asked to end, a part of it does, which closes the pipe, and the rest takes its time.
  const part = "exec 8>asked; sleep 60 & exec 8>&-; trap '' TERM";
  const cmd = `${part}; ${holdingLifeline("sleep 60; sleep 60")}`;
  const steps = [{ calls: [{ name: "exec_command", arguments: { cmd, yield_time_ms: 250 } }] }, { text: "It runs." }];
  await using api = await responsesApi([{ prompt: "run", steps }, ...ok]);
  await using server = await testServer({ api, config: "thread_unload_delay_secs = 0" });
  using held = lifeline(server.workspace);
  const asked = fifo(server.workspace, "asked");
  const unconfined = { sandbox: "danger-full-access", approvalPolicy: "never" } as const;
  const { threadId } = await server.completeTurn("run", await server.startThread(unconfined));
  await held.started;
  await server.request("thread/unsubscribe", { threadId });
  await asked;
  const { thread } = await server.request("thread/resume", { threadId });
  await held.gone;
  const [item] = thread.turns[0]?.items.filter(({ type }) => type === "commandExecution") ?? [];
  assert.equal(item?.type === "commandExecution" && item.status, "failed");
  assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
  const whole = (await server.request("thread/read", { threadId, includeTurns: true })).thread;
  assert.equal(whole.turns.length, 2);
});

test("a turn goes on when nobody listens, and the thread is let go of behind it", async () => {
  let release = () => {};
  const held = new Promise<boolean>((resolve) => (release = () => resolve(false)));
  await using api = await responsesApi(ok, { misbehave: () => held });
  await using server = await testServer({ api, config: "thread_unload_delay_secs = 0" });
  const { threadId } = await server.startTurn("hi");
  assert.deepEqual(await server.request("thread/unsubscribe", { threadId }), { status: "unsubscribed" });
  assert.deepEqual(await server.request("thread/unsubscribe", { threadId }), { status: "notSubscribed" });
  release();
  await server.expectNotification("thread/closed");
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  assert.equal(thread.turns[0]?.status, "completed");
  assert.ok(!server.heard.some(({ method }) => method === "turn/completed"));
});

test("settings are changed between turns, are announced once, and hold for the next turn and the next process", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const { threadId } = await server.completeTurn("hi");
  const change = { threadId, model: "other-model", effort: "high", approvalPolicy: "never" as const };
  assert.deepEqual(await server.request("thread/settings/update", change), {});
  const { threadSettings } = await server.expectNotification("thread/settings/updated");
  assert.deepEqual(
    [threadSettings.model, threadSettings.effort, threadSettings.approvalPolicy],
    ["other-model", "high", "never"],
  );
  await server.request("thread/settings/update", change);
  await server.completeTurn("go on", threadId);
  assert.equal(api.requests[1]?.model, "other-model");
  assert.deepEqual(api.requests[1]?.["reasoning"], { ...(api.requests[1]?.["reasoning"] as object), effort: "high" });
  assert.equal(server.heard.filter(({ method }) => method === "thread/settings/updated").length, 1);
  await using other = await testServer({ like: server });
  const [entry] = (await other.request("thread/list", {})).data;
  assert.deepEqual([entry?.model, entry?.reasoningEffort], ["other-model", "high"]);
});

async function listed(server: TestServer, params: object): Promise<string[]> {
  return (await server.request("thread/list", params)).data.map(({ id }) => id);
}

test("threads of a parent, a section or a project are none; a folder is the same with a slash behind it", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const { threadId } = await server.completeTurn("hi");
  assert.deepEqual(await listed(server, { cwd: `${server.workspace}/` }), [threadId]);
  for (const member of ["parentThreadId", "ancestorThreadId", "attachedToThreadId", "sectionId", "projectId"]) {
    assert.deepEqual(await listed(server, { [member]: threadId }), [], member);
  }
});

test("a thread whose client left while it was being started is let go of like any other", async () => {
  await using api = await responsesApi(ok);
  await using server = await socketServer({ api, config: "thread_unload_delay_secs = 0" });
  const watcher = await server.connect();
  const clients = [];
  for (let count = 0; count < 20; count++) {
    const client = await server.connect();
    client.send({ id: "start", method: "thread/start", params: { cwd: server.workspace } });
    client.socket.close();
    clients.push(client);
  }
  await Promise.all(clients.map(({ closed }) => closed));
  // A request that its client leaves before it is looked at is dropped.
  for (let loaded: unknown = null; !isDeepStrictEqual(loaded, []); ) {
    loaded = (await watcher.request("thread/loaded/list", {}))["data"];
  }
  const times = (name: string) => watcher.heard.filter(({ method }) => method === name).length;
  assert.ok(times("thread/started") > 0);
  assert.equal(times("thread/closed"), times("thread/started"));
});

test("a thread that is taken up again at the moment it is let go of stays", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, config: "thread_unload_delay_secs = 0" });
  const { threadId } = await server.completeTurn("hi");
  for (let count = 0; count < 30; count++) {
    const answers = [
      server.requestRaw("thread/unsubscribe", { threadId }),
      server.requestRaw("thread/resume", { threadId, excludeTurns: true }),
    ];
    for (const { error } of await Promise.all(answers)) assert.equal(error, undefined);
    assert.deepEqual((await server.request("thread/loaded/list", {})).data, [threadId]);
  }
});
