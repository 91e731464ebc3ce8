// What a person says to a turn outlives a server that is killed before the turn has taken it, or begun, and is told once.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gate } from "../../support/lifeline.ts";
import { countByLength, type RequestBody, responsesApi, streamPart, toldText } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const text = (value: string) => [{ type: "text" as const, text: value }];
const experimental = { initialize: { experimentalApi: true } };
const held = [
  { prompt: "run", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "read x < gate" } }] }] },
  { steps: [{ text: "ok" }] },
];

async function kill(server: TestServer): Promise<void> {
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
}

/** What people said, turn by turn. */
async function prompts(server: TestServer, threadId: string): Promise<string[][]> {
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.map(({ items }) =>
    items
      .flatMap((item) => (item.type === "userMessage" ? item.content : []))
      .map((part) => ("text" in part ? part.text : part.type)),
  );
}

const timesTold = (request: RequestBody | undefined, words: string) =>
  toldText(request as RequestBody).split(words).length - 1;

/** A turn whose command waits, with a second message that waits for the command. */
async function steered(server: TestServer) {
  gate(server.workspace);
  const ids = await server.startTurn("run");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const clientUserMessageId = "c-2";
  await server.request("turn/steer", {
    ...{ threadId: ids.threadId, expectedTurnId: ids.turnId, input: text("and be quick"), clientUserMessageId },
  });
  return ids;
}

test("a steer that waits for a tool outlives a killed server: the turn shows it, and the next one tells it once", async () => {
  await using api = await responsesApi(held);
  await using first = await testServer({ api });
  const { threadId } = await steered(first);
  await kill(first);
  await using second = await testServer({ api, like: first });
  assert.deepEqual(await prompts(second, threadId), [["run", "and be quick"]], "read before it is loaded");
  const { thread } = await second.request("thread/resume", { threadId });
  assert.deepEqual(
    thread.turns[0]?.items.flatMap((item) => (item.type === "userMessage" ? [item.clientId] : [])),
    [null, "c-2"],
  );
  assert.equal(thread.turns[0]?.status, "interrupted");
  await second.completeTurn("go on", threadId);
  assert.equal(timesTold(api.requests.at(-1), "and be quick"), 1);
  await kill(second);
  await using third = await testServer({ api, like: first });
  await third.request("thread/resume", { threadId });
  assert.deepEqual(await prompts(third, threadId), [["run", "and be quick"], ["go on"]]);
  await third.completeTurn("once more", threadId);
  const [before, after] = api.requests.slice(-2).map(({ input }) => input);
  assert.deepEqual(after?.slice(0, before?.length), before, "what was told keeps its place");
});

test("what was said to a turn that is being stopped outlives a killed server, too", async () => {
  await using api = await responsesApi(held);
  await using first = await testServer({ api });
  gate(first.workspace);
  const ids = await first.startTurn("run");
  await first.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  // Sent together: the second one is heard while the turn is about to stop.
  await Promise.all([
    first.request("turn/interrupt", ids),
    first.request("turn/start", { threadId: ids.threadId, input: text("rather this") }),
  ]);
  await kill(first);
  await using second = await testServer({ api, like: first });
  const said = (await prompts(second, ids.threadId)).flat();
  assert.deepEqual(said, ["run", "rather this"]);
});

test("the prompt of a turn that compacts first outlives a server that is killed meanwhile", async () => {
  const flood = { calls: [{ name: "exec_command", arguments: { cmd: "head -c 40000 /dev/zero | tr '\\0' x" } }] };
  await using api = await responsesApi([{ prompt: "^flood", steps: [flood, flood, { text: "done" }] }], {
    countTokens: countByLength,
    // The summary that never ends.
    misbehave: (response, request) => request === 4 && streamPart(response, "Up to"),
  });
  await using first = await testServer({
    api,
    sandboxMode: "danger-full-access",
    config: "model_auto_compact_token_limit = 25000",
  });
  const { threadId } = await first.completeTurn("flood");
  await first.startTurn(`then ${"word ".repeat(2_000)}`, threadId);
  await first.expectNotification("item/started", ({ item }) => item.type === "contextCompaction");
  await kill(first);
  await using second = await testServer({ api, like: first });
  const said = await prompts(second, threadId);
  assert.deepEqual(
    said.map((turn) => turn.map((words) => words.slice(0, 9))),
    [["flood"], ["then word"]],
  );
});

test("a revert takes what was said and recovered with its turn, and a fork before it has none of it", async () => {
  await using api = await responsesApi([{ prompt: "hello", steps: [{ text: "hi" }] }, ...held]);
  await using first = await testServer({ api, ...experimental });
  const { threadId } = await first.completeTurn("hello");
  gate(first.workspace);
  const { turnId } = await first.startTurn("run", threadId);
  await first.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await first.request("turn/steer", { threadId, expectedTurnId: turnId, input: text("and be quick") });
  await kill(first);
  await using second = await testServer({ api, like: first, ...experimental });
  const whole = await second.request("thread/fork", { threadId });
  assert.deepEqual(await prompts(second, whole.thread.id), [["hello"], ["run", "and be quick"]]);
  const before = await second.request("thread/fork", { threadId, beforeTurnId: turnId });
  assert.deepEqual(await prompts(second, before.thread.id), [["hello"]]);
  await second.request("thread/resume", { threadId });
  await second.request("thread/revert", { threadId, beforeTurnId: turnId });
  await kill(second);
  await using third = await testServer({ api, like: first, ...experimental });
  const all = [threadId, whole.thread.id, before.thread.id].map((id) => prompts(third, id));
  assert.deepEqual(await Promise.all(all), [[["hello"]], [["hello"], ["run", "and be quick"]], [["hello"]]]);
});

test("a picture that was said to a turn is whole when it is read back, and is written down once", async () => {
  await using api = await responsesApi(held);
  await using first = await testServer({ api });
  gate(first.workspace);
  const { threadId, turnId } = await first.startTurn("run");
  await first.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  const url = `data:image/png;base64,${Buffer.from("not really one").toString("base64")}`;
  const input = [...text("like this"), { type: "image" as const, url }];
  await first.request("turn/steer", { threadId, expectedTurnId: turnId, input });
  await kill(first);
  await using second = await testServer({ api, like: first });
  const { thread: stored } = await second.request("thread/read", { threadId, includeTurns: true });
  const said = stored.turns[0]?.items.findLast(({ type }) => type === "userMessage");
  assert.deepEqual(said?.type === "userMessage" && said.content[1], { type: "image", url });
  assert.equal(readFileSync(stored.path ?? "", "utf8").split(url).length - 1, 1);
});

/** The file, as a server would have left it that died with this line. */
function cutBehind(path: string | null, isLast: (line: string) => boolean): void {
  const lines = readFileSync(path ?? "", "utf8").split("\n");
  const at = lines.findLastIndex(isLast);
  writeFileSync(
    path ?? "",
    lines
      .slice(0, at + 1)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

test("a prompt outlives a server that is killed right behind its answer, in a new thread and in one with turns", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  for (const earlier of [[], ["hello"]]) {
    await using first = await testServer({ api });
    const threadId = await first.startThread();
    for (const words of earlier) await first.completeTurn(words, threadId);
    const input = text("precious");
    const { turn } = await first.request("turn/start", { threadId, input, clientUserMessageId: "c-1" });
    await kill(first);
    await using second = await testServer({ api, like: first });
    const said = [...earlier.map((words) => [words]), ["precious"]];
    assert.deepEqual(await prompts(second, threadId), said, "read before it is loaded");
    const { thread } = await second.request("thread/resume", { threadId });
    assert.equal(thread.preview, said[0]?.[0]);
    const last = thread.turns.at(-1);
    assert.deepEqual([last?.id, last?.status], [turn.id, "interrupted"]);
    assert.deepEqual(
      last?.items.flatMap((item) => (item.type === "userMessage" ? [item.clientId] : [])),
      ["c-1"],
    );
    await second.completeTurn("go on", threadId);
    const told = api.requests.at(-1);
    assert.equal(timesTold(told, "precious"), 1);
    assert.equal(timesTold(told, "<environment>"), 1, "the model knows where it works");
    await kill(second);
    await using third = await testServer({ api, like: first });
    assert.deepEqual(await prompts(third, threadId), [...said, ["go on"]]);
  }
});

test("what joins a turn that has not begun outlives a killed server with it, in order", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api });
  const threadId = await first.startThread();
  const say = (words: string) => first.request("turn/start", { threadId, input: text(words) });
  await Promise.all([say("one"), say("two")]);
  await kill(first);
  await using second = await testServer({ api, like: first });
  assert.deepEqual(await prompts(second, threadId), [["one", "two"]]);
});

test("a turn that never began can be forked, forked away from and reverted", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api, ...experimental });
  const { threadId } = await first.completeTurn("hello");
  const { turnId } = await first.completeTurn("precious", threadId);
  const { thread } = await first.request("thread/read", { threadId });
  await first.end();
  cutBehind(thread.path, (line) => line.includes('"type":"said"'));
  assert.equal(readFileSync(thread.path ?? "", "utf8").split('"turn/started"').length - 1, 1, "the second never began");
  await using second = await testServer({ api, like: first, ...experimental });
  const fork = async (cut: object) => (await second.request("thread/fork", { threadId, ...cut })).thread.id;
  const forks = await Promise.all([fork({}), fork({ lastTurnId: turnId }), fork({ beforeTurnId: turnId })]);
  const whole = [["hello"], ["precious"]];
  const shown = [whole, whole, [["hello"]]];
  assert.deepEqual(await Promise.all(forks.map((id) => prompts(second, id))), shown);
  await second.request("thread/resume", { threadId });
  await second.request("thread/revert", { threadId, beforeTurnId: turnId });
  await kill(second);
  await using third = await testServer({ api, like: first, ...experimental });
  assert.deepEqual(await Promise.all([...forks, threadId].map((id) => prompts(third, id))), [...shown, [["hello"]]]);
  await third.request("thread/resume", { threadId: forks[0] ?? "" });
  await third.completeTurn("go on", forks[0]);
  assert.equal(timesTold(api.requests.at(-1), "precious"), 1);
});

test("a message whose server died between showing it and telling it is told to the model, once", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("precious");
  const { thread } = await first.request("thread/read", { threadId });
  await first.end();
  cutBehind(thread.path, (line) => line.includes('"type":"userMessage"'));
  await using second = await testServer({ api, like: first });
  await second.request("thread/resume", { threadId });
  await second.completeTurn("go on", threadId);
  assert.equal(timesTold(api.requests.at(-1), "precious"), 1);
  assert.deepEqual(await prompts(second, threadId), [["precious"], ["go on"]]);
  await kill(second);
  await using third = await testServer({ api, like: first });
  await third.request("thread/resume", { threadId });
  await third.completeTurn("once more", threadId);
  assert.equal(timesTold(api.requests.at(-1), "precious"), 1);
});
