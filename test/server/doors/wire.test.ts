// JSON lines as they come: good, odd and broken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

test("ids are echoed as they came, and two requests with one id both get answers", async () => {
  await using server = await testServer();
  assert.equal((await server.requestRaw("thread/list", {}, "a string")).id, "a string");
  assert.equal((await server.requestRaw("thread/list", {}, -7)).id, -7);
  assert.equal((await server.requestRaw("thread/list", {}, 0)).id, 0);
  server.send({ id: "twin", method: "model/list", params: {} });
  server.send({ id: "twin", method: "thread/list", params: {} });
  assert.equal((await server.expectAnswers("twin", 2)).length, 2);
});

test("the jsonrpc member is accepted and not sent", async () => {
  await using server = await testServer();
  server.send({ jsonrpc: "2.0", id: "with", method: "thread/list", params: {} });
  const result = { data: [], nextCursor: null, backwardsCursor: null };
  assert.deepEqual(await server.expectAnswers("with"), [{ id: "with", result }]);
});

test("what is no message is never answered, and the connection stays up", async () => {
  await using server = await testServer();
  const before = server.heard.length;
  for (const line of [
    ...["{", "[]", '[{"id":1,"method":"thread/list"}]', "", "   ", "null", "5", '"text"', "{}", "\u0000", "\ufeff"],
    ...[
      '{"id":1}',
      '{"id":1,"method":5}',
      '{"id":1,"error":"x"}',
      '{"id":999,"result":{}}',
      '{"id":"x","error":{"code":1,"message":"m"}}',
    ],
    '{"method":"thread/list","id":null,"params":{}}',
    '{"method":"thread/list","id":1.5,"params":{}}',
    '{"method":"thread/list","id":{},"params":{}}',
    '{"method":"thread/list","params":{}}',
    '{"method":"no/such/notification"}',
  ]) {
    server.sendLine(line);
  }
  await server.requestRaw("thread/list", {}, "after");
  assert.deepEqual(
    server.heard.slice(before).map(({ id }) => id),
    ["after"],
  );
});

test("after ten thousand malformed lines a request is answered", async () => {
  await using server = await testServer();
  server.sendLine(Array.from({ length: 10_000 }, (_, at) => (at % 2 ? "{broken" : '{"id":')).join("\n"));
  assert.deepEqual((await server.request("thread/list", {})).data, []);
});

test("a line that is deep or carries hostile names harms nobody", async () => {
  await using server = await testServer();
  server.sendLine("[".repeat(200_000));
  server.sendLine(`{"id":1,"method":"thread/list","params":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`);
  server.sendLine('{"id":2,"method":"__proto__","params":{"__proto__":{"limit":1}}}');
  server.sendLine('{"id":3,"method":"constructor"}');
  server.sendLine('{"id":4,"method":"toString"}');
  const answers = await Promise.all([1, 2, 3, 4].map((id) => server.expectAnswers(id)));
  assert.deepEqual(
    answers.map(([answer]) => "error" in (answer ?? {})),
    [false, true, true, true],
  );
});

test("a deeply nested input fails its turn at worst, and the thread goes on", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const params = `{"threadId":"${threadId}","input":[{"type":"text","text":"x","text_elements":${deep}}]}`;
  server.sendLine(`{"id":"deep","method":"turn/start","params":${params}}`);
  const [started] = await server.expectAnswers("deep");
  if (started?.["result"] !== undefined) await server.expectNotification("turn/completed");
  assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
});

test("a request may come in any pieces, several in one", async () => {
  await using server = await testServer();
  const line = `${JSON.stringify({ id: "slow", method: "thread/list", params: { searchTerm: "ä€😀" } })}\r\n`;
  for (const byte of Buffer.from(line)) server.child.stdin?.write(Buffer.of(byte));
  server.sendLine('{"id":"a","method":"model/list"}\n{"id":"b","method":"model/list"}');
  const answers = await Promise.all(["slow", "a", "b"].map((id) => server.expectAnswers(id)));
  assert.deepEqual(
    answers.map(([answer]) => "result" in (answer ?? {})),
    [true, true, true],
  );
});

test("a line separator inside a string survives both ways", async () => {
  const text = "one\u2028two\u2029three\u0085\r\n\t\u0000 end 😀";
  await using api = await responsesApi([{ steps: [{ text }] }]);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const input = `{"type":"text","text":"one\u2028two"}`;
  server.sendLine(`{"id":"raw","method":"turn/start","params":{"threadId":"${threadId}","input":[${input}]}}`);
  const { turn } = await server.expectNotification("turn/completed");
  assert.deepEqual(
    turn.items.map((item) => item.type === "agentMessage" && item.text),
    [text],
  );
  assert.ok(api.requests[0] && toldText(api.requests[0]).includes("one\u2028two"));
});

test("a line over the limit ends the connection and the process politely", async () => {
  await using server = await testServer();
  server.sendLine(`{"pad":"${"x".repeat(33 * 1024 * 1024)}"}`);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test("of five thousand requests at once each is answered or told to retry, and one that stops a turn passes", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [sleep] }, { text: "ok" }] }]);
  await using server = await testServer({ api, sandboxMode: "danger-full-access", approvalPolicy: "never" });
  const { threadId, turnId } = await server.startTurn("sleep");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const flood = (count: number) => Array.from({ length: count }, () => server.requestRaw("thread/list", {}));
  const before = flood(4_000);
  const stopped = server.request("turn/interrupt", { threadId, turnId });
  const behind = flood(1_000);
  assert.deepEqual(await stopped, {});
  const { turn } = await server.expectNotification("turn/completed");
  assert.equal(turn.status, "interrupted");
  const answers = await Promise.all([...before, ...behind]);
  const errors = answers.flatMap(({ error }) => (error === undefined ? [] : [error]));
  assert.ok(errors.length > 0 && errors.length < 5_000, `${errors.length} were refused`);
  for (const error of errors) assert.deepEqual(error, { code: -32001, message: "Server overloaded; retry later." });
  assert.deepEqual((await server.request("thread/list", { limit: 1 })).nextCursor, null);
});

test("a flood of what is no message leaves a few lines in the log", async () => {
  await using server = await testServer();
  server.sendLine(Array.from({ length: 10_000 }, (_, at) => (at % 2 ? "{broken" : "[]")).join("\n"));
  await server.request("thread/list", {});
  await server.expectLog(/a line was not read: .* \(and 999 before it\)/);
  assert.ok(server.stderr.split("\n").length < 20, server.stderr);
});

const sleep = { name: "exec_command", arguments: { cmd: "sleep 600" } };

test("a client that does not read the log does not end the server", async () => {
  await using server = await testServer();
  server.child.stderr?.destroy();
  for (let line = 0; line < 50; line++) server.sendLine("{broken");
  await server.request("thread/list", {});
  for (let line = 0; line < 50; line++) server.sendLine("{broken");
  assert.deepEqual((await server.request("thread/list", {})).data, []);
});
