// Commands that write more than anybody can read: what the wire, the memory, the item and the model get of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const MIB = 1024 * 1024;
const line1MB = "head -c 1000000 /dev/zero | tr '\\0' b; echo";
const linux = { skip: process.platform === "linux" ? false : "the memory of a process is read from /proc" };

async function run(cmd: string) {
  const call = (line: string) => [{ name: "exec_command", arguments: { cmd: line, yield_time_ms: 30_000 } }];
  const api = await responsesApi([
    { prompt: "warm up", steps: [{ calls: call(line1MB) }, { text: "ok" }] },
    { steps: [{ calls: call(cmd) }, { text: "ok" }] },
  ]);
  const server = await testServer({ api });
  return {
    api,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

function flooded(server: TestServer) {
  const item = server.completedItems().findLast((each) => each.type === "commandExecution");
  const deltas = server.heard.flatMap(({ method, params }) =>
    method === "item/commandExecution/outputDelta" ? [(params as { delta: string }).delta] : [],
  );
  // What waits for a client that is busy is put together, up to four megabytes.
  assert.ok(deltas.every(({ length }) => length < 4.4 * MIB));
  return { item: item ?? assert.fail(), deltas };
}

/** The most that the server ever held, in bytes. */
function peakMemory({ child }: TestServer): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

test("100 MB on one line: head and tail are kept with a true count, and memory stays", linux, async () => {
  await using ran = await run("printf first; head -c 100000000 /dev/zero | tr '\\0' a; printf last");
  const { server, api } = ran;
  // All that any command takes is there before.
  const { threadId } = await server.completeTurn("warm up");
  const before = peakMemory(server);
  const { turn } = await server.completeTurn("go", threadId);
  assert.equal(turn.status, "completed");
  const { item, deltas } = flooded(server);
  assert.ok(deltas.join("").length < 100_000_000);
  const kept = item.aggregatedOutput ?? "";
  const [, omitted] =
    /^firsta+\n\[\.\.\. (\d+) bytes omitted \.\.\.\]\na+last$/.exec(kept) ?? assert.fail(kept.slice(0, 99));
  assert.ok(kept.length <= MIB + 64);
  assert.equal(kept.length - `\n[... ${omitted} bytes omitted ...]\n`.length + Number(omitted), 100_000_009);
  const told = toolOutputs(api.requests.at(-1)).at(-1) ?? "";
  assert.match(
    told,
    /\nProcess exited with code 0\nOriginal token count: 250000\d\d\nOutput:\nfirsta+\n\[\.\.\. \d+ bytes omitted/,
  );
  assert.ok(told.length < 40_200);
  assert.ok(peakMemory(server) - before < 100 * MIB, `grew by ${(peakMemory(server) - before) / MIB} MiB`);
});

test("a line of 1 MB is kept and streamed as it is", async () => {
  await using ran = await run(line1MB);
  await ran.server.completeTurn("go");
  const { item, deltas } = flooded(ran.server);
  assert.equal(item.aggregatedOutput, `${"b".repeat(1_000_000)}\n`);
  assert.equal(deltas.join(""), item.aggregatedOutput);
});

test("of a million states of a progress line the model hears the last one", async () => {
  await using ran = await run("seq -f '%.0f of 1000000' -s $'\\r' 1 1000000; echo done");
  await ran.server.completeTurn("go");
  const told = toolOutputs(ran.api.requests[1])[0] ?? "";
  assert.match(told, /Output:\n[^\n]*\n\[\.\.\. \d+ bytes omitted \.\.\.\]\n1000000 of 1000000\ndone\n$/);
  assert.ok(told.length < 300);
});

test("what no terminal should see reaches the model as text, and the item as it was", async () => {
  await using ran = await run("printf '\\033[2J\\033]0;title\\007\\033[31mred\\033[0m\\000\\377 end\\n'");
  await ran.server.completeTurn("go");
  const told = toolOutputs(ran.api.requests[1])[0] ?? "";
  assert.match(told, /Output:\nred\ufffd end\n$/);
  assert.match(flooded(ran.server).item.aggregatedOutput ?? "", /^\u001b\[2J/);
});

test("in the middle of a flood the command is stopped, and the turn goes on to its end", async () => {
  await using ran = await run("yes");
  const { server } = ran;
  const { threadId, turnId } = await server.startTurn("go");
  for (let piece = 0; piece < 5; piece++) await server.expectNotification("item/commandExecution/outputDelta");
  const { item } = await server.expectNotification("item/started", (params) => params.item.type === "commandExecution");
  assert.deepEqual(await server.request("belay/command/stop", { threadId, itemId: item.id }), { stopped: true });
  const { turn } = await server.expectNotification("turn/completed", (params) => params.turn.id === turnId);
  assert.equal(turn.status, "completed");
  const ended = flooded(server).item;
  assert.deepEqual([ended.status, ended.ending], ["failed", "stopped"]);
  assert.ok((ended.aggregatedOutput ?? "").length <= MIB + 64);
  assert.match(toolOutputs(ran.api.requests[1])[0] ?? "", /\naborted by user\n/);
});
