// Threads on disk and off: when they appear, how they are listed, read and resumed.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const answer = [
  {
    steps: [
      { reasoning: "Hm.", text: "Sure.", calls: [{ name: "exec_command", arguments: { cmd: "echo hi" } }] },
      { text: "Done." },
    ],
  },
];

test("a thread without a turn leaves no file, is not listed and cannot be resumed elsewhere", async () => {
  await using server = await testServer();
  const threadId = await server.startThread();
  assert.deepEqual((await server.request("thread/list", {})).data, []);
  assert.equal((await server.request("thread/read", { threadId })).thread.id, threadId);
  await using other = await testServer({ like: server });
  assert.equal(
    (await other.refusal("thread/resume", { threadId })).message,
    `no rollout found for thread id ${threadId}`,
  );
});

test("an ephemeral thread works and is never written", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const threadId = await server.startThread({ ephemeral: true });
  assert.equal((await server.completeTurn("hi", threadId)).turn.status, "completed");
  assert.deepEqual((await server.request("thread/list", {})).data, []);
  const { thread } = await server.request("thread/read", { threadId });
  assert.deepEqual([thread.ephemeral, thread.path], [true, null]);
  assert.equal((await server.request("thread/turns/list", { threadId })).data.length, 1);
  assert.equal(
    (await server.refusal("thread/read", { threadId, includeTurns: true })).message,
    "ephemeral threads do not support includeTurns",
  );
});

test("a rollout is whole JSON lines in a private file, numbered from 0", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const { thread } = await server.request("thread/read", { threadId });
  const path = thread.path ?? "";
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
  const content = readFileSync(path, "utf8");
  const lines = content
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { ordinal: number; type: string; timestamp: string });
  assert.ok(content.endsWith("\n"));
  assert.deepEqual(
    lines.map(({ ordinal }) => ordinal),
    lines.map((_, at) => at),
  );
  assert.equal(lines[0]?.type, "threadMeta");
  assert.match(path, /\/threads\/\d{4}\/\d\d\/\d\d\/rollout-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f-]{36}\.jsonl$/);
});

test("threads are listed in pages, by creation or by last change, each once", async () => {
  await using server = await testServer({ initialize: {} });
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using writer = await testServer({ like: server, args: overrides(api.url) });
  const ids: string[] = [];
  for (let number = 0; number < 5; number++) {
    const { threadId } = await writer.completeTurn(`thread ${number}`);
    ids.push(threadId);
    const { thread } = await writer.request("thread/read", { threadId });
    // Three of them changed in the same second.
    const changedAt = 1_700_000_000 + (number === 1 ? 60 : number === 3 ? -60 : 0);
    utimesSync(thread.path ?? "", changedAt, changedAt);
  }
  const [a, b, c, d, e] = ids;
  assert.deepEqual(await pages(server, { sortKey: "created_at", sortDirection: "asc", limit: 2 }), [
    [a, b],
    [c, d],
    [e],
  ]);
  assert.deepEqual(await pages(server, { sortKey: "created_at", limit: 3 }), [
    [e, d, c],
    [b, a],
  ]);
  assert.deepEqual(await pages(server, { sortKey: "updated_at", limit: 2 }), [[b, e], [c, a], [d]]);
  assert.deepEqual(await pages(server, { sortKey: "updated_at", sortDirection: "asc", limit: 4 }), [[d, a, c, e], [b]]);
  assert.deepEqual(await pages(server, { limit: 5 }), [[e, d, c, b, a]]);
  for (const cursor of ["x", "null", "{}", '{"after":5}']) {
    const refused = await server.refusal("thread/list", { cursor });
    assert.equal(refused.message, "Invalid request: the cursor is not one this method gave out");
  }
});

test("threads are found by folder and by what the user wrote", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const elsewhere = join(server.workspace, "../elsewhere");
  mkdirSync(elsewhere);
  const here = (await server.completeTurn("Rename the Parser")).threadId;
  const there = await server.startThread({ cwd: elsewhere });
  await server.completeTurn("rename   the\n\nlexer", there);
  const found = async (params: object) => (await server.request("thread/list", params)).data.map(({ id }) => id);
  assert.deepEqual(await found({ cwd: server.workspace }), [here]);
  assert.deepEqual(await found({ cwd: [server.workspace, elsewhere] }), [there, here]);
  assert.deepEqual(await found({ cwd: [] }), []);
  assert.deepEqual(await found({ searchTerm: "pARSER" }), [here]);
  assert.deepEqual(await found({ searchTerm: "rename the" }), [there, here]);
  assert.deepEqual(await found({ searchTerm: "rename the", cwd: elsewhere }), [there]);
  assert.deepEqual(await found({ searchTerm: "(" }), []);
});

test("a thread on disk is read without loading it, with and without its turns", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const live = (await server.request("thread/read", { threadId, includeTurns: true })).thread;
  await using other = await testServer({ like: server });
  const full = (await other.request("thread/read", { threadId, includeTurns: true })).thread;
  const unloaded = { status: { type: "notLoaded" }, environments: null, canAcceptDirectInput: null };
  assert.deepEqual(full, { ...live, ...unloaded });
  assert.deepEqual((await other.request("thread/read", { threadId })).thread, { ...full, turns: [] });
  assert.deepEqual(
    full.turns.map(({ status, items }) => [status, items.map(({ type }) => type)]),
    [["completed", ["userMessage", "reasoning", "agentMessage", "commandExecution", "agentMessage"]]],
  );
});

test("a resumed thread has its settings and turns, and the model gets its history byte for byte", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const settings = { mode: "ask" as const, model: "other-model" };
  const threadId = await server.startThread(settings);
  await server.completeTurn("one", threadId);
  const before = await server.request("thread/read", { threadId, includeTurns: true });
  server.child.stdin?.end();
  await server.exited;

  await using next = await testServer({ like: server });
  const resumed = await next.request("thread/resume", { threadId });
  assert.deepEqual(resumed.thread.turns, before.thread.turns);
  assert.deepEqual(
    {
      mode: resumed.mode,
      model: resumed.model,
      sandbox: resumed.sandbox,
      approvalPolicy: resumed.approvalPolicy,
      cwd: resumed.cwd,
    },
    {
      ...settings,
      sandbox: { type: "readOnly", networkAccess: false },
      approvalPolicy: "on-request",
      cwd: server.workspace,
    },
  );
  next.answerApprovals("decline");
  await next.completeTurn("two", threadId);
  const [, last, first] = api.requests;
  assert.equal(first?.model, "other-model");
  assert.equal(JSON.stringify(first?.input.slice(0, last?.input.length)), JSON.stringify(last?.input));
  assert.equal(first?.["prompt_cache_key"], threadId);
  const usages = next.heard.flatMap(({ method, params }) =>
    method === "thread/tokenUsage/updated" ? [params as Usage] : [],
  );
  assert.equal(usages.at(-1)?.tokenUsage.total.totalTokens, 480);
});

test("resuming twice at once loads the thread once, and nothing is heard twice", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  await server.end();
  await using next = await testServer({ like: server });
  const [first, second] = await Promise.all([
    next.requestRaw("thread/resume", { threadId }),
    next.requestRaw("thread/resume", { threadId }),
  ]);
  assert.deepEqual(first.result, second.result);
  await next.completeTurn("two", threadId);
  assert.equal(next.heard.filter(({ method }) => method === "turn/completed").length, 1);
});

test("overrides given to resume hold from then on, also for the next process", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  server.child.stdin?.end();
  await server.exited;
  await using next = await testServer({ like: server });
  assert.equal((await next.request("thread/resume", { threadId, mode: "fullAccess" })).mode, "fullAccess");
  next.child.stdin?.end();
  await next.exited;
  await using last = await testServer({ like: server });
  assert.equal((await last.request("thread/resume", { threadId })).mode, "fullAccess");
});

interface Usage {
  tokenUsage: { total: { totalTokens: number } };
}

async function pages(
  server: TestServer,
  params: { limit: number; sortKey?: "created_at" | "updated_at"; sortDirection?: "asc" | "desc" },
) {
  const found: string[][] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await server.request("thread/list", { ...params, cursor });
    found.push(page.data.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return found;
}

function overrides(url: string): string[] {
  return ["-c", `model_providers.test.base_url="${url}"`];
}

test("a thread that another process has loaded is refused for writing, and can be read", async () => {
  await using api = await responsesApi(answer);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  await using other = await testServer({ like: server });
  const data = { belay: { writer: { pid: server.child.pid, host: null, client: "test" } } };
  const refused = { code: -32600, message: `thread ${threadId} already has an active writer`, data };
  assert.deepEqual(await other.refusal("thread/resume", { threadId }), refused);
  for (const [method, more] of Object.entries({ name: { name: "mine" }, archive: {}, delete: {} })) {
    const row = method === "name" ? "thread/name/set" : `thread/${method}`;
    assert.deepEqual(await other.refusal(row, { threadId, ...more }), refused);
  }
  assert.equal((await other.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 1);
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  assert.equal((await other.request("thread/resume", { threadId })).thread.id, threadId);
});
