// A patch that is shown while the model writes it: one item, from its first line to whatever becomes of it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import { CallPreviews } from "../../../server/tools/call-previews.ts";
import {
  completedEvent,
  responsesApi,
  type StreamedCall,
  streamCalls,
  streamEnd,
  toolOutputs,
} from "../../support/responses-api.ts";
import { type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";

const files = { "a.txt": "one\ntwo\n" };
const begin = "*** Begin Patch\n";
const end = "*** End Patch";
const good = `${begin}*** Update File: a.txt\n@@\n one\n-two\n+three\n${end}`;

test("a patch is one item, from its first line to the files it changed", async () => {
  await using play = await playing([written("1", good)]);
  const { server, items } = await play.toEnd();
  const [item, ...more] = items();
  assert.deepEqual(more, []);
  assert.equal(item?.startedAs.isWriting, true);
  const path = join(server.workspace, "a.txt");
  const last = item?.updates.at(-1);
  // What would be written, with its place in the file, before it is.
  assert.deepEqual(last?.changes, [
    { path, kind: { type: "update", move_path: null }, diff: "@@ -1,2 +1,2 @@\n one\n-two\n+three\n" },
  ]);
  assert.equal(last?.isWriting, undefined);
  const preview = item?.updates.at(-2) ?? item?.startedAs;
  assert.deepEqual(preview?.changes[0], {
    ...{ path, kind: { type: "update", move_path: null } },
    ...{ diff: "@@\n one\n-two\n+three\n", written: { added: 1, removed: 1 } },
  });
  assert.equal(item?.completedAs?.status, "completed");
  assert.deepEqual(item?.completedAs?.changes, last?.changes);
  assert.equal("isWriting" in (item?.completedAs ?? {}), false);
  assert.equal(readFileSync(path, "utf8"), "one\nthree\n");
});

test("what is approved is what would be written, and a declined patch is declined under the item that was shown", async () => {
  await using play = await playing([written("1", good)], { approvalPolicy: "untrusted" });
  const asked = play.server.expectRequest("item/fileChange/requestApproval");
  await play.start();
  const { id, params } = await asked;
  const [item] = play.items();
  assert.equal(params.itemId, item?.startedAs.id);
  assert.deepEqual(params.changes, item?.updates.at(-1)?.changes);
  assert.match(params.changes[0]?.diff ?? "", /^@@ -1,2/);
  play.server.send({ id, result: { decision: "decline" } });
  await play.server.expectNotification("turn/completed");
  assert.equal(play.items()[0]?.completedAs?.status, "declined");
  assert.equal(readFileSync(join(play.server.workspace, "a.txt"), "utf8"), "one\ntwo\n");
});

test("two patches in one answer are two items, each with its own end", async () => {
  const other = `${begin}*** Add File: b.txt\n+b\n${end}`;
  const unfit = `${begin}*** Update File: a.txt\n@@\n-nowhere\n+x\n${end}`;
  await using play = await playing([written("1", other), written("2", unfit)]);
  const { server, items, api } = await play.toEnd();
  const [one, two, ...more] = items();
  assert.deepEqual(more, []);
  assert.deepEqual([one?.completedAs?.status, two?.completedAs?.status], ["completed", "failed"]);
  const [, told = ""] = toolOutputs(api.requests[1]);
  assert.match(told, /^apply_patch verification failed: /);
  assert.equal(two?.completedAs?.failure, told);
  assert.equal(two?.completedAs?.changes[0]?.diff, "@@\n-nowhere\n+x\n");
  assert.equal(existsSync(join(server.workspace, "b.txt")), true);
});

test("what turns out to be no patch fails as the item that was shown, and says why", async () => {
  await using play = await playing([written("1", `${begin}*** Add File: c.txt\n+c\nand so on\n${end}`)]);
  const { server, items } = await play.toEnd();
  const [item] = items();
  assert.equal(item?.completedAs?.status, "failed");
  assert.match(item?.completedAs?.failure ?? "", /invalid patch at line 4/);
  assert.equal(existsSync(join(server.workspace, "c.txt")), false);
});

test("garbage is no file change", async () => {
  await using play = await playing([written("1", "just do it\n*** Add File: x\n+x\n")]);
  const { items, server } = await play.toEnd();
  assert.deepEqual(items(), []);
  assert.ok(server.heard.some((message) => JSON.stringify(message).includes("invalid patch at line 1")));
});

test("a patch that no policy lets through fails as the item that was shown, and nothing asks", async () => {
  await using play = await playing([written("1", `${begin}*** Add File: .git/hooks/x\n+x\n${end}`)], {
    approvalPolicy: "never",
  });
  const { server, items } = await play.toEnd();
  const [item, ...more] = items();
  assert.deepEqual(more, []);
  assert.equal(item?.completedAs?.status, "failed");
  assert.notEqual(item?.completedAs?.failure ?? "", "");
  assert.equal(existsSync(join(server.workspace, ".git/hooks/x")), false);
});

const half = { callId: "1", name: "apply_patch", pieces: [`${begin}*** Add File: d.txt\n+d\n`, "+e"], isWhole: false };

test("a turn that is interrupted while a patch is written completes the item, and writes nothing", async () => {
  await using play = await playing([half], { ends: false });
  const { turnId, threadId } = await play.start();
  await play.server.expectNotification("item/started", ({ item }) => item.type === "fileChange");
  await play.server.request("turn/interrupt", { threadId, turnId });
  const { turn } = await play.server.expectNotification("turn/completed");
  assert.equal(turn.status, "interrupted");
  assertCutShort(play);
});

test("a stream that breaks off in the middle of a patch completes the item, and writes nothing", async () => {
  await using play = await playing([half], { ends: "cut" });
  await play.start();
  const { turn } = await play.server.expectNotification("turn/completed");
  assert.equal(turn.status, "failed");
  assertCutShort(play);
});

test("an answer that ends without the call it began completes the item", async () => {
  await using play = await playing([half]);
  const { server } = await play.toEnd();
  assertCutShort({ server, items: play.items });
});

test("who joins in the middle sees what is written so far", async () => {
  await using play = await playing([half], { ends: false });
  const { threadId, turnId } = await play.start();
  await play.server.expectNotification("item/started", ({ item }) => item.type === "fileChange");
  const { thread } = await play.server.request("thread/read", { threadId, includeTurns: true });
  const item = thread.turns.flatMap((turn) => turn.items).find(({ type }) => type === "fileChange");
  assert.ok(item?.type === "fileChange");
  assert.deepEqual([item.status, item.isWriting, item.changes.length], ["inProgress", true, 1]);
  await play.server.request("turn/interrupt", { threadId, turnId });
  await play.server.expectNotification("turn/completed");
});

test("a patch of 1 MB in 20,000 pieces is told at a pace, in messages of bounded size", () => {
  const told: ServerNotification[] = [];
  let now = 0;
  const previews = new CallPreviews({
    ...{ threadId: "t", turnId: "u", cwd: "/w", newId: () => "i" },
    emit: (notification) => void told.push(notification),
    now: () => now,
  });
  const push = (delta: string) => previews.push({ callId: "1", name: "apply_patch", delta });
  push(`${begin}*** Add File: big.txt\n`);
  for (let at = 0; at < 20_000; at++) {
    now += 1;
    push(`+${"x".repeat(50)}\n`);
  }
  const sizes = told.map((notification) => JSON.stringify(notification).length);
  assert.ok(told.length > 2 && told.length <= 1 + 20_000 / 100, `${told.length} messages`);
  assert.ok(Math.max(...sizes) < 40_000);
  const item = previews.take({ callId: "1", name: "apply_patch" });
  assert.deepEqual(item?.changes[0]?.written, { added: 20_000, removed: 0 });
  assert.equal(previews.take({ callId: "1", name: "apply_patch" }), null);
  previews.settle([]);
  assert.equal(told.filter(({ method }) => method === "item/completed").length, 0);
});

test("what is cut short keeps all whole lines that had come, also those that no update had told yet", () => {
  const told: ServerNotification[] = [];
  const previews = new CallPreviews({
    ...{ threadId: "t", turnId: "u", cwd: "/w", newId: () => "i", now: () => 1 },
    emit: (notification) => void told.push(notification),
  });
  for (const delta of [`${begin}*** Add File: a\n+one\n`, "+two\n", "+thr"]) {
    previews.push({ callId: "1", name: "apply_patch", delta });
  }
  previews.settle([]);
  assert.deepEqual(
    told.map(({ method }) => method),
    ["item/started", "item/completed"],
  );
  const ended = told.at(-1);
  assert.ok(ended?.method === "item/completed" && ended.params.item.type === "fileChange");
  assert.equal(ended.params.item.changes[0]?.diff, "one\ntwo\n");
});

function written(callId: string, patch: string): StreamedCall {
  return { callId, name: "apply_patch", pieces: patch.match(/[^\n]{1,7}\n?|\n/g) ?? [] };
}

interface Play extends AsyncDisposable {
  server: TestServer;
  start(): Promise<{ threadId: string; turnId: string }>;
  toEnd(): Promise<Pick<Play, "server" | "items"> & { api: Awaited<ReturnType<typeof responsesApi>> }>;
  items(): ReturnType<typeof changesOf>;
}

/** A server whose model writes these calls first. `ends`: how that answer does; false: not at all. */
async function playing(
  calls: readonly StreamedCall[],
  { ends = true, ...options }: ServerOptions & { ends?: boolean | "cut" } = {},
): Promise<Play> {
  const api = await responsesApi([{ steps: [{ text: "Done." }, { text: "Done." }] }], {
    misbehave(response, requestNumber) {
      if (requestNumber > 1) return false;
      streamCalls(response, calls);
      if (ends === "cut") response.end();
      else if (ends) streamEnd(response, completedEvent);
      return true;
    },
  });
  const server = await testServer({ api, files, ...options });
  const items = () => changesOf(server);
  const start = async () => {
    const { thread } = await server.request("thread/start", { cwd: server.workspace });
    const input = [{ type: "text" as const, text: "go" }];
    const { turn } = await server.request("turn/start", { threadId: thread.id, input });
    return { threadId: thread.id, turnId: turn.id };
  };
  return {
    ...{ server, items, start },
    async toEnd() {
      await start();
      await server.expectNotification("turn/completed");
      return { server, api, items };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** All file changes that were told of, in order of their start. */
function changesOf({ heard }: TestServer) {
  const said = heard as unknown as ServerNotification[];
  return said.flatMap((started) => {
    if (started.method !== "item/started" || started.params.item.type !== "fileChange") return [];
    const { item } = started.params;
    const updates = said.flatMap((one) =>
      one.method === "item/fileChange/patchUpdated" && one.params.itemId === item.id ? [one.params] : [],
    );
    const ended = said.flatMap((one) =>
      one.method === "item/completed" && one.params.item.id === item.id && one.params.item.type === "fileChange"
        ? [one.params.item]
        : [],
    );
    assert.ok(ended.length <= 1, "an item completes once");
    return [{ startedAs: item, updates, completedAs: ended[0] }];
  });
}

function assertCutShort({ server, items }: Pick<Play, "server" | "items">): void {
  const [item, ...more] = items();
  assert.deepEqual(more, []);
  assert.equal(item?.completedAs?.status, "failed");
  assert.match(item?.completedAs?.failure ?? "", /cut short/);
  assert.equal(item?.completedAs?.changes[0]?.diff, "d\n");
  assert.equal(existsSync(join(server.workspace, "d.txt")), false);
}
