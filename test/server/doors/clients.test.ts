// Several clients on one thread: everybody is asked, the first answer wins, and a question waits for who comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi, streamPart, streamRest } from "../../support/responses-api.ts";
import { type Params, type SocketClient, type SocketServer, socketServer } from "../../support/socket-server.ts";

const APPROVAL = "item/commandExecution/requestApproval";

test("an approval goes to every client of the thread under one id; the first answer wins and all learn it", async () => {
  await using api = await oneCommand();
  await using server = await socketServer({ api, approvalPolicy: "untrusted" });
  const [first, second] = [await server.connect(), await server.connect()];
  const outsider = await server.connect();
  const threadId = await first.startThread({ cwd: server.workspace });
  await completeTurn(first, threadId, "hello");
  await second.request("thread/resume", { threadId });
  await first.startTurn(threadId, "run");
  const asked = [await first.expect(APPROVAL), await second.expect(APPROVAL)];
  assert.equal(asked[0]?.id, asked[1]?.id);
  second.send({ id: asked[1]?.id ?? "", result: { decision: "accept" } });
  // Behind it on the same connection: what comes from elsewhere now is the second answer.
  await second.request("thread/loaded/list", {});
  first.send({ id: asked[0]?.id ?? "", result: { decision: "decline" } });
  for (const client of [first, second]) {
    const resolved = await client.expect("serverRequest/resolved");
    assert.deepEqual(resolved["params"], { threadId, requestId: asked[0]?.id, answered: true });
    const ended = await client.expect("item/completed", ({ item }) => item.type === "commandExecution");
    assert.equal((ended["params"] as Params).item.status, "completed");
    await client.expect("turn/completed", ({ turn }) => turn.items[0]?.text === "done");
  }
  // Who does not listen to the thread hears only what a list shows.
  const heard = new Set(outsider.heard.flatMap(({ method }) => method ?? []));
  assert.deepEqual([...heard].sort(), ["thread/started", "thread/status/changed"]);
});

test("two answers at the same moment count once, whichever comes first", async () => {
  await using api = await oneCommand();
  await using server = await socketServer({ api, approvalPolicy: "untrusted" });
  const [first, second] = [await server.connect(), await server.connect()];
  const threadId = await first.startThread({ cwd: server.workspace });
  await completeTurn(first, threadId, "hello");
  await second.request("thread/resume", { threadId });
  await first.startTurn(threadId, "run");
  const { id } = await second.expect(APPROVAL);
  await first.expect(APPROVAL);
  for (const client of [first, second]) client.send({ id: id ?? "", result: { decision: "accept" } });
  await first.expect("turn/completed", ({ turn }) => turn.items[0]?.text === "done");
  assert.ok(await second.request("thread/list", {}));
  for (const client of [first, second]) {
    assert.equal(client.heard.filter(({ method }) => method === "serverRequest/resolved").length, 1);
  }
});

test("who joins late is asked what waits, under the same id, and its answer counts", async () => {
  await using api = await oneCommand();
  await using server = await socketServer({ api, approvalPolicy: "untrusted" });
  const first = await server.connect();
  const threadId = await first.startThread({ cwd: server.workspace });
  await first.startTurn(threadId, "run");
  const { id } = await first.expect(APPROVAL);
  const late = await server.connect();
  const { thread } = await late.request("thread/resume", { threadId });
  assert.deepEqual((thread as { status: unknown }).status, { type: "active", activeFlags: ["waitingOnApproval"] });
  assert.equal((await late.expect(APPROVAL)).id, id);
  late.send({ id: id ?? "", result: { decision: "accept" } });
  await first.expect("serverRequest/resolved");
  await first.expect("turn/completed");
});

test("a question outlives every client, and is asked again of the one that comes back", async () => {
  await using api = await oneCommand();
  await using server = await socketServer({ api, approvalPolicy: "untrusted" });
  const { threadId, id } = await askAndLeave(server);
  const back = await server.connect();
  const { thread } = await back.request("thread/resume", { threadId });
  assert.deepEqual((thread as { status: unknown }).status, { type: "active", activeFlags: ["waitingOnApproval"] });
  assert.equal((await back.expect(APPROVAL)).id, id);
  back.send({ id, result: { decision: "accept" } });
  await back.expect("turn/completed", ({ turn }) => turn.items[0]?.text === "done");
});

test("a question that waits for nobody ends with its turn", async () => {
  await using api = await oneCommand();
  await using server = await socketServer({ api, approvalPolicy: "untrusted" });
  const { threadId, turnId } = await askAndLeave(server);
  const other = await server.connect();
  await other.request("turn/interrupt", { threadId, turnId });
  const { thread } = await other.request("thread/resume", { threadId });
  const { status } = thread as { status: { type: string } };
  if (status.type !== "idle") await other.expect("turn/completed");
  const read = await other.request("thread/read", { threadId, includeTurns: true });
  const [turn] = (read["thread"] as { turns: { status: string }[] }).turns;
  assert.equal(turn?.status, "interrupted");
});

test("a turn goes on when its client leaves, and the next one finds it done", async () => {
  const joined = Promise.withResolvers<void>();
  const text = "one two three";
  await using api = await responsesApi([], {
    misbehave(response) {
      streamPart(response, text);
      void joined.promise.then(() => streamRest(response, text));
      return true;
    },
  });
  await using server = await socketServer({ api });
  const first = await server.connect();
  const threadId = await first.startThread({ cwd: server.workspace });
  await first.startTurn(threadId, "talk");
  await first.expect("item/agentMessage/delta");
  first.socket.terminate();
  await server.until("the server to notice", () => server.stderr.includes("a client left") || undefined);
  const second = await server.connect();
  await second.request("thread/resume", { threadId });
  joined.resolve();
  await second.expect("turn/completed", ({ turn }) => turn.status === "completed");
});

test("what two clients ask of one thread is done in the order it came", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await socketServer({ api });
  const [first, second] = [await server.connect(), await server.connect()];
  const threadId = await first.startThread({ cwd: server.workspace });
  const turnId = await first.startTurn(threadId, "hello");
  await first.expect("turn/completed", ({ turn }) => turn.id === turnId);
  const answers = await Promise.all([first, second].map((client) => client.request("thread/resume", { threadId })));
  assert.deepEqual(answers[0]?.["thread"], answers[1]?.["thread"]);
});

function oneCommand() {
  return responsesApi([
    { prompt: "run", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "env true" } }] }, { text: "done" }] },
    { steps: [{ text: "hi" }] },
  ]);
}

async function completeTurn(client: SocketClient, threadId: string, text: string): Promise<void> {
  const turnId = await client.startTurn(threadId, text);
  await client.expect("turn/completed", ({ turn }) => turn.id === turnId);
}

async function askAndLeave(server: SocketServer) {
  const client = await server.connect();
  const threadId = await client.startThread({ cwd: server.workspace });
  const turnId = await client.startTurn(threadId, "run");
  const { id } = await client.expect(APPROVAL);
  client.socket.terminate();
  await server.until("the server to notice", () => (server.stderr.includes("a client left") ? true : undefined));
  return { threadId, turnId, id: id ?? "" };
}
