// Commands that outlive their call: what the model, the clients and the rollout hear of them, and what ends them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThreadItemOf } from "../../../server/protocol/item.ts";
import { gate, holdingLifeline, lifeline } from "../../support/lifeline.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";

type Item = ThreadItemOf<"commandExecution">;

/** Goes on in the background almost at once. The first command of a thread is session 1001, the next one 1002. */
const background = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, yield_time_ms: 250, ...more },
});
const stdin = (chars: string, more: Record<string, unknown> = {}) => ({
  name: "write_stdin",
  arguments: { session_id: 1001, chars, yield_time_ms: 30_000, ...more },
});
const call = (...calls: { name: string; arguments: Record<string, unknown> }[]) => ({ calls });
const ok = { text: "ok" };
const forever = holdingLifeline("sleep 600");
const free: ServerOptions = { sandboxMode: "danger-full-access", initialize: { experimentalApi: true } };

async function completed(server: TestServer, fits: (item: Item) => boolean = () => true) {
  const isMine = (item: { type: string }) => item.type === "commandExecution" && fits(item as Item);
  const { item, turnId } = await server.expectNotification("item/completed", (params) => isMine(params.item));
  assert.ok(item.type === "commandExecution");
  return { item, turnId };
}

/** Waits until a command has written this. */
async function written(server: TestServer, text: string): Promise<void> {
  for (let all = ""; !all.includes(text); ) {
    all += (await server.expectNotification("item/commandExecution/outputDelta")).delta;
  }
}

/** What the looks at a command showed of its output. */
function newIn(...looks: string[]): string {
  return looks.map((look) => look.slice(look.indexOf("Output:\n") + "Output:\n".length)).join("");
}

async function itemsOf(server: TestServer, threadId: string): Promise<Item[]> {
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.flatMap(({ items }) => items).filter((item) => item.type === "commandExecution");
}

test("a command that has not ended goes on behind its turn, streams, and completes when it ends", async () => {
  await using api = await responsesApi([
    { steps: [call(background("echo before; read x < gate; echo behind; exit 3")), ok] },
  ]);
  await using server = await testServer({ ...free, api });
  const held = gate(server.workspace);
  const { threadId, turnId, turn } = await server.completeTurn("go");
  assert.equal(turn.status, "completed");
  const [told = ""] = toolOutputs(api.requests[1]);
  const header =
    /^Wall time: \d+\.\d{4} seconds\nProcess running with session ID 1001\nOriginal token count: \d\nOutput:\n/;
  assert.match(told, header);
  await server.expectNotification("item/commandExecution/outputDelta", ({ delta }) => delta === "before\n");
  const [running] = await itemsOf(server, threadId);
  assert.deepEqual(
    [running?.status, running?.processId, running?.aggregatedOutput],
    ["inProgress", "1001", "before\n"],
  );
  assert.equal("ending" in (running ?? {}), false);
  await held.open();
  const delta = await server.expectNotification("item/commandExecution/outputDelta");
  assert.deepEqual([delta.delta, delta.turnId], ["behind\n", turnId]);
  const end = await completed(server);
  assert.equal(end.turnId, turnId);
  const { status, exitCode, ending, aggregatedOutput, processId } = end.item;
  assert.deepEqual(
    [status, exitCode, ending, aggregatedOutput, processId],
    ["failed", 3, "exited", "before\nbehind\n", "1001"],
  );
  assert.deepEqual(await itemsOf(server, threadId), [end.item]);
  await server.end();
  await using next = await testServer({ ...free, like: server });
  assert.deepEqual(await itemsOf(next, threadId), [end.item]);
});

test("the model types into a terminal, hears only what is new, and once that the command has ended", async () => {
  const ask = "printf 'name? '; read name; echo got $name; [ -t 0 ] && exit 4";
  await using api = await responsesApi([
    { prompt: "go", steps: [call(background(ask, { tty: true })), ok] },
    { prompt: "type", steps: [call(stdin("bob\n")), call(stdin("")), ok] },
  ]);
  await using server = await testServer({ ...free, api });
  const { threadId, turnId } = await server.completeTurn("go");
  await written(server, "name? ");
  await server.completeTurn("type", threadId);
  const [asked = "", typed = "", again = ""] = toolOutputs(api.requests.at(-1));
  assert.match(asked, /\nProcess running with session ID 1001\n/);
  assert.match(typed, /^Wall time: .*\nProcess exited with code 4\n/);
  assert.equal(newIn(asked, typed), "name? bob\ngot bob\n");
  assert.match(again, /^write_stdin failed: there is no session 1001: .* No command runs\.$/);
  const { item } = await completed(server);
  assert.deepEqual([item.tty, item.aggregatedOutput], [true, "name? bob\r\ngot bob\r\n"]);
  const typing = await server.expectNotification("item/commandExecution/terminalInteraction");
  assert.deepEqual(typing, { threadId, turnId, itemId: item.id, processId: "1001", stdin: "bob\n" });
});

test("what is typed into a command that may do more than commands may now is asked for first", async () => {
  const type = (prompt: string) => ({ prompt, steps: [call(stdin("x\n", { yield_time_ms: 250 })), ok] });
  await using api = await responsesApi([
    { prompt: "go", steps: [call(background("while read x; do echo got $x; done", { tty: true })), ok] },
    ...["same", "closed"].map(type),
  ]);
  await using server = await testServer({ api, approvalPolicy: "on-request", sandboxMode: "workspace-write" });
  const threadId = await server.startThread();
  const sandboxPolicy = { type: "workspaceWrite" as const, writableRoots: [], networkAccess: true };
  const turn = async (text: string, more: object) => {
    await server.request("turn/start", { threadId, input: [{ type: "text", text }], ...more });
  };
  await turn("go", { sandboxPolicy: { ...sandboxPolicy, excludeTmpdirEnvVar: false, excludeSlashTmp: false } });
  await server.expectNotification("turn/completed");
  await turn("same", {});
  await server.expectNotification("turn/completed");
  await turn("closed", { sandboxPolicy: { type: "readOnly", networkAccess: false } });
  const asked = await server.expectRequest("item/commandExecution/requestApproval");
  const { because, sandbox } = asked.params.explanation ?? {};
  assert.deepEqual(
    [asked.params.kind, because, sandbox],
    [
      "writeStdin",
      "it types into a command that may do more than commands may now",
      "may write the workspace, network allowed",
    ],
  );
  server.respond(asked.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1)).at(-1) ?? "", /^write_stdin failed: rejected by user/);
});

for (const tty of [true, false]) {
  test(`^C ${tty ? "interrupts a command in a terminal" : "ends a command without a terminal"}`, async () => {
    await using api = await responsesApi([
      { prompt: "go", steps: [call(background("echo up; sleep 600", { tty })), ok] },
      { prompt: "type", steps: [call(stdin("\u0003")), ok] },
    ]);
    await using server = await testServer({ ...free, api });
    const { threadId } = await server.completeTurn("go");
    await written(server, "up");
    await server.completeTurn("type", threadId);
    const told = toolOutputs(api.requests.at(-1)).at(-1) ?? "";
    assert.match(
      told,
      tty ? /\nProcess (exited with code 130|ended by signal SIGINT)\n/ : /\nStopped by your interrupt\n/,
    );
    const { item } = await completed(server);
    assert.ok(tty ? item.aggregatedOutput?.startsWith("up\r\n^C") : item.ending === "stopped");
  });
}

test("a command without a terminal has an empty input, and says so to a model that types", async () => {
  await using api = await responsesApi([
    { prompt: "go", steps: [call(background("cat; echo end; read x < gate")), ok] },
    { prompt: "type", steps: [call(stdin("hello\n")), ok] },
  ]);
  await using server = await testServer({ ...free, api });
  const held = gate(server.workspace);
  const { threadId } = await server.completeTurn("go");
  await written(server, "end\n");
  await server.completeTurn("type", threadId);
  assert.match(
    toolOutputs(api.requests.at(-1)).at(-1) ?? "",
    /^write_stdin failed: this command has no terminal.* tty=true to type to it; chars "\\u0003" ends it\.$/,
  );
  await held.open();
  assert.equal((await completed(server)).item.aggregatedOutput, "end\n");
});

test("the model that looks later hears of the end, and of what was written until then", async () => {
  await using api = await responsesApi([
    { prompt: "go", steps: [call(background("read x < gate; echo late; kill -9 $$")), ok] },
    { prompt: "look", steps: [call(stdin("")), call(stdin("")), ok] },
  ]);
  await using server = await testServer({ ...free, api });
  const held = gate(server.workspace);
  const { threadId } = await server.completeTurn("go");
  await held.open();
  assert.deepEqual([(await completed(server)).item.ending], ["signal"]);
  await server.completeTurn("look", threadId);
  const [, look = "", again = ""] = toolOutputs(api.requests.at(-1));
  assert.match(look, /\nProcess ended by signal SIGKILL\n.*\nOutput:\nlate\n$/);
  assert.match(again, /^write_stdin failed: there is no session 1001/);
});

test("a time limit ends a command in the background, too", async () => {
  await using api = await responsesApi([{ steps: [call(background("sleep 600", { timeout_ms: 400 })), ok] }]);
  await using server = await testServer({ ...free, api });
  await server.completeTurn("go");
  const { item } = await completed(server);
  assert.deepEqual([item.status, item.ending, item.exitCode], ["failed", "timedOut", null]);
});

test("stopping a turn ends what it left in the background, not what earlier turns did", async () => {
  await using api = await responsesApi([
    { prompt: "one", steps: [call(background(`: one; ${forever}`)), ok] },
    {
      prompt: "two",
      steps: [
        call(background(": two; sleep 600")),
        call(background(": three; echo up; sleep 600", { yield_time_ms: 30_000 })),
        ok,
      ],
    },
  ]);
  await using server = await testServer({ ...free, api });
  using line = lifeline(server.workspace);
  const { threadId } = await server.completeTurn("one");
  const { turnId } = await server.startTurn("two", threadId);
  await server.expectNotification("item/commandExecution/outputDelta", ({ delta }) => delta === "up\n");
  await server.request("turn/interrupt", { threadId, turnId });
  const { turn } = await server.expectNotification("turn/completed", (params) => params.turn.id === turnId);
  assert.equal(turn.status, "interrupted");
  const items = await itemsOf(server, threadId);
  assert.deepEqual(
    items.map(({ status, ending }) => [status, ending]),
    [
      ["inProgress", undefined],
      ["failed", "stopped"],
      ["failed", "stopped"],
    ],
  );
  const { data } = await server.request("thread/backgroundTerminals/list", { threadId });
  assert.deepEqual(
    data.map(({ processId }) => processId),
    ["1001"],
  );
  const itemId = items[0]?.id ?? "";
  assert.deepEqual(await server.request("belay/command/stop", { threadId, itemId }), { stopped: true });
  await line.gone;
  assert.equal((await completed(server, ({ id }) => id === itemId)).item.ending, "stopped");
  assert.deepEqual(await server.request("belay/command/stop", { threadId, itemId }), { stopped: false });
});

test("stop all ends every turn and every command of every thread", async () => {
  await using api = await responsesApi([
    { prompt: "leave", steps: [call(background(forever)), ok] },
    { prompt: "stay", steps: [call(background("echo up; sleep 600", { yield_time_ms: 30_000 })), ok] },
  ]);
  await using server = await testServer({ ...free, api });
  using line = lifeline(server.workspace);
  const left = await server.completeTurn("leave");
  const { turnId } = await server.startTurn("stay");
  await server.expectNotification(
    "item/commandExecution/outputDelta",
    (delta) => delta.turnId === turnId && delta.delta === "up\n",
  );
  assert.deepEqual(await server.request("belay/stopAll", {}), { turns: 1, commands: 2 });
  await line.gone;
  const { turn } = await server.expectNotification("turn/completed", (params) => params.turn.id === turnId);
  assert.equal(turn.status, "interrupted");
  await server.expectNotification(
    "item/completed",
    (end) => end.turnId === left.turnId && end.item.type === "commandExecution",
  );
  assert.equal((await itemsOf(server, left.threadId))[0]?.ending, "stopped");
  assert.deepEqual(await server.request("belay/stopAll", {}), { turns: 0, commands: 0 });
});

test("commands in the background are listed page by page, ended one by one, and all at once", async () => {
  const three = [background("sleep 601"), background("sleep 602", { tty: true }), background("sleep 603")];
  await using api = await responsesApi([{ steps: [call(...three), ok] }]);
  await using server = await testServer({ ...free, api });
  const { threadId } = await server.completeTurn("go");
  const list = (more = {}) => server.request("thread/backgroundTerminals/list", { threadId, ...more });
  const { data, nextCursor } = await list();
  assert.equal(nextCursor, null);
  assert.deepEqual(
    data.map(({ processId, command, cwd }) => [processId, command, cwd]),
    [
      ["1001", "sleep 601", server.workspace],
      ["1002", "sleep 602", server.workspace],
      ["1003", "sleep 603", server.workspace],
    ],
  );
  assert.ok(data.every(({ osPid }) => osPid !== null && osPid > 1));
  const first = await list({ limit: 2 });
  assert.deepEqual([first.data.length, first.nextCursor], [2, "1002"]);
  const second = await list({ cursor: first.nextCursor });
  assert.deepEqual([second.data.map(({ processId }) => processId), second.nextCursor], [["1003"], null]);
  const terminate = (processId: string) =>
    server.request("thread/backgroundTerminals/terminate", { threadId, processId });
  assert.deepEqual(await terminate("12"), { terminated: false });
  assert.deepEqual(await terminate("1002"), { terminated: true });
  await completed(server, ({ processId }) => processId === "1002");
  assert.deepEqual(await server.request("thread/backgroundTerminals/clean", { threadId }), {});
  await completed(server, ({ processId }) => processId === "1001");
  await completed(server, ({ processId }) => processId === "1003");
  assert.deepEqual(await list(), { data: [], nextCursor: null });
  const refusals = [
    await server.refusal("thread/backgroundTerminals/list", { threadId, cursor: "x" }),
    await server.refusal("thread/backgroundTerminals/terminate", { threadId, processId: "x" }),
  ];
  assert.deepEqual(
    refusals.map(({ message }) => message),
    ["invalid cursor: x", 'invalid background terminal process id: "x" is not a number'],
  );
});

const ends: [name: string, act: (server: TestServer, threadId: string) => Promise<unknown>][] = [
  ["a thread that is put away", (server, threadId) => server.request("thread/archive", { threadId })],
  ["a thread that is deleted", (server, threadId) => server.request("thread/delete", { threadId })],
  ["a thread that is let go of", (server, threadId) => server.request("thread/unsubscribe", { threadId })],
  ["a server whose client leaves", (server) => server.end()],
  ["a server that is asked to end", (server) => (server.expectDeath(), server.child.kill("SIGTERM"), server.exited)],
];

for (const [name, act] of ends) {
  test(`${name} ends its commands`, async () => {
    await using api = await responsesApi([{ steps: [call(background(forever)), ok] }]);
    await using server = await testServer({ ...free, api, config: "thread_unload_delay_secs = 0" });
    using line = lifeline(server.workspace);
    const { threadId } = await server.completeTurn("go");
    await act(server, threadId);
    await line.gone;
    if (name !== "a server whose client leaves") return;
    await using next = await testServer({ ...free, like: server });
    const [item] = await itemsOf(next, threadId);
    assert.deepEqual([item?.status, item?.ending], ["failed", "stopped"]);
  });
}

test("what ran when the server was killed is shown as stopped from then on, and its session is gone", async () => {
  await using api = await responsesApi([
    { prompt: "go", steps: [call(background(forever)), ok] },
    { prompt: "look", steps: [call(stdin("")), ok] },
    { prompt: "new", steps: [call(background("sleep 600")), ok] },
  ]);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  using line = lifeline(server.workspace);
  const { threadId } = await server.completeTurn("go");
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  await line.gone;
  await using next = await testServer({ ...free, like: server });
  const { thread } = await next.request("thread/resume", { threadId });
  const item = thread.turns[0]?.items.find(({ type }) => type === "commandExecution");
  assert.ok(item?.type === "commandExecution");
  assert.deepEqual([item.status, item.ending, item.exitCode, item.processId], ["failed", "stopped", null, "1001"]);
  await next.completeTurn("look", threadId);
  assert.match(toolOutputs(api.requests.at(-1)).at(-1) ?? "", /^write_stdin failed: there is no session 1001/);
  // Its number is not given to another command.
  await next.completeTurn("new", threadId);
  const { data } = await next.request("thread/backgroundTerminals/list", { threadId });
  assert.deepEqual(
    data.map(({ processId }) => processId),
    ["1002"],
  );
});
