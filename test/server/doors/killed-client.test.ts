// The one who started the server is killed, and the server itself stopped or out of memory: what is left behind then.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { holdingLifeline, lifeline, ownTag, processesTagged } from "../../support/lifeline.ts";
import { type ResponsesApi, responsesApi, streamPart } from "../../support/responses-api.ts";
import { root, serverEnvironment, type TestServer, testServer, withDeadline } from "../../support/test-server.ts";

const tag = ownTag();
const running = (cmd: string) => [{ steps: [{ calls: [{ name: "exec_command", arguments: { cmd } }] }] }];
const stubborn = running(
  `${tag} bash -c "trap '' TERM HUP; echo up; ${holdingLifeline("setsid sleep 600 & sleep 600")}"`,
);

/** Of a turn: how it ended, and the statuses of its items. */
async function stored(like: TestServer, threadId: string) {
  await using next = await testServer({ like });
  const { thread } = await next.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.map(({ status, items }) => [
    status,
    ...items.map((item) => ("status" in item ? item.status : item.type)),
  ]);
}

/** A home and a workspace with a configuration; the server that made them has ended. */
async function directories(api: ResponsesApi): Promise<TestServer> {
  const server = await testServer({ api, sandboxMode: "danger-full-access" });
  await server.end();
  return server;
}

test("kill -9 of the extension host ends its server and its commands, with the end of the turn written", async () => {
  await using api = await responsesApi(stubborn);
  await using like = await directories(api);
  using held = lifeline(like.workspace);
  const program = [join(root, "test/fixtures/programs/extension-host.ts"), join(root, "server/main.ts")];
  const host = spawn(process.execPath, [...program, like.workspace], {
    env: serverEnvironment(like.home),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await withDeadline(once(host.stdout, "data"), () => "the command to run")) as [Buffer];
  const threadId = line.toString().split("\n")[0] ?? "";
  await held.started;
  assert.ok(processesTagged(tag).length > 0);
  host.kill("SIGKILL");
  host.stdout.resume();
  await withDeadline(once(host.stdout, "close"), () => "the server to end");
  await held.gone;
  assert.deepEqual(processesTagged(tag), []);
  assert.deepEqual(await stored(like, threadId), [["interrupted", "userMessage", "failed"]]);
});

test("kill -9 of a client on stdio ends the server in the same way", async () => {
  await using api = await responsesApi(stubborn);
  await using server = await testServer({ api, sandboxMode: "danger-full-access" });
  using held = lifeline(server.workspace);
  const { threadId } = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  await held.started;
  server.child.stdin?.destroy();
  server.child.stdout?.destroy();
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  await held.gone;
  assert.deepEqual(processesTagged(tag), []);
  assert.deepEqual(await stored(server, threadId), [["interrupted", "userMessage", "failed"]]);
});

test("a server that is stopped for a while goes on where it was: nothing is lost or said twice, nothing is killed", async () => {
  let finish = () => {};
  await using api = await responsesApi([{ steps: [{ text: "not said" }] }], {
    misbehave: (response) => {
      streamPart(response, "one ");
      const delta = { type: "response.output_text.delta", item_id: "msg_part", output_index: 0, content_index: 0 };
      const say = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`);
      finish = () => {
        for (const word of ["two ", "three"]) say({ ...delta, delta: word });
        const content = [{ type: "output_text", text: "one two three", annotations: [] }];
        const item = { type: "message", id: "msg_part", role: "assistant", status: "completed", content };
        say({ type: "response.output_item.done", output_index: 0, item });
        const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
        const done = { id: "resp_part", object: "response", status: "completed", output: [item], usage };
        say({ type: "response.completed", response: done });
        response.end();
      };
      return true;
    },
  });
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.startTurn("run");
  await server.expectNotification("item/agentMessage/delta");
  server.child.kill("SIGSTOP");
  const asked = server.requestRaw("thread/read", { threadId, includeTurns: true });
  finish();
  server.child.kill("SIGCONT");
  await asked;
  const { turn } = await server.expectNotification("turn/completed", (params) => params.turn.id === turnId);
  assert.equal(turn.status, "completed");
  const deltas = server.heard.flatMap(({ method, params }) =>
    method === "item/agentMessage/delta" ? [(params as { delta: string }).delta] : [],
  );
  assert.equal(deltas.join(""), "one two three");
});

test("a server that runs out of memory leaves no command, and its thread as far as it came", async () => {
  const text = "x".repeat(1024 * 1024);
  await using api = await responsesApi(
    [{ steps: [{ text: "I run it.", calls: [{ name: "exec_command", arguments: hold() }] }, { text: "" }] }],
    {
      misbehave: async (response, number) => {
        if (number === 1) return false;
        await line.started;
        streamPart(response, text);
        const delta = { type: "response.output_text.delta", item_id: "msg_part", output_index: 0, content_index: 0 };
        const event = `data: ${JSON.stringify({ ...delta, delta: text })}\n\n`;
        const more = () => {
          while (!response.destroyed && response.write(event));
        };
        response.on("drain", more).on("error", () => {});
        more();
        return true;
      },
    },
  );
  await using server = await testServer({ api, env: { NODE_OPTIONS: "--max-old-space-size=64" } });
  using line = lifeline(server.workspace);
  server.expectDeath();
  const { threadId } = await server.startTurn("run");
  await line.started;
  const { code, signal } = await withDeadline(server.exited, () => "the server to run out of memory");
  assert.ok(signal === "SIGABRT" || code === 134, `${code} ${signal}`);
  await server.expectLog(/FATAL ERROR: .*heap out of memory/);
  await line.gone;
  const [[status, ...items] = []] = await stored(server, threadId);
  assert.equal(status, "interrupted");
  assert.deepEqual(items.slice(0, 2), ["userMessage", "agentMessage"]);
});

function hold() {
  return { cmd: holdingLifeline("sleep 600"), yield_time_ms: 250 };
}
