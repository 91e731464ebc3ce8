// Input that comes while a turn runs, and stopping a turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gate } from "../../support/lifeline.ts";
import { type RequestBody, responsesApi, streamPart, toldText } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const run = (cmd: string) => [
  { prompt: "run", steps: [{ calls: [{ name: "exec_command", arguments: { cmd } }] }] },
  { steps: [{ text: "ok" }] },
];
const text = (value: string) => [{ type: "text" as const, text: value }];

test("a turn/start while a turn runs joins that turn, and its input reaches the model behind the tools", async () => {
  await using api = await responsesApi(run("read x < gate; echo through"));
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId, turnId } = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const { turn } = await server.request("turn/start", {
    threadId,
    input: text("and be quick"),
    clientUserMessageId: "c-2",
  });
  assert.equal(turn.id, turnId);
  assert.equal(api.requests.length, 1);
  await held.open();
  await server.expectNotification("turn/completed");
  assert.deepEqual(tail(api.requests[1], 3), ["function_call", "function_call_output", "and be quick"]);
  const messages = server
    .completedItems()
    .flatMap((item) => (item.type === "userMessage" ? [[item.clientId, item.content]] : []));
  assert.deepEqual(messages, [
    [null, [{ type: "text", text: "run", text_elements: [] }]],
    ["c-2", [{ type: "text", text: "and be quick", text_elements: [] }]],
  ]);
});

test("input that joins while the model speaks cuts it short: what was said stays, and the model is asked anew", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }], {
    misbehave: (response, request) => request === 1 && streamPart(response, "First"),
  });
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.startTurn("one");
  await server.expectNotification("item/agentMessage/delta");
  await server.request("turn/steer", { threadId, input: text("two"), expectedTurnId: turnId });
  const { turn } = await server.expectNotification("turn/completed");
  assert.deepEqual([turn.id, turn.status], [turnId, "completed"]);
  assert.deepEqual(tail(api.requests[1], 3), ["one", "First", "two"]);
  const said = server.completedItems().flatMap((item) => (item.type === "agentMessage" ? [item.text] : []));
  assert.deepEqual(said, ["First", "ok"]);
});

test("turn/steer names the turn it means", async () => {
  await using api = await responsesApi(run("read x < gate"));
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId, turnId } = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const steer = { threadId, input: text("x"), expectedTurnId: "00000000-0000-7000-8000-000000000000" };
  assert.deepEqual(await server.refusal("turn/steer", steer), {
    code: -32600,
    message: `expected active turn id \`${steer.expectedTurnId}\` but found \`${turnId}\``,
  });
  await held.open();
  await server.expectNotification("turn/completed");
  assert.deepEqual(await server.refusal("turn/steer", { ...steer, expectedTurnId: turnId }), {
    code: -32600,
    message: "no active turn to steer",
  });
});

test("input that joined a turn that was stopped is kept: the model hears it with the next turn", async () => {
  await using api = await responsesApi(run("echo up; sleep 600"));
  await using server = await testServer({ api });
  const ids = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  await server.request("turn/start", { threadId: ids.threadId, input: text("by the way") });
  await server.request("turn/interrupt", ids);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  await server.completeTurn("go on", ids.threadId);
  assert.deepEqual(tail(api.requests[1], 1), ["go on"]);
  assert.match(toldText(api.requests[1] as RequestBody), /by the way/);
  const { thread } = await server.request("thread/read", { threadId: ids.threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns[0]?.items.map(({ type }) => type),
    ["userMessage", "commandExecution", "userMessage"],
  );
});

test("settings that come with joining input hold from then on", async () => {
  await using api = await responsesApi(run("read x < gate"));
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId } = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await server.request("turn/start", { threadId, input: text("careful"), mode: "ask" });
  const { threadSettings } = await server.expectNotification("thread/settings/updated");
  assert.deepEqual([threadSettings.mode, threadSettings.sandbox.type], ["ask", "readOnly"]);
  await held.open();
  await server.expectNotification("turn/completed");
});

test("two turn/start sent together make one turn with both inputs", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const both = ["one", "two"].map((value) => ["turn/start", { threadId, input: text(value) }] as const);
  const ids = (await server.requestsTogether(both)).map(({ result }) => (result as { turn: { id: string } }).turn.id);
  assert.equal(ids[0], ids[1]);
  await server.expectNotification("turn/completed");
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  const inputs = thread.turns.flatMap(({ items }) =>
    items.flatMap((item) => (item.type === "userMessage" ? item.content : [])),
  );
  assert.deepEqual(
    inputs.map((part) => part.type === "text" && part.text),
    ["one", "two"],
  );
});

test("turn/interrupt names the turn it means", async () => {
  await using api = await responsesApi([{ steps: [{ text: "x" }] }], {
    misbehave: (response) => streamPart(response, "..."),
  });
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.startTurn("talk");
  await server.expectNotification("item/agentMessage/delta");
  const other = "01890000-0000-7000-8000-000000000000";
  assert.deepEqual(await server.refusal("turn/interrupt", { threadId, turnId: other }), {
    code: -32600,
    message: `expected active turn id ${other} but found ${turnId}`,
  });
  await server.request("turn/interrupt", { threadId, turnId });
  await server.expectNotification("turn/completed");
  assert.deepEqual(await server.refusal("turn/interrupt", { threadId, turnId }), {
    code: -32600,
    message: "no active turn to interrupt",
  });
});

test("interrupting twice, or right after the start, ends the turn once", async () => {
  await using api = await responsesApi([{ steps: [{ text: "x" }] }], {
    misbehave: (response) => streamPart(response, "..."),
  });
  await using server = await testServer({ api });
  const ids = await server.startTurn("talk");
  const answers = await server.requestsTogether([
    ["turn/interrupt", ids],
    ["turn/interrupt", ids],
  ]);
  assert.deepEqual(
    answers.map(({ result }) => result),
    [{}, {}],
  );
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  await server.request("thread/read", { threadId: ids.threadId });
  assert.equal(server.heard.filter(({ method }) => method === "turn/completed").length, 1);
});

test("a stopped turn is told to the model, and what it had said stays in its history", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }], {
    misbehave: (response, request) => request === 1 && streamPart(response, "Half"),
  });
  await using server = await testServer({ api });
  const ids = await server.startTurn("talk");
  await server.expectNotification("item/agentMessage/delta");
  await server.request("turn/interrupt", ids);
  await server.expectNotification("turn/completed");
  await server.completeTurn("go on", ids.threadId);
  const [said, interrupted, prompt] = tail(api.requests[1], 3);
  assert.deepEqual([said, prompt], ["Half", "go on"]);
  assert.match(interrupted ?? "", /^<interrupted>The user stopped this turn on purpose\./);
});

test("threads run their turns side by side", async () => {
  await using api = await responsesApi([
    {
      prompt: "first",
      steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "echo go > gate" } }] }, { text: "ok" }],
    },
    ...run("read x < gate"),
  ]);
  await using server = await testServer({ api });
  gate(server.workspace);
  const waiting = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const first = await server.startTurn("first");
  const ended = [await server.expectNotification("turn/completed"), await server.expectNotification("turn/completed")];
  assert.deepEqual(ended.map(({ threadId }) => threadId).toSorted(), [waiting.threadId, first.threadId].toSorted());
});

/** The last entries of a request, messages by their text. */
function tail(request: RequestBody | undefined, count: number): string[] {
  const entries = (request?.input ?? []).slice(-count);
  return entries.map(({ type, content }) => {
    if (type !== "message") return type;
    return typeof content === "string" ? content : (content ?? []).map((part) => part.text).join("");
  });
}
