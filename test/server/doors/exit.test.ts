// How the server ends: with code 0 unless something hangs, with everything it started gone and what it knew written down.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { fifo, gate, holdingLifeline, lifeline, ownTag, processesTagged } from "../../support/lifeline.ts";
import { responsesApi, streamPart } from "../../support/responses-api.ts";
import { root, type TestServer, testServer, withDeadline } from "../../support/test-server.ts";

const clean = { code: 0, signal: null };
const running = (script: string) => [{ steps: [{ calls: [{ name: "exec_command", arguments: { cmd: script } }] }] }];

test("the end of stdin ends an idle server", async () => {
  await using server = await testServer();
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, clean);
});

test("the end of stdin before the handshake ends the server", async () => {
  await using server = await testServer({ initialize: null });
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, clean);
});

for (const [how, leave] of [
  ["the end of stdin", (server: TestServer) => server.child.stdin?.end()],
  ["SIGTERM", (server: TestServer) => server.child.kill("SIGTERM")],
  ["a reader of stdout that is gone", (server: TestServer) => hangUp(server)],
] as const) {
  test(`${how} while a command runs ends the command, and the turn is stored as interrupted`, async () => {
    const tag = ownTag();
    const script = `${tag} bash -c '${holdingLifeline("sleep 600 & sleep 600")}'`;
    await using api = await responsesApi(running(script));
    await using server = await testServer({ api, sandboxMode: "danger-full-access" });
    using line = lifeline(server.workspace);
    const { threadId } = await server.startTurn("run");
    await line.started;
    assert.ok(processesTagged(tag).length > 0);
    leave(server);
    assert.deepEqual(await server.exited, clean);
    await line.gone;
    assert.deepEqual(processesTagged(tag), []);

    await using next = await testServer({ like: server });
    const { thread } = await next.request("thread/read", { threadId, includeTurns: true });
    assert.deepEqual(
      thread.turns.map(({ status, items }) => [status, items.map(({ type }) => type)]),
      [["interrupted", ["userMessage", "commandExecution"]]],
    );
  });
}

test("a command in the sandbox ends with the server, also when it ignores SIGTERM and left its session", async () => {
  const script = "trap '' TERM HUP; setsid sleep 600 & sleep 600 & wait; sleep 600";
  await using api = await responsesApi(running(holdingLifeline(script)));
  await using server = await testServer({ api });
  using line = lifeline(server.workspace);
  await server.startTurn("run");
  await line.started;
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, clean);
  await line.gone;
});

test("the end of stdin while an approval waits ends the server, and the item is stored as declined", async () => {
  await using api = await responsesApi(running("env echo hi"));
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { threadId } = await server.startTurn("run");
  await server.expectRequest("item/commandExecution/requestApproval");
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, clean);
  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/read", { threadId, includeTurns: true });
  const [turn] = thread.turns;
  assert.equal(turn?.status, "interrupted");
  assert.deepEqual(
    turn?.items.map((item) => ("status" in item ? item.status : null)),
    [null, "declined"],
  );
});

test("the end of stdin while the model is silent ends the server, and what it had said is stored", async () => {
  await using api = await responsesApi([{ steps: [{ text: "x" }] }], {
    misbehave: (response) => streamPart(response, "Half a th"),
  });
  await using server = await testServer({ api });
  const { threadId } = await server.startTurn("talk");
  await server.expectNotification("item/agentMessage/delta");
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, clean);
  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/read", { threadId, includeTurns: true });
  const [turn] = thread.turns;
  assert.equal(turn?.status, "interrupted");
  assert.deepEqual(
    turn?.items.flatMap((item) => (item.type === "agentMessage" ? [item.text] : [])),
    ["Half a th"],
  );
});

test("a client that reads nothing and leaves does not hold the process up", async () => {
  const child = spawn(process.execPath, [join(root, "server/main.ts"), "app-server"], {
    env: { ...process.env, BELAY_HOME: join(root, "out", "no-home") },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdin.write('{"id":1,"method":"initialize","params":{"clientInfo":{"name":"x","version":"1"}}}\n');
  await withDeadline(once(child.stdout, "readable"), () => "the first answer");
  // Nobody reads from here on: the pipe fills, and the rest waits in the server.
  for (let id = 2; id < 3_000; id++) child.stdin.write(`{"id":${id},"method":"${"x".repeat(200)}"}\n`);
  child.stdin.end();
  const [code] = await withDeadline(once(child, "exit"), () => "the server to exit").finally(() =>
    child.kill("SIGKILL"),
  );
  assert.equal(code, 0);
});

test("a file system that answers no more does not hold the process up", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  const program = new URL("../../fixtures/programs/held-sync.mjs", import.meta.url).href;
  await using server = await testServer({ api, env: { NODE_OPTIONS: `--import=${program}` } });
  gate(server.workspace);
  const syncing = fifo(server.workspace, "syncing");
  await server.startTurn("one");
  await syncing;
  server.expectDeath();
  server.child.stdin?.end();
  assert.deepEqual(await server.exited, { code: null, signal: "SIGKILL" });
});

test("an unknown command or argument ends with a sentence and the usage code", async () => {
  const said = await Promise.all(
    [["dance"], ["app-server", "--dance"], ["app-server", "-c", "novalue"], ["editor"]].map(run),
  );
  assert.deepEqual(
    said.map(({ code, stderr }) => [code, stderr.split("\n")[0]]),
    [
      [2, 'belay: there is no command "dance"'],
      [1, "belay: Unknown option '--dance'; see belay --help"],
      [1, 'belay: -c needs key=value, got "novalue"'],
      [1, "belay: this door is opened by VS Code; to talk over stdio use: belay app-server"],
    ],
  );
});

function hangUp(server: TestServer): void {
  server.child.stdout?.destroy();
  // The next thing it says finds nobody.
  server.send({ id: "x", method: "thread/list", params: {} });
}

async function run(args: string[]): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [join(root, "server/main.ts"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  const [code] = await withDeadline(once(child, "close"), () => `belay ${args.join(" ")} to end`);
  return { code, stderr };
}
