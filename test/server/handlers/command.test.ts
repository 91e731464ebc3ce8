// What a person does to a command that runs: typing, resizing, stopping. The agent's and one of their own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { noProfile, type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";

// The shell of a person is a login shell: what this machine's own profile does is no part of the test.
const env = noProfile;
const shown: ServerOptions = { env, initialize: { belay: { terminals: true } } };
const ok = { steps: [{ text: "ok" }] };

/** Waits until the command has written this. */
async function written(server: TestServer, itemId: string, text: string): Promise<void> {
  let all = "";
  while (!all.includes(text)) {
    all += (await server.expectNotification("item/commandExecution/outputDelta", (delta) => delta.itemId === itemId))
      .delta;
  }
}

async function start(server: TestServer, threadId: string, command: string): Promise<string> {
  await server.request("thread/shellCommand", { threadId, command });
  return (await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution")).item.id;
}

async function ended(server: TestServer, itemId: string) {
  const { item } = await server.expectNotification("item/completed", (params) => params.item.id === itemId);
  assert.ok(item.type === "commandExecution");
  return item;
}

test("a person types into a command of their own, in a terminal of the size they see, and the model is told plainly", async () => {
  await using api = await responsesApi([ok]);
  await using server = await testServer({ ...shown, api });
  const threadId = await server.startThread();
  const line = "printf '\\033[31mname?\\033[0m '; read name; stty size; echo hi $name";
  const itemId = await start(server, threadId, line);
  await written(server, itemId, "name?");
  assert.deepEqual(
    await server.request("belay/command/resize", { threadId, itemId, size: { rows: 30, cols: 99 } }),
    {},
  );
  assert.deepEqual(await server.request("belay/command/write", { threadId, itemId, text: "Zoë\n" }), {});
  const item = await ended(server, itemId);
  assert.deepEqual([item.tty, item.source, item.processId, item.exitCode], [true, "userShell", null, 0]);
  assert.equal(item.aggregatedOutput, "\u001b[31mname?\u001b[0m Zoë\r\n30 99\r\nhi Zoë\r\n");
  await server.expectNotification("turn/completed");
  assert.deepEqual(
    server.heard.filter(({ method }) => method === "item/commandExecution/terminalInteraction"),
    [],
  );
  await server.completeTurn("what was that?", threadId);
  assert.match(
    toldText(api.requests[0] ?? assert.fail()),
    /<result>\\nexit code 0\\nname\? Zoë\\n30 99\\nhi Zoë\\n\\n<\/result>/,
  );
});

test("^C typed by a person interrupts the command, and stopping it ends it; its turn goes on to its end", async () => {
  await using server = await testServer(shown);
  const threadId = await server.startThread();
  const first = await start(server, threadId, "echo up; sleep 600; echo behind");
  await written(server, first, "up");
  await server.request("belay/command/write", { threadId, itemId: first, text: "\u0003" });
  assert.match((await ended(server, first)).aggregatedOutput ?? "", /^up\r\n\^C/);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  const second = await start(server, threadId, "echo up; trap '' TERM; sleep 600; sleep 600");
  await written(server, second, "up");
  assert.deepEqual(await server.request("belay/command/stop", { threadId, itemId: second }), { stopped: true });
  const { status, ending } = await ended(server, second);
  assert.deepEqual([status, ending], ["failed", "stopped"]);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
});

test("a person types into a command of the agent, which hears what it wrote", async () => {
  await using api = await responsesApi([
    {
      steps: [
        {
          calls: [
            {
              name: "exec_command",
              arguments: { cmd: "echo ready; read word; echo said $word", tty: true, yield_time_ms: 30_000 },
            },
          ],
        },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ ...shown, api, sandboxMode: "danger-full-access" });
  const { threadId } = await server.startTurn("go");
  const { item } = await server.expectNotification("item/started", (params) => params.item.type === "commandExecution");
  await written(server, item.id, "ready");
  await server.request("belay/command/write", { threadId, itemId: item.id, text: "please\n" });
  assert.equal((await ended(server, item.id)).aggregatedOutput, "ready\r\nplease\r\nsaid please\r\n");
  await server.expectNotification("turn/completed");
  assert.match(toldText(api.requests[1] ?? assert.fail()), /Output:\\nready\\nplease\\nsaid please\\n/);
});

test("without a terminal nobody types, and what has ended takes nothing", async () => {
  await using server = await testServer({ env });
  const threadId = await server.startThread();
  const itemId = await start(server, threadId, "cat; echo up; sleep 600");
  await written(server, itemId, "up");
  const size = { rows: 2, cols: 2 };
  const refused = async () => [
    (await server.refusal("belay/command/write", { threadId, itemId, text: "x" })).message,
    (await server.refusal("belay/command/resize", { threadId, itemId, size })).message,
  ];
  assert.deepEqual(await refused(), [
    "the command has no terminal, so its input is empty; it can only be stopped",
    "the terminal was not resized: the command has no terminal",
  ]);
  await server.request("belay/command/stop", { threadId, itemId });
  const item = await ended(server, itemId);
  assert.deepEqual([item.tty, item.ending], [false, "stopped"]);
  const gone = `the command ${itemId} does not run: it has ended, or was not started yet`;
  assert.deepEqual(await refused(), [gone, gone]);
  await server.expectNotification("turn/completed");
  const unknown = { threadId: "0193b6a0-0000-7000-8000-000000000000", itemId };
  assert.match((await server.refusal("belay/command/stop", unknown)).message, /^thread not found/);
});
