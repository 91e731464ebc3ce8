// Threads that cannot be saved: they go on, say so while it lasts, and are whole in their files when it is over.
import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fifo, gate } from "../../support/lifeline.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { limitFiles, noPrlimit, noSmallDisks, smallDisk } from "../../support/small-disk.ts";
import { makeDirectories, type TestServer, testServer } from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];
const isRoot = process.getuid?.() === 0;

test("when the disk is full the turn ends well, a banner says so, and the file is whole when there is space again", {
  skip: noSmallDisks,
}, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  using disk = smallDisk(join(server.home, "threads"));
  const { threadId } = await server.completeTurn("one");
  disk.fill();
  const { turn } = await server.completeTurn("two ".repeat(3_000), threadId);
  assert.equal(turn.status, "completed");
  const { trouble } = await server.expectNotification("belay/thread/saving/updated");
  assert.match(
    `${trouble?.kind}: ${trouble?.cause} ${trouble?.cure}`,
    /^waiting: The disk of .* is full\. Free some space/,
  );
  assert.equal((await server.completeTurn("three", threadId)).turn.status, "completed");
  // A line may end in the middle, where the space ended: that is where it goes on.
  assertWholeLines(await pathOf(server, threadId), { torn: 1 });
  disk.free();
  const healed = await server.expectNotification("belay/thread/saving/updated");
  assert.deepEqual(healed, { threadId, trouble: null });
  assertWholeLines(await pathOf(server, threadId), { torn: 0 });
  assert.equal(warnings(server).length, 1);
  await assertTurns(server, threadId, 3);
  await server.end();
});

test("on a disk that is full from the start a thread is loaded, goes on, and is saved later", {
  skip: noSmallDisks,
}, async () => {
  await using api = await responsesApi(ok);
  const { home, workspace, base } = makeDirectories({ api });
  const config = readFileSync(join(home, "config.toml"), "utf8");
  {
    using disk = smallDisk(home, { "config.toml": config });
    const like = { home, workspace };
    await using first = await testServer({ like });
    const { threadId } = await first.completeTurn("one");
    await first.end();
    disk.fill();
    await using server = await testServer({ like });
    const { thread } = await server.request("thread/resume", { threadId });
    assert.equal(thread.turns.length, 1);
    assert.equal((await server.completeTurn("two", threadId)).turn.status, "completed");
    assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble?.kind, "waiting");
    disk.free();
    assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble, null);
    await assertTurns(server, threadId, 2);
    await server.end();
  }
  rmSync(base ?? "", { recursive: true });
});

test("a file that may not grow is healed by itself, and a server that is killed before leaves one torn line at most", {
  skip: noPrlimit,
}, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  const path = await pathOf(server, threadId);
  const pid = server.child.pid ?? 0;
  limitFiles(pid, statSync(path).size + 100);
  await server.completeTurn("two", threadId);
  const { trouble } = await server.expectNotification("belay/thread/saving/updated");
  assert.match(trouble?.cause ?? "", /\.jsonl may not grow any more\.$/);
  limitFiles(pid, null);
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble, null);
  assertWholeLines(path, { torn: 0 });
  limitFiles(pid, statSync(path).size + 100);
  await server.completeTurn("three", threadId);
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  assertWholeLines(path, { torn: 1 });
  await using next = await testServer({ like: server });
  const { thread } = await next.request("thread/resume", { threadId });
  assert.deepEqual(
    thread.turns.slice(0, 2).map(({ status }) => status),
    ["completed", "completed"],
  );
  assert.match((await next.expectNotification("warning")).message, /^One line of this thread's file cannot be read/);
  assert.equal((await next.completeTurn("four", threadId)).turn.status, "completed");
  assertWholeLines(path, { torn: 1 });
});

test("a thread that is not saved is not put away, since what waits would be lost", { skip: noPrlimit }, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const threadId = await refusedUntilSaved(server, "thread/archive");
  await server.request("thread/archive", { threadId });
  const { thread } = await server.request("thread/unarchive", { threadId });
  await assertTurns(server, thread.id, 2);
});

test("a thread that is not saved is not forked without what waits", { skip: noPrlimit }, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const threadId = await refusedUntilSaved(server, "thread/fork");
  assert.equal((await server.request("thread/fork", { threadId })).thread.turns.length, 2);
});

/** A thread of two turns, the second of which could not be written at first. */
async function refusedUntilSaved(server: TestServer, method: "thread/archive" | "thread/fork"): Promise<string> {
  const { threadId } = await server.completeTurn("one");
  const pid = server.child.pid ?? 0;
  limitFiles(pid, 100);
  await server.completeTurn("two", threadId);
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble?.kind, "waiting");
  assert.match((await server.refusal(method, { threadId })).message, /not being saved: .* may not grow/);
  limitFiles(pid, null);
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble, null);
  return threadId;
}

test("a thread whose last lines cannot be written any more is not put away with them missing", {
  skip: noPrlimit,
}, async () => {
  const command = { name: "exec_command", arguments: { cmd: "echo up; read x < gate" } };
  await using api = await responsesApi([{ prompt: "run", steps: [{ calls: [command] }] }, ...ok]);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  gate(server.workspace);
  const { threadId } = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  // All is well so far: what cannot be written is the end of what archiving stops.
  limitFiles(server.child.pid ?? 0, 100);
  assert.match((await server.refusal("thread/archive", { threadId })).message, /not being saved: .* may not grow/);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  assert.deepEqual((await server.request("thread/loaded/list", {})).data, [threadId]);
  limitFiles(server.child.pid ?? 0, null);
  await server.expectNotification("belay/thread/saving/updated", ({ trouble }) => trouble === null);
  await server.completeTurn("it goes on", threadId);
  await server.request("thread/archive", { threadId });
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns.map(({ items, status }) => [status, ...items.map(({ type }) => type)]),
    [
      ["interrupted", "userMessage", "commandExecution"],
      ["completed", "userMessage", "agentMessage"],
    ],
  );
});

test("a name that cannot be written to a thread's file is refused, and not said to be given", {
  skip: noPrlimit,
}, async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("one");
  await first.end();
  await using server = await testServer({ api, like: first });
  limitFiles(server.child.pid ?? 0, 100);
  assert.match(
    (await server.refusal("thread/name/set", { threadId, name: "Mine" })).message,
    /not being saved: .* may not grow/,
  );
  limitFiles(server.child.pid ?? 0, null);
  await server.request("thread/name/set", { threadId, name: "Mine" });
  assert.equal((await server.request("thread/read", { threadId })).thread.name, "Mine");
});

test("a turn is said to be over when its lines are on the disk itself", async () => {
  await using api = await responsesApi(ok);
  const program = new URL("../../fixtures/programs/held-sync.mjs", import.meta.url).href;
  await using server = await testServer({ api, env: { NODE_OPTIONS: `--import=${program}` } });
  const held = gate(server.workspace);
  const syncing = fifo(server.workspace, "syncing");
  const { threadId } = await server.startTurn("one");
  await syncing;
  // What was said before this answer has been heard with it.
  const { thread } = await server.request("thread/read", { threadId });
  assert.match(readFileSync(thread.path ?? "", "utf8"), /"turn\/completed"/);
  assert.equal(thread.status.type, "active");
  assert.equal(
    server.heard.some(({ method }) => method === "turn/completed"),
    false,
  );
  await held.open();
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
});

test("a summary that cannot be written takes nothing's place: the model goes on with the conversation itself", {
  skip: noPrlimit,
}, async () => {
  const asksForSummary = "outgrow what you can be shown";
  const opened = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const scenes = [{ prompt: asksForSummary, steps: [{ text: "Short." }] }, { steps: [{ text: "said ".repeat(4000) }] }];
  await using api = await responsesApi(scenes, {
    misbehave: async (_response, request) => {
      if (request !== 2) return false;
      asked.resolve();
      await opened.promise;
      return false;
    },
  });
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const { threadId } = await server.completeTurn("one");
  await server.request("thread/compact/start", { threadId });
  await asked.promise;
  const items = [{ type: "message", role: "user", content: [{ type: "input_text", text: "x".repeat(17 * 2 ** 20) }] }];
  limitFiles(server.child.pid ?? 0, 100);
  await server.request("thread/inject_items", { threadId, items });
  await server.expectNotification("belay/thread/saving/updated", ({ trouble }) => trouble?.kind === "full");
  opened.resolve();
  await server.expectNotification("turn/completed");
  const item = server.completedItems().findLast(({ type }) => type === "contextCompaction");
  assert.match((item?.type === "contextCompaction" && item.failure) || "", /^This thread is not being saved/);
  assert.match((await server.refusal("thread/compact/start", { threadId })).message, /^This thread is not being saved/);
  limitFiles(server.child.pid ?? 0, null);
  await server.expectNotification("belay/thread/saving/updated", ({ trouble }) => trouble === null);
  assert.doesNotMatch(readFileSync(await pathOf(server, threadId), "utf8"), /"type":"compacted"/);
});

test("a file that may not grow does not end a server that has run a command", { skip: noPrlimit }, async () => {
  const command = { name: "exec_command", arguments: { cmd: "true" } };
  await using api = await responsesApi([{ prompt: "run", steps: [{ calls: [command] }, { text: "ok" }] }, ...ok]);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  const { threadId } = await server.completeTurn("run");
  const pid = server.child.pid ?? 0;
  limitFiles(pid, 100);
  await server.completeTurn("two", threadId);
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble?.kind, "waiting");
  limitFiles(pid, null);
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble, null);
  await assertTurns(server, threadId, 2);
});

test("a thread that has more unsaved than memory should hold takes no more until it is saved", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  writeFileSync(join(server.home, "threads"), "in the way");
  const { threadId } = await server.completeTurn("one");
  const items = [{ type: "message", role: "user", content: [{ type: "input_text", text: "x".repeat(17 * 2 ** 20) }] }];
  await server.request("thread/inject_items", { threadId, items });
  const isFull = await server.expectNotification(
    "belay/thread/saving/updated",
    ({ trouble }) => trouble?.kind === "full",
  );
  assert.equal(isFull.threadId, threadId);
  const { message } = await server.refusal("turn/start", { threadId, input: [{ type: "text", text: "two" }] });
  assert.match(
    message,
    /^This thread is not being saved: Something is in the way of .*no turn runs before it is written\.$/,
  );
  rmSync(join(server.home, "threads"));
  await server.expectNotification("belay/thread/saving/updated", ({ trouble }) => trouble === null);
  await assertTurns(server, threadId, 1);
});

test("a client that joins a thread which is not being saved hears so", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  writeFileSync(join(server.home, "threads"), "in the way");
  const { threadId } = await server.completeTurn("one");
  await server.expectNotification("belay/thread/saving/updated");
  await server.request("thread/unsubscribe", { threadId });
  await server.request("thread/resume", { threadId });
  assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble?.kind, "waiting");
});

test("a thread that nobody listens to any more is let go of only when it is saved", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, config: "thread_unload_delay_secs = 0" });
  writeFileSync(join(server.home, "threads"), "in the way");
  const { threadId } = await server.completeTurn("one");
  await server.expectNotification("belay/thread/saving/updated");
  await server.request("thread/unsubscribe", { threadId });
  const { data } = await server.request("thread/loaded/list", {});
  assert.deepEqual(data, [threadId]);
  rmSync(join(server.home, "threads"));
  assert.deepEqual(await server.expectNotification("thread/closed"), { threadId });
  await assertTurns(server, threadId, 1);
});

test("on a full disk, too, a thread that another process has loaded is refused", { skip: noSmallDisks }, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  using disk = smallDisk(join(server.home, "locks"));
  const { threadId } = await server.completeTurn("one");
  disk.fill();
  await using other = await testServer({ like: server });
  assert.match((await other.refusal("thread/resume", { threadId })).message, /already has an active writer$/);
  await server.end();
  await other.end();
});

test("a thread whose file is deleted while it is open is written anew, whole", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  rmSync(join(server.home, "threads"), { recursive: true });
  await server.completeTurn("two", threadId);
  assert.match(
    (await server.expectNotification("warning")).message,
    /was deleted while the thread was open\. It was written anew/,
  );
  await assertTurns(server, threadId, 2);
  const path = await pathOf(server, threadId);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assertWholeLines(path, { torn: 0 });
});

test("a file that another one has replaced is left alone, and the thread says that it is not saved any more", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  const path = await pathOf(server, threadId);
  const before = readFileSync(path, "utf8");
  rmSync(path);
  writeFileSync(path, before);
  assert.equal((await server.completeTurn("two", threadId)).turn.status, "completed");
  const { trouble } = await server.expectNotification("belay/thread/saving/updated");
  assert.deepEqual(
    [trouble?.kind, trouble?.cause],
    ["lost", `${path} was replaced by another file while the thread was open.`],
  );
  assert.equal(readFileSync(path, "utf8"), before);
});

test("with a home that is read-only the server starts, and threads live in memory", {
  skip: isRoot ? noSmallDisks : false,
}, async () => {
  await using api = await responsesApi(ok);
  const { home, workspace, base } = makeDirectories({ api });
  const config = readFileSync(join(home, "config.toml"), "utf8");
  {
    using disk = isRoot ? smallDisk(home, { "config.toml": config }) : null;
    const setReadOnly = (is: boolean) => (disk ? disk.setReadOnly(is) : chmodSync(home, is ? 0o500 : 0o700));
    setReadOnly(true);
    await using server = await testServer({ like: { home, workspace } });
    const { threadId, turn } = await server.completeTurn("one");
    assert.equal(turn.status, "completed");
    const { trouble } = await server.expectNotification("belay/thread/saving/updated");
    assert.match(trouble?.cause ?? "", /is on a disk that is read-only|may not be written to/);
    assert.match(trouble?.cure ?? "", /BELAY_HOME/);
    assert.equal((await server.completeTurn("two", threadId)).turn.status, "completed");
    setReadOnly(false);
    assert.equal((await server.expectNotification("belay/thread/saving/updated")).trouble, null);
    await assertTurns(server, threadId, 2);
    await server.end();
  }
  rmSync(base ?? "", { recursive: true });
});

async function pathOf(server: TestServer, threadId: string): Promise<string> {
  return (await server.request("thread/read", { threadId })).thread.path ?? "";
}

/** As another process reads them from the disk. */
async function assertTurns(server: TestServer, threadId: string, count: number): Promise<void> {
  await using other = await testServer({ like: server });
  const { thread } = await other.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns.map(({ status }) => status),
    Array.from({ length: count }, () => "completed"),
  );
}

/** So many lines are none; each other one is JSON with the next ordinal. */
function assertWholeLines(path: string, { torn }: { torn: number }): void {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const ordinals = lines.flatMap((line) => {
    try {
      return [(JSON.parse(line) as { ordinal: number }).ordinal];
    } catch {
      return [];
    }
  });
  assert.ok(lines.length - ordinals.length <= torn, `${lines.length - ordinals.length} lines of ${path} are torn`);
  assert.deepEqual(
    ordinals,
    ordinals.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(ordinals).size, ordinals.length);
}

function warnings(server: TestServer): unknown[] {
  return server.heard.filter(({ method }) => method === "warning");
}
