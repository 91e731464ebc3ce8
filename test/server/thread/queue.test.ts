// Messages that wait for their turn: over the wire, and by the file they are kept in.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { UserInput } from "../../../server/protocol/user-input.ts";
import { gate } from "../../support/lifeline.ts";
import { type RequestBody, responsesApi, streamPart } from "../../support/responses-api.ts";
import { noSmallDisks, smallDisk } from "../../support/small-disk.ts";
import {
  noProfile,
  type ServerOptions,
  type TestServer,
  testServer as plainServer,
} from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];
const gated = [
  { prompt: "run", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "read x < gate" } }] }] },
  ...ok,
];
/** The queue is behind the protocol's gate. */
const testServer = (options: ServerOptions) => plainServer({ ...options, initialize: { experimentalApi: true } });
const words = (text: string) => [{ type: "text" as const, text }];
const said = (input: readonly UserInput[]) =>
  input.map((part) => (part.type === "text" ? part.text : part.type)).join();

/** Its id. */
async function add(server: TestServer, threadId: string, text: string): Promise<string> {
  const params = { threadId, input: words(text), clientUserMessageId: `c-${text}` };
  return (await server.request("thread/queue/add", params)).queuedSubmission.id;
}

async function queued(server: TestServer, threadId: string): Promise<string[]> {
  const { data } = await server.request("thread/queue/list", { threadId, limit: 100 });
  return data.map(({ input }) => said(input));
}

/** The prompts of the thread, one list a turn. */
async function prompts(server: TestServer, threadId: string): Promise<string[][]> {
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.map(({ items }) =>
    items.flatMap((item) => (item.type === "userMessage" ? said(item.content) : [])),
  );
}

/** A turn that runs until its gate opens. */
async function busy(server: TestServer) {
  const held = gate(server.workspace);
  const ids = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  return { ...ids, held };
}

const completions = async (server: TestServer, count: number) => {
  const statuses: string[] = [];
  for (let n = 0; n < count; n++) statuses.push((await server.expectNotification("turn/completed")).turn.status);
  return statuses;
};

test("queued messages get their turns one after the other, in their order", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, held } = await busy(server);
  await add(server, threadId, "one");
  await server.expectNotification("thread/queue/changed");
  await add(server, threadId, "two");
  assert.deepEqual(await queued(server, threadId), ["one", "two"]);
  await held.open();
  assert.deepEqual(await completions(server, 3), ["completed", "completed", "completed"]);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["one"], ["two"]]);
  assert.deepEqual(await queued(server, threadId), []);
  const ids = server.completedItems().flatMap((item) => (item.type === "userMessage" ? [item.clientId] : []));
  assert.deepEqual(ids, [null, "c-one", "c-two"]);
});

test("a message that is queued while nothing runs begins at once, behind its answer", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const id = await add(server, threadId, "one");
  await server.expectNotification("turn/completed");
  assert.deepEqual(await prompts(server, threadId), [["one"]]);
  assert.deepEqual(server.completedItems()[0]?.id, id);
  const started = server.heard.findIndex(({ method }) => method === "turn/started");
  const answered = server.heard.findIndex(({ result }) => JSON.stringify(result ?? "").includes("queuedSubmission"));
  assert.ok(answered < started);
});

test("after a turn that was stopped the queue waits, until the person sends something", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, turnId } = await busy(server);
  await add(server, threadId, "one");
  await server.request("turn/interrupt", { threadId, turnId });
  assert.deepEqual(await completions(server, 1), ["interrupted"]);
  await add(server, threadId, "two");
  assert.deepEqual(await queued(server, threadId), ["one", "two"]);
  await server.completeTurn("go on", threadId);
  await completions(server, 2);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["go on"], ["one"], ["two"]]);
});

test("after a turn that failed the queue goes on", async () => {
  await using api = await responsesApi([{ prompt: "bad", steps: [{ fail: "unwell" }] }, ...ok]);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const both = ["bad", "good"].map((text) => add(server, threadId, text));
  await Promise.all(both);
  assert.deepEqual(await completions(server, 2), ["failed", "completed"]);
});

test("a queued message can be rewritten, moved and taken back, and keeps its id", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, held } = await busy(server);
  const [one, two, three] = [
    await add(server, threadId, "one"),
    await add(server, threadId, "two"),
    await add(server, threadId, "three"),
  ];
  const { queuedSubmission } = await server.request("thread/queue/update", {
    threadId,
    queuedSubmissionId: one,
    input: words("first"),
  });
  assert.deepEqual([queuedSubmission.id, queuedSubmission.clientUserMessageId], [one, "c-one"]);
  await server.request("thread/queue/reorder", { threadId, queuedSubmissionIds: [three, one, two] });
  const taken = { threadId, queuedSubmissionId: two };
  assert.deepEqual(await server.request("thread/queue/delete", taken), { deleted: true });
  assert.deepEqual(await server.request("thread/queue/delete", taken), { deleted: false });
  await held.open();
  await completions(server, 3);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["three"], ["first"]]);
});

test("any of the waiting messages can be begun by hand, and the rest goes on behind it", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, turnId } = await busy(server);
  await add(server, threadId, "one");
  const two = await add(server, threadId, "two");
  const refused = await server.refusal("thread/queue/start", { threadId });
  assert.deepEqual(refused, { code: -32600, message: "thread already has an active or pending turn" });
  await server.request("turn/interrupt", { threadId, turnId });
  await completions(server, 1);
  const { turn } = await server.request("thread/queue/start", { threadId, queuedSubmissionId: two });
  assert.equal(
    (await server.expectNotification("turn/started", ({ turn: { id } }) => id === turn.id)).threadId,
    threadId,
  );
  await completions(server, 2);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["two"], ["one"]]);
  assert.equal((await server.refusal("thread/queue/start", { threadId })).message, "queue is empty");
});

test("a waiting message can be sent into the turn that runs", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, turnId, held } = await busy(server);
  await add(server, threadId, "one");
  const two = await add(server, threadId, "two");
  const { turn } = await server.request("belay/queue/sendNow", { threadId, queuedSubmissionId: two });
  assert.equal(turn.id, turnId);
  assert.deepEqual(await queued(server, threadId), ["one"]);
  // Until the model can read it, it would still be there for whoever starts anew.
  assert.equal(fileOf(server, threadId)?.length, 2);
  await held.open();
  await completions(server, 2);
  assert.deepEqual(await prompts(server, threadId), [["run", "two"], ["one"]]);
});

test("what cannot be done to a queue says why", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, turnId } = await busy(server);
  const id = await add(server, threadId, "one");
  const on = async (verb: string, params: object) =>
    (await server.refusal(`thread/queue/${verb}`, { threadId, ...params })).message;
  const message = { clientUserMessageId: "c" };
  assert.equal(await on("update", { queuedSubmissionId: "no", input: words("x") }), "queued submission not found: no");
  assert.equal(await on("start", { queuedSubmissionId: "no" }), "queued submission not found: no");
  const nothing = "only user input can be added to the user-message queue";
  assert.equal(await on("add", { ...message, input: [] }), nothing);
  assert.equal(await on("update", { queuedSubmissionId: id, input: [] }), nothing);
  const whole = "queue reorder must include every queued submission exactly once";
  for (const ids of [[], [id, id], ["no"]]) assert.equal(await on("reorder", { queuedSubmissionIds: ids }), whole);
  assert.match(await on("add", { ...message, input: [{ type: "localImage", path: "no.png" }] }), /no\.png/);
  assert.match(await on("add", { ...message, input: [{ type: "image", url: "http://x/y.png" }] }), /data URL/);
  assert.match(await on("list", { cursor: "x" }), /invalid queue pagination cursor/);
  const unknown = "01890000-0000-7000-8000-000000000000";
  assert.match(await on("list", { threadId: unknown }), /no rollout found for thread id/);
  await server.request("turn/interrupt", { threadId, turnId });
  await completions(server, 1);
  await server.request("thread/archive", { threadId });
  assert.match(await on("list", {}), /is archived/);
  const passing = await server.startThread({ ephemeral: true });
  assert.match(await on("list", { threadId: passing }), /^ephemeral thread does not support queued submissions/);
});

test("a queue takes a hundred messages, and is given out page by page", async () => {
  // For as long as it takes; a command would go on behind its turn.
  const never = new Promise<boolean>(() => {});
  await using api = await responsesApi(ok, { misbehave: () => never });
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.startTurn("run");
  for (let n = 0; n < 100; n++) await add(server, threadId, `m${n}`);
  const more = { threadId, input: words("more"), clientUserMessageId: "c" };
  assert.equal(
    (await server.refusal("thread/queue/add", more)).message,
    "queue cannot contain more than 100 submissions",
  );
  const first = await server.request("thread/queue/list", { threadId });
  assert.deepEqual([first.data.length, first.nextCursor], [25, "25"]);
  const last = await server.request("thread/queue/list", { threadId, cursor: "90", limit: 20 });
  assert.deepEqual([last.data.length, last.nextCursor], [10, null]);
  await server.request("turn/interrupt", { threadId, turnId });
  await completions(server, 1);
});

test("a picture is taken along when its message is queued: its file may go", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api, files: { "a.png": "not really one" } });
  const { threadId, held } = await busy(server);
  const input = [{ type: "localImage" as const, path: "a.png" }, ...words("look")];
  await server.request("thread/queue/add", { threadId, input, clientUserMessageId: "c" });
  const { data } = await server.request("thread/queue/list", { threadId });
  assert.match(JSON.stringify(data[0]?.input[0]), /^\{"type":"image","url":"data:image\/png;base64,/);
  await held.open();
  await completions(server, 2);
  assert.match(JSON.stringify((api.requests.at(-1) as RequestBody).input.at(-1)), /data:image\/png;base64,/);
});

test("a server that was killed leaves the queue, and the next one waits for the person", async () => {
  await using api = await responsesApi(gated);
  await using first = await testServer({ api });
  const { threadId } = await busy(first);
  await add(first, threadId, "one");
  await add(first, threadId, "two");
  assert.equal(statSync(pathOf(first, threadId)).mode & 0o777, 0o600);
  first.expectDeath();
  first.child.kill("SIGKILL");
  await first.exited;
  await using server = await testServer({ api, like: first });
  assert.deepEqual(await queued(server, threadId), ["one", "two"]);
  assert.equal(
    (await server.refusal("thread/queue/start", { threadId })).message,
    "resume the thread before starting a queued message",
  );
  const { thread } = await server.request("thread/resume", { threadId });
  assert.equal(thread.turns[0]?.status, "interrupted");
  assert.deepEqual(await queued(server, threadId), ["one", "two"]);
  await server.request("thread/queue/start", { threadId });
  await completions(server, 2);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["one"], ["two"]]);
});

test("what was queued for a thread that is not loaded begins when it is resumed", async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("hello");
  await first.end();
  await using server = await testServer({ api, like: first });
  await add(server, threadId, "one");
  assert.deepEqual(await queued(server, threadId), ["one"]);
  await server.request("thread/resume", { threadId });
  await completions(server, 1);
  assert.deepEqual(await prompts(server, threadId), [["hello"], ["one"]]);
});

test("a message that has begun is in the queue no more, though the process died before its file said so", async () => {
  await using api = await responsesApi(gated);
  await using first = await testServer({ api });
  const { threadId, held } = await busy(first);
  await add(first, threadId, "one");
  await add(first, threadId, "two");
  const before = readFileSync(pathOf(first, threadId), "utf8");
  await held.open();
  await completions(first, 3);
  await first.end();
  writeFileSync(pathOf(first, threadId), before);
  await using server = await testServer({ api, like: first });
  assert.deepEqual(await queued(server, threadId), []);
  await server.request("thread/resume", { threadId });
  await server.completeTurn("hello", threadId);
  assert.deepEqual(await prompts(server, threadId), [["run"], ["one"], ["two"], ["hello"]]);
});

test("a fork has no queue, a deleted thread takes its own along, and a revert leaves it waiting", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, turnId } = await busy(server);
  await add(server, threadId, "one");
  const { thread } = await server.request("thread/fork", { threadId });
  assert.deepEqual(await queued(server, thread.id), []);
  await server.request("thread/revert", { threadId, beforeTurnId: turnId });
  assert.deepEqual(await queued(server, threadId), ["one"]);
  await server.request("thread/delete", { threadId });
  assert.equal(existsSync(pathOf(server, threadId)), false);
});

test("what is queued while a thread is summed up gets its turn behind that; it cannot join it", async () => {
  const summary = Promise.withResolvers<void>();
  await using api = await responsesApi(ok, {
    misbehave: async (_, request) => {
      if (request === 2) await summary.promise;
      return false;
    },
  });
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hello");
  await server.request("thread/compact/start", { threadId });
  await api.asked(2);
  const id = await add(server, threadId, "one");
  const now = await server.refusal("belay/queue/sendNow", { threadId, queuedSubmissionId: id });
  assert.match(now.message, /cannot steer a compact turn/);
  assert.deepEqual(await queued(server, threadId), ["one"]);
  summary.resolve();
  assert.deepEqual(await completions(server, 2), ["completed", "completed"]);
  assert.deepEqual((await prompts(server, threadId)).at(-1), ["one"]);
});

test("a file of a queue that cannot be read is named and kept", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, held } = await busy(server);
  await add(server, threadId, "one");
  writeFileSync(pathOf(server, threadId), "{broken");
  const { message } = await server.refusal("thread/queue/list", { threadId });
  assert.match(message, /cannot be read .* mend the file, or move it away/);
  await held.open();
  await completions(server, 1);
  const warning = await server.expectNotification("warning");
  assert.match(warning.message, /^A queued message was not sent: .* mend the file/);
  assert.equal(readFileSync(pathOf(server, threadId), "utf8"), "{broken");
});

test("a message whose item could not be saved is still in the file of the queue, and leaves it once it is saved", {
  skip: noSmallDisks,
}, async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  using disk = smallDisk(join(server.home, "threads"));
  const { threadId, held } = await busy(server);
  await add(server, threadId, "one");
  disk.fill();
  await held.open();
  assert.deepEqual(await completions(server, 2), ["completed", "completed"]);
  await server.expectNotification("belay/thread/saving/updated");
  assert.deepEqual(await queued(server, threadId), []);
  assert.equal(fileOf(server, threadId)?.length, 1);
  disk.free();
  await server.expectNotification("belay/thread/saving/updated", ({ trouble }) => trouble === null);
  await server.completeTurn("two", threadId);
  assert.deepEqual(await queued(server, threadId), []);
  const last = await add(server, threadId, "three");
  await completions(server, 1);
  await server.request("thread/queue/delete", { threadId, queuedSubmissionId: last });
  assert.equal(fileOf(server, threadId), null);
  await server.end();
});

test("two processes that queue for one thread lose nothing of each other", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api });
  const { threadId, held } = await busy(server);
  await using other = await testServer({ api, like: server });
  const names = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(names.map((name, at) => add(at % 2 === 0 ? server : other, threadId, name)));
  assert.deepEqual((await queued(other, threadId)).sort(), names);
  await held.open();
  await completions(server, 1 + names.length);
  assert.deepEqual((await prompts(server, threadId)).flat().sort(), [...names, "run"]);
});

test("what is said after the stop is no part of the turn that stops: it is answered in the next", async () => {
  await using api = await responsesApi(ok, {
    misbehave: (response, request) => request === 1 && streamPart(response, "First"),
  });
  await using server = await testServer({ api });
  const ids = await server.startTurn("one");
  await server.expectNotification("item/agentMessage/delta");
  const answers = await server.requestsTogether([
    ["turn/interrupt", ids],
    ["turn/start", { threadId: ids.threadId, input: words("two") }],
    ["turn/start", { threadId: ids.threadId, input: words("three") }],
  ]);
  const next = answers.slice(1).map(({ result }) => (result as { turn: { id: string } }).turn.id);
  assert.deepEqual(await completions(server, 2), ["interrupted", "completed"]);
  assert.deepEqual(await prompts(server, ids.threadId), [["one"], ["two", "three"]]);
  const started = server.heard.flatMap(({ method, params }) =>
    method === "turn/started" ? [(params as { turn: { id: string } }).turn.id] : [],
  );
  assert.deepEqual([ids.turnId, ...new Set(next)], started);
});

test("what is said during a command of the person's own is answered when that has ended", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, env: noProfile });
  const held = gate(server.workspace);
  const threadId = await server.startThread();
  await server.request("thread/shellCommand", { threadId, command: "read x < gate" });
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await server.request("turn/start", { threadId, input: words("well?") });
  await held.open();
  await completions(server, 2);
  assert.deepEqual(await prompts(server, threadId), [[], ["well?"]]);
  assert.equal(api.requests.length, 1);
});

test("a command of the person's own that goes on beside a turn does not keep what they say from the model", async () => {
  await using api = await responsesApi(gated);
  await using server = await testServer({ api, env: noProfile });
  const { threadId, turnId, held } = await busy(server);
  await server.request("thread/shellCommand", { threadId, command: "until [ -e go ]; do sleep 0.05; done" });
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await held.open();
  await server.expectNotification("item/completed", ({ item }) => item.type === "agentMessage");
  await server.request("turn/steer", { threadId, input: words("and?"), expectedTurnId: turnId });
  await server.expectNotification("item/completed", ({ item }) => item.type === "agentMessage");
  writeFileSync(join(server.workspace, "go"), "");
  assert.deepEqual(await completions(server, 1), ["completed"]);
  assert.deepEqual(await prompts(server, threadId), [["run", "and?"]]);
});

test("what joined a turn that fails is asked in a turn of its own", async () => {
  await using api = await responsesApi(ok, {
    misbehave: (response, request) => {
      if (request !== 1) return false;
      response.writeHead(400, { "content-type": "application/json" });
      void asked.promise.then(() => response.end('{"error":{"message":"no"}}'));
      return true;
    },
  });
  const asked = Promise.withResolvers<void>();
  await using server = await testServer({ api });
  const { threadId } = await server.startTurn("one");
  await api.asked(1);
  await server.request("turn/start", { threadId, input: words("two") });
  asked.resolve();
  await server.expectNotification("turn/completed", ({ turn }) => turn.status === "completed");
  assert.equal((await prompts(server, threadId)).flat().join(), "one,two");
});

function pathOf(server: TestServer, threadId: string): string {
  return join(server.home, "queue", `${threadId}.json`);
}

function fileOf(server: TestServer, threadId: string): unknown[] | null {
  const path = pathOf(server, threadId);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { entries: unknown[] }).entries : null;
}
