// A client that does not read: it costs nobody else anything, and is told the truth when it reads on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertOrder } from "../../support/order.ts";
import { fifo } from "../../support/lifeline.ts";
import { responsesApi, streamPart, streamRest } from "../../support/responses-api.ts";
import { type SocketClient, type SocketServer, socketServer } from "../../support/socket-server.ts";
import { testServer } from "../../support/test-server.ts";

const MEGABYTE = 1024 * 1024;
const endless = 'while :; do head -c 200000 /dev/zero | tr "\\\\0" x; echo; sleep 0.02; done';

test("a client that stops reading slows nobody, fills no memory, and ends with the same items", async () => {
  await using api = await responsesApi([
    { prompt: "run", steps: [{ text: "running", calls: [{ name: "exec_command", arguments: { cmd: endless } }] }] },
    { steps: [{ text: "hi" }] },
  ]);
  const settings = { sandboxMode: "danger-full-access", approvalPolicy: "never" } as const;
  await using server = await socketServer({ api, listen: "unix://", ...settings });
  const { fast, slow, threadId } = await twoClients(server);
  slow.socket.pause();
  const before = server.residentBytes;
  const turnId = await fast.startTurn(threadId, "run");
  await fast.until("ten megabytes of output", () => (outputOf(fast).length > 10 * MEGABYTE ? true : undefined));
  const grown = server.residentBytes - before;
  await fast.request("turn/interrupt", { threadId, turnId });
  await fast.expect("turn/completed", ({ turn }) => turn.id === turnId);
  slow.socket.resume();
  await slow.expect("turn/completed", ({ turn }) => turn.id === turnId);
  assert.ok(grown < 150 * MEGABYTE, `the server grew by ${Math.round(grown / MEGABYTE)} MiB`);
  assert.ok(outputOf(slow).length < outputOf(fast).length - 2 * MEGABYTE, "some of the output was left out");
  assert.deepEqual(completed(slow, turnId), completed(fast, turnId));
  assertOrder(slow.heard);
  const next = await slow.startTurn(threadId, "hello");
  await slow.expect("turn/completed", ({ turn }) => turn.id === next);
});

test("a client that does not even read its refusals is disconnected, and its turn and the others go on", async () => {
  const isGone = Promise.withResolvers<void>();
  await using api = await responsesApi([{ steps: [{ text: "hi" }] }], {
    misbehave(response, request) {
      if (request === 1) return false;
      streamPart(response, "word ");
      void isGone.promise.then(() => streamRest(response, "word by word"));
      return true;
    },
  });
  await using server = await socketServer({ api, listen: "unix://" });
  const { fast, slow, threadId } = await twoClients(server);
  await slow.startTurn(threadId, "run");
  slow.socket.pause();
  flood(slow);
  await server.until("the server to give up on it", () =>
    server.stderr.includes("does not read: more than") ? true : undefined,
  );
  assert.ok(await fast.request("thread/list", {}));
  isGone.resolve();
  await fast.expect("turn/completed", ({ turn }) => turn.items[0]?.text === "word by word");
});

test("a client on stdio that stopped reading can still interrupt, and then reads how it ended", async () => {
  const piece = 'head -c 100000 /dev/zero | tr "\\0" x; echo; sleep 0.04';
  const cmd = `for i in $(seq 70); do ${piece}; done; echo full > told; sleep 600`;
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd } }] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, sandboxMode: "danger-full-access", approvalPolicy: "never" });
  const told = fifo(server.workspace, "told");
  const { threadId, turnId } = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  server.child.stdout?.pause();
  await told;
  const interrupted = server.request("turn/interrupt", { threadId, turnId });
  server.child.stdout?.resume();
  assert.deepEqual(await interrupted, {});
  const { turn } = await server.expectNotification("turn/completed");
  assert.equal(turn.status, "interrupted");
});

/** Two clients of one thread that has had a turn. */
async function twoClients(server: SocketServer) {
  const [fast, slow] = [await server.connect(), await server.connect()];
  const threadId = await fast.startThread({ cwd: server.workspace });
  const turnId = await fast.startTurn(threadId, "hello");
  await fast.expect("turn/completed", ({ turn }) => turn.id === turnId);
  await slow.request("thread/resume", { threadId });
  return { fast, slow, threadId };
}

function outputOf(client: SocketClient): string {
  const deltas = client.heard.filter(({ method }) => method === "item/commandExecution/outputDelta");
  return deltas.map(({ params }) => (params as { delta: string }).delta).join("");
}

/** How the items of a turn ended, and the turn itself. */
function completed(client: SocketClient, turnId: string): unknown[] {
  const messages = client.heard.filter(({ method }) => method === "item/completed" || method === "turn/completed");
  const params = messages.map((message) => message["params"] as { turnId?: string; turn?: { id: string } });
  return params.filter((one) => (one.turnId ?? one.turn?.id) === turnId);
}

/** Asks and asks, as fast as it is listened to, until the connection is over. */
function flood({ socket }: SocketClient): void {
  const more = (error?: Error) => {
    if (error) return;
    for (let number = 0; number < 1_000; number++) {
      socket.send(`{"id":${number},"method":"model/list"}`, number === 999 ? more : () => {});
    }
  };
  more();
}
