// What is left after a crash, and after damage to a rollout: everything but what could not be read.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { holdingLifeline, lifeline } from "../../support/lifeline.ts";
import { type RequestBody, responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const command = (cmd: string) => ({ name: "exec_command", arguments: { cmd } });
const twoSteps = [
  { steps: [{ text: "Go.", calls: [command("env echo a"), command("env echo b")] }, { text: "Done." }] },
];

test("kill -9 while a command runs: nothing is left running, the turn is interrupted, and the next one works", async () => {
  await using api = await responsesApi([
    {
      prompt: "run",
      steps: [{ text: "I run both.", calls: [command(holdingLifeline("sleep 600")), command("true")] }],
    },
    { steps: [{ text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  using line = lifeline(server.workspace);
  const { threadId } = await server.startTurn("run");
  await line.started;
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  await line.gone;

  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/resume", { threadId });
  assert.deepEqual(
    thread.turns.map(({ status }) => status),
    ["interrupted"],
  );
  assert.deepEqual(
    thread.turns[0]?.items.slice(0, 2).map(({ type }) => type),
    ["userMessage", "agentMessage"],
  );
  assert.equal((await next.completeTurn("again", threadId)).turn.status, "completed");
  assertAnswered(api.requests[1]);
  assert.equal(
    toolOutputs(api.requests[1])[0],
    "No result: Belay was stopped while this ran. It may have had effects.",
  );

  next.child.stdin?.end();
  await next.exited;
  await using last = await testServer({ like: server });
  await last.request("thread/resume", { threadId });
  await last.completeTurn("and again", threadId);
  const [, second, third] = api.requests;
  assert.equal(JSON.stringify(third?.input.slice(0, second?.input.length)), JSON.stringify(second?.input));
});

test("kill -9 while an approval waits voids the approval", async () => {
  await using api = await responsesApi([
    { prompt: "run", steps: [{ calls: [command("env id")] }] },
    { steps: [{ text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { threadId } = await server.startTurn("run");
  await server.expectRequest("item/commandExecution/requestApproval");
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/resume", { threadId });
  assert.deepEqual([thread.status, thread.turns[0]?.status], [{ type: "idle" }, "interrupted"]);
  assert.equal((await next.completeTurn("again", threadId)).turn.status, "completed");
});

test("a rollout cut at any byte of its last lines is resumed, goes on, and is whole lines again", async () => {
  await using api = await responsesApi([{ steps: [{ text: "Done." }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("go");
  const path = (await server.request("thread/read", { threadId })).thread.path ?? "";
  server.child.stdin?.end();
  await server.exited;
  const whole = readFileSync(path);
  const lastLines = whole.lastIndexOf(0x0a, whole.lastIndexOf(0x0a, whole.length - 2) - 1) + 1;
  for (const cut of [lastLines, lastLines + 1, lastLines + 40, whole.length - 1]) {
    writeFileSync(path, whole);
    truncateSync(path, cut);
    await using next = await testServer({ like: server });
    const { thread } = await next.request("thread/resume", { threadId });
    assert.equal(thread.turns.length, 1);
    assert.equal((await next.completeTurn("on", threadId)).turn.status, "completed");
    const bad = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !isJson(line));
    assert.ok(bad.length <= 1, `cut at ${cut}: ${bad.length} lines are broken`);
    const again = await next.request("thread/read", { threadId, includeTurns: true });
    assert.deepEqual(again.thread.turns.map(({ status }) => status).at(-1), "completed");
  }
});

test("any one damaged line costs that line alone: the thread resumes and every call has its output", async () => {
  await using api = await responsesApi(twoSteps);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("go");
  const path = (await server.request("thread/read", { threadId })).thread.path ?? "";
  server.child.stdin?.end();
  await server.exited;
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  await using next = await testServer({ like: server });
  const calls = lines.flatMap((line, at) => (/"type":"(toolCall|toolOutput)"/.test(line) ? [at] : []));
  assert.equal(calls.length, 4);
  for (const [number, at] of [...calls, 4].entries()) {
    const garbage =
      ['{"type":"history","payload":null}', "\u0000\u0000", "[]", '{"type":"later","payload":{}}', "{"][number] ?? "";
    const id = `01890000-0000-7000-8000-00000000000${number}`;
    const damaged = lines.with(at, garbage).join("\n").replaceAll(threadId, id);
    const place = join(dirname(path), `rollout-2026-01-01T00-00-00-${id}.jsonl`);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, `${damaged}\n`);
    const { thread } = await next.request("thread/resume", { threadId: id });
    assert.equal(thread.turns.length, 1, `line ${at}`);
    assert.equal((await next.completeTurn("on", id)).turn.status, "completed");
    assertAnswered(api.requests.at(-1));
  }
});

test("files that are no rollouts are left out of the list", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("go");
  const folder = dirname((await server.request("thread/read", { threadId })).thread.path ?? "");
  const strangers = {
    "rollout-empty.jsonl": "",
    "rollout-x.jsonl": "{}\n",
    "rollout-y.jsonl": "no json\n",
    "notes.txt": "hi",
  };
  for (const [name, content] of Object.entries(strangers)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, "rollout-folder.jsonl"));
  assert.deepEqual(
    (await server.request("thread/list", {})).data.map(({ id }) => id),
    [threadId],
  );
});

test("a rollout that cannot be written is said once, and written when it can be again", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  writeFileSync(join(server.home, "threads"), "in the way");
  const { threadId, turn } = await server.completeTurn("one");
  assert.equal(turn.status, "completed");
  const { message } = await server.expectNotification("warning");
  assert.match(message, /^This thread is not being saved: /);
  assert.equal(server.heard.filter(({ method }) => method === "warning").length, 1);
  rmSync(join(server.home, "threads"));
  await server.completeTurn("two", threadId);
  await using other = await testServer({ like: server });
  const { thread } = await other.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns.map(({ status }) => status),
    ["completed", "completed"],
  );
});

test("a very long line in a rollout does not stop the thread from being read", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  const path = (await server.request("thread/read", { threadId })).thread.path ?? "";
  appendFileSync(path, `{"pad":"${"x".repeat(20_000_000)}"}\n`);
  await using other = await testServer({ like: server });
  assert.equal((await other.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 1);
});

function assertAnswered(request: RequestBody | undefined): void {
  const called = request?.input.flatMap(({ type, call_id }) => (type.endsWith("_call") ? [call_id] : []));
  const answered = request?.input.flatMap(({ type, call_id }) => (type.endsWith("_call_output") ? [call_id] : []));
  assert.deepEqual(answered?.toSorted(), called?.toSorted());
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
