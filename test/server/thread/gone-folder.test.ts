// A thread whose folder is gone: it can be opened and read, says what is missing, and goes on elsewhere.
import assert from "node:assert/strict";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const scenes = [
  { prompt: "where", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "pwd" } }] }, { text: "there" }] },
  { steps: [{ text: "ok" }] },
];
const experimental = { experimentalApi: true };

test("a thread whose folder is gone is read as ever, refuses to work there, and works in another folder", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  const gone = join(server.workspace, "gone");
  const there = join(server.workspace, "there");
  for (const folder of [gone, there]) mkdirSync(folder);
  const { thread } = await server.request("thread/start", { cwd: gone });
  await server.completeTurn("one", thread.id);
  rmSync(gone, { recursive: true });
  await using next = await testServer({ like: server, initialize: experimental });
  server.child.stdin?.end();
  await server.exited;
  const resumed = await next.request("thread/resume", { threadId: thread.id });
  assert.deepEqual([resumed.thread.turns.length, resumed.cwd], [1, gone]);
  const { message } = await next.expectNotification("warning");
  assert.match(
    message,
    new RegExp(`^The folder of this thread is not there any more: ${gone}\\. What was said can be read`),
  );
  assert.equal((await next.request("thread/search", { searchTerm: "one" })).data.length, 1);
  const input = [{ type: "text" as const, text: "two" }];
  for (const [method, params] of [
    ["turn/start", { threadId: thread.id, input }],
    ["turn/start", { threadId: thread.id, input, cwd: join(server.workspace, "nowhere") }],
    ["thread/shellCommand", { threadId: thread.id, command: "pwd" }],
  ] as const) {
    const refusal = await next.refusal(method, params);
    assert.match(refusal.message, /^the folder of this thread is not there any more: .*give another cwd\.$/);
    assert.ok(typeof (refusal.data as { missingFolder: string }).missingFolder === "string");
  }
  await next.request("turn/start", { threadId: thread.id, input: [{ type: "text", text: "where" }], cwd: there });
  await next.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1)).join(), new RegExp(there));
  assert.match(toldText(api.requests.at(-1) ?? assert.fail()), /From now on you work in this folder/);
  const again = await next.request("thread/resume", { threadId: thread.id });
  assert.equal(again.cwd, there);
});

test("a thread is told of nothing when it is resumed in a folder that is there, or when its own is back", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const gone = join(server.workspace, "gone");
  mkdirSync(gone);
  const { thread } = await server.request("thread/start", { cwd: gone });
  await server.completeTurn("one", thread.id);
  server.child.stdin?.end();
  await server.exited;
  rmSync(gone, { recursive: true });
  await using next = await testServer({ like: server });
  const resumed = await next.request("thread/resume", { threadId: thread.id, cwd: server.workspace });
  assert.equal(resumed.cwd, server.workspace);
  await next.completeTurn("two", thread.id);
  assert.deepEqual(
    next.heard.filter(({ method }) => method === "warning"),
    [],
  );
});
