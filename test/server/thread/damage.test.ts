// Rollouts whose lines are JSON and not what they should be: the thread goes on, with no more rights than it is sure of.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { test } from "node:test";
import { uuidV7 } from "../../../server/util/uuid-v7.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { root, type TestServer, testServer } from "../../support/test-server.ts";

const line = (type: string, payload: unknown) =>
  `${JSON.stringify({ timestamp: "2026-01-01T00:00:00Z", ordinal: 99, type, payload })}\n`;

test("a thread whose saved sandbox is not known resumes read-only, and says so", async () => {
  const escape = { name: "exec_command", arguments: { cmd: "touch ../ESCAPED ./WRITTEN" } };
  await using api = await responsesApi([
    { prompt: "first", steps: [{ text: "ok" }] },
    { steps: [{ calls: [escape] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, sandboxMode: "danger-full-access", approvalPolicy: "never" });
  const { threadId } = await server.completeTurn("first");
  const path = await stop(server, threadId);
  const stored = readFileSync(path, "utf8").replaceAll('{"type":"dangerFullAccess"}', '{"type":"lockedDown"}');
  writeFileSync(path, stored);
  await using next = await testServer({ like: server });
  const { sandbox, approvalPolicy, model } = await next.request("thread/resume", { threadId });
  assert.deepEqual(
    { sandbox, approvalPolicy, model },
    { sandbox: { type: "readOnly", networkAccess: false }, approvalPolicy: "on-request", model: "test-model" },
  );
  const warning = await next.expectNotification("warning");
  assert.equal(warning.threadId, threadId);
  assert.match(warning.message, /^The saved permissions of this thread cannot be read.* read-only sandbox/);
  await next.completeTurn("go", threadId);
  assert.match(toolOutputs(api.requests.at(-1)).join(), /Read-only file system|sandbox is not available/);
  assert.deepEqual(
    [existsSync(join(next.workspace, "../ESCAPED")), existsSync(join(next.workspace, "WRITTEN"))],
    [false, false],
  );
});

test("lines of a wrong shape stop neither the thread, nor its next turn, nor the list of all threads", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.completeTurn("first");
  const path = await stop(server, threadId);
  appendFileSync(
    path,
    [
      line("history", { type: "message", role: "user" }),
      line("notification", { method: "item/completed" }),
      line("notification", { method: "item/completed", params: { threadId, turnId, item: null, completedAtMs: 1 } }),
      line("notification", { method: "turn/started", params: { threadId, turn: null } }),
    ].join(""),
  );
  const strange = join(dirname(path), "rollout-2020-01-01T00-00-00-0192f000-0000-7000-8000-000000000001.jsonl");
  writeFileSync(strange, line("threadMeta", { id: threadId, createdAt: "soon", cwd: 3 }));
  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/resume", { threadId });
  assert.equal(thread.turns.length, 1);
  await next.expectLog(/4 lines cannot be read; the rest is kept/);
  assert.equal((await next.completeTurn("again", threadId)).turn.status, "completed");
  for (const searchTerm of [null, "first"]) {
    const { data } = await next.request("thread/list", { searchTerm });
    assert.deepEqual(
      data.map(({ id }) => id),
      [threadId],
    );
  }
});

test("a copy of a rollout under another id is no thread of that id", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("first");
  const other = uuidV7(1_000);
  const { path } = (await server.request("thread/read", { threadId })).thread;
  copyFileSync(path ?? "", path?.replace(threadId, other) ?? "");
  for (const method of ["thread/read", "thread/resume"] as const) {
    const { message } = await server.refusal(method, { threadId: other });
    assert.match(message, new RegExp(other));
  }
});

test("all threads are listed where a process may open few files", { timeout: 120_000 }, async () => {
  await using server = await testServer();
  const folder = join(server.home, "threads/2026/01/01");
  mkdirSync(folder, { recursive: true });
  const meta = { cwd: "/x", modelProvider: "p", model: "m", cliVersion: "1", originator: "o", source: "s" };
  for (let at = 0; at < 400; at++) {
    const id = `0192f000-0000-7000-8000-${String(at).padStart(12, "0")}`;
    const first = line("threadMeta", { id, createdAt: at, preview: "hi", forkedFromId: null, ...meta });
    writeFileSync(join(folder, `rollout-2026-01-01T00-00-00-${id}.jsonl`), first);
  }
  const script = `
    import { RolloutIndex } from "./server/rollout/index.ts";
    const index = new RolloutIndex(process.argv[1], (trouble) => console.log(trouble));
    await index.refresh();
    console.log(index.sorted("createdAt").length);`;
  const node = [process.execPath, "--input-type=module", "-e", script, server.home];
  const child = spawn("bash", ["-c", 'ulimit -n 96; exec "$@"', "bash", ...node], { cwd: root });
  assert.equal(await readAll(child.stdout), "400\n", await readAll(child.stderr));
});

test("an input that is nested without end is refused, and the thread goes on", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  for (const [id, depth] of [101, 3_000, 7_000, 20_000].entries()) {
    const elements = "[".repeat(depth) + "]".repeat(depth);
    const input = `[{"type":"text","text":"x","text_elements":[${elements}]}]`;
    server.sendLine(`{"id":${id},"method":"turn/start","params":{"threadId":"${threadId}","input":${input}}}`);
    const [answer] = await server.expectAnswers(id);
    assert.deepEqual(answer?.["error"], {
      code: -32600,
      message: "Invalid request: nested more than 100 deep at input.0.text_elements",
    });
  }
  assert.equal((await server.completeTurn("hi", threadId)).turn.status, "completed");
});

/** Ends the server; the thread's rollout is what is left. */
async function stop(server: TestServer, threadId: string): Promise<string> {
  const { thread } = await server.request("thread/read", { threadId });
  server.child.stdin?.end();
  await server.exited;
  return thread.path ?? "";
}

test("what a client hands in to be kept is refused when it is nested without end, and the thread goes on", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const threadId = await server.startThread();
  const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  for (const [id, [method, params]] of [
    ["thread/inject_items", `{"threadId":"${threadId}","items":[{"type":"message","content":${deep}}]}`],
    ["thread/start", `{"dynamicTools":[{"type":"function","name":"x","description":"x","inputSchema":${deep}}]}`],
    ["thread/start", `{"config":${deep}}`],
    ["turn/start", `{"threadId":"${threadId}","input":[],"outputSchema":${deep}}`],
  ].entries()) {
    server.sendLine(`{"id":${id},"method":"${method}","params":${params}}`);
    const [answer] = await server.expectAnswers(id);
    assert.match(JSON.stringify(answer?.["error"]), /-32600.*nested more than 100 deep/, method);
  }
  assert.equal((await server.completeTurn("hi", threadId)).turn.status, "completed");
});
