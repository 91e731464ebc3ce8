// A thread that outgrows its model's window, over the real wire: summed up in time, when asked, and when it was too late.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ThreadItemOf } from "../../../server/protocol/item.ts";
import {
  countByLength,
  type Misbehave,
  type RequestBody,
  responsesApi,
  sse,
  streamPart,
  toldText,
} from "../../support/responses-api.ts";
import { type ServerOptions, testServer, type TestServer } from "../../support/test-server.ts";

const summary = "The flood was read. **Next**: say done.";
const floods = "head -c 40000 /dev/zero | tr '\\0' x";
const asksForSummary = "outgrow what you can be shown";
const call = (cmd: string) => ({ calls: [{ name: "exec_command", arguments: { cmd } }] });

/** `flood` runs so many commands of about ten thousand tokens each, and then says done. */
function scenes(options: { floods?: number; summary?: object } = {}) {
  return [
    { prompt: asksForSummary, steps: [options.summary ?? { text: summary }] },
    { prompt: "^<summary_of_conversation>", steps: [{ text: "done, after a summary" }] },
    { prompt: "^flood", steps: [...Array.from({ length: options.floods ?? 1 }, () => call(floods)), { text: "done" }] },
    { prompt: "^ask", steps: [call("touch asked"), { text: "done" }] },
    { prompt: "^wait", steps: [call("sleep 600"), { text: "done" }] },
    { prompt: "^background", steps: [{ calls: [longCall] }, { text: "It runs." }] },
    { prompt: "^change", steps: [{ calls: [{ name: "apply_patch", input: patch }] }, { text: "changed" }] },
    { steps: [{ text: "ok" }] },
  ];
}
const longCall = { name: "exec_command", arguments: { cmd: "sleep 600", yield_time_ms: 250 } };
const patch = ["*** Begin Patch", "*** Add File: made.txt", "+made", "*** End Patch"];

test("thread/compact/start sums the conversation up in a turn of one item, and the next turn goes on from there", async () => {
  await using api = await responsesApi(scenes(), { countTokens: countByLength });
  await using server = await testServer({ api, ...free, files: { "AGENTS.md": "Use tabs." } });
  const { threadId } = await server.completeTurn("flood it");
  assert.deepEqual(await server.request("thread/compact/start", { threadId }), {});
  const { turn } = await server.expectNotification("turn/completed");
  assert.deepEqual([turn.status, turn.error], ["completed", null]);
  const item = compactions(server)[0];
  assert.deepEqual([item?.trigger, item?.status, item?.summary], ["manual", "completed", summary]);
  assert.ok((item?.tokensBefore ?? 0) > 10_000 && (item?.tokensAfter ?? 0) < (item?.tokensBefore ?? 0) / 2);
  const asked = api.requests[2];
  assert.deepEqual([asked?.tools, asked?.["prompt_cache_key"]], [[], threadId]);

  await server.completeTurn("go on", threadId);
  const told = outline(api.requests[3]);
  const shape = ["developer", "developer", "user", "developer", "flood it", "summary", "go on"];
  assert.deepEqual(told, shape);
  assert.match(toldText(api.requests[3] as RequestBody), /Use tabs\..*<permissions>.*flood it/s);
  assert.ok(toldText(api.requests[3] as RequestBody).includes(summary));
});

test("a thread that is near the limit is compacted before the next prompt is told, which stays whole", async () => {
  await using api = await responsesApi(scenes({ floods: 2 }), { countTokens: countByLength });
  await using server = await testServer({ api, ...free, config: limit(25_000) });
  const { threadId } = await server.completeTurn("flood");
  const long = `then ${"word ".repeat(2_000)}`;
  const { turn } = await server.completeTurn(long, threadId);
  assert.deepEqual(
    turn.items.map(({ type }) => type),
    ["agentMessage"],
  );
  const last = (await itemsOf(server, threadId)).slice(-3);
  assert.deepEqual(
    last.map(({ type }) => type),
    ["contextCompaction", "userMessage", "agentMessage"],
  );
  assert.equal(compactions(server)[0]?.trigger, "automatic");
  assert.deepEqual(outline(api.requests.at(-1)).slice(-3), ["flood", "summary", long]);
});

test("a turn that calls many tools is compacted between them, and goes on as the same turn", async () => {
  await using api = await responsesApi(scenes({ floods: 4 }), { countTokens: countByLength });
  await using server = await testServer({ api, ...free, config: limit(22_000) });
  const { turn, threadId } = await server.completeTurn("flood");
  assert.equal(turn.status, "completed");
  assert.deepEqual(
    (await itemsOf(server, threadId)).map(({ type }) => type),
    ["userMessage", "commandExecution", "commandExecution", "contextCompaction", "agentMessage"],
  );
  assert.deepEqual(outline(api.requests.at(-1)).slice(-2), ["flood", "summary"]);
});

test("a request that the provider refuses as too long is made again, shorter, and the turn goes on", async () => {
  const refused = new Set([2]);
  await using api = await responsesApi(scenes(), { countTokens: countByLength, misbehave: tooLong(refused) });
  await using server = await testServer({ api, ...free });
  const { turn } = await server.completeTurn("flood");
  assert.deepEqual([turn.status, turn.error], ["completed", null]);
  assert.deepEqual(
    compactions(server).map(({ trigger, status }) => [trigger, status]),
    [["overflow", "completed"]],
  );
  assert.equal(
    server.heard.some(({ method }) => method === "error"),
    false,
  );
});

test("where a summary does not help, long outputs are cut; and if nothing helps, the turn says what would", async () => {
  const refused = new Set([2, 3, 4, 5, 6, 7, 8]);
  await using api = await responsesApi(scenes(), { misbehave: tooLong(refused) });
  await using server = await testServer({ api, ...free });
  const { message, info } = await server.failTurn("flood");
  assert.equal(info, "contextWindowExceeded");
  assert.match(message, /no longer fits.*could not be made shorter.*Start a new thread/);
  assert.deepEqual(
    compactions(server).map(({ status, summary, failure }) => [status, summary, typeof failure]),
    [
      ["failed", undefined, "string"],
      ["completed", null, "undefined"],
    ],
  );
  assert.ok(toldText(api.requests.at(-1) as RequestBody).length < 20_000);
  refused.clear();
  const { turn } = await server.completeTurn("again", (await server.request("thread/loaded/list", {})).data[0] ?? "");
  assert.equal(turn.status, "completed");
});

for (const [what, step, reason] of [
  ["fails", { fail: "no luck" }, /no luck/],
  ["is empty", { text: " " }, /empty/],
  ["is longer than the conversation", { text: "x".repeat(100_000) }, /too long/],
] as const)
  test(`a summary that ${what} changes nothing, and the item says why`, async () => {
    await using api = await responsesApi(scenes({ summary: step }));
    await using server = await testServer({ api, ...free });
    const { threadId } = await server.completeTurn("flood");
    const before = api.requests.at(-1)?.input ?? [];
    await server.request("thread/compact/start", { threadId });
    await server.expectNotification("turn/completed");
    const [item] = compactions(server);
    assert.equal(item?.status, "failed");
    assert.match(item?.failure ?? "", reason);
    await server.completeTurn("go on", threadId);
    assert.deepEqual(api.requests.at(-1)?.input.slice(0, before.length), before);
  });

test("a summary that breaks off is asked for again, which people see, and nothing of the first try is in it", async () => {
  let isFirst = true;
  await using api = await responsesApi(scenes(), {
    misbehave(response, request) {
      if (!isFirst || !isSummaryRequest(api.requests[request - 1])) return false;
      isFirst = false;
      streamPart(response, "Half a summary");
      return response.destroy() !== undefined;
    },
  });
  await using server = await testServer({ api, ...free, provider: "request_max_retries = 0\nstream_max_retries = 2" });
  const { threadId } = await server.completeTurn("flood");
  await server.request("thread/compact/start", { threadId });
  const { turn } = await server.expectNotification("turn/completed");
  assert.deepEqual([turn.status, turn.error, compactions(server)[0]?.summary], ["completed", null, summary]);
  const retried = await server.expectNotification("error");
  assert.deepEqual([retried.willRetry, retried.turnId], [true, turn.id]);
});

test("after three failures in a row it is not tried by itself any more, which is said once; asking still works", async () => {
  let fails = true;
  await using api = await responsesApi(scenes({ floods: 5 }), {
    countTokens: countByLength,
    misbehave: (response, request) => fails && isSummaryRequest(api.requests[request - 1]) && failing(response),
  });
  await using server = await testServer({ api, ...free, config: limit(16_000) });
  const { threadId, turn } = await server.completeTurn("flood");
  assert.equal(turn.status, "completed");
  assert.deepEqual(
    compactions(server).map(({ status }) => status),
    ["failed", "failed", "failed"],
  );
  const warnings = server.heard.filter(({ method }) => method === "warning");
  assert.match(JSON.stringify(warnings), /failed 3 times in a row/);
  assert.equal(warnings.length, 1);
  fails = false;
  await server.request("thread/compact/start", { threadId });
  await server.expectNotification("turn/completed");
  assert.equal(compactions(server).at(-1)?.status, "completed");
});

test("a compaction stops the turn that runs, and nobody steers it; stopping it changes nothing", async () => {
  await using api = await responsesApi(scenes(), {
    misbehave: (response, request) => isSummaryRequest(api.requests[request - 1]) && streamPart(response, "The"),
  });
  await using server = await testServer({ api, ...free });
  const { threadId, turnId } = await server.startTurn("wait");
  await server.expectNotification("item/started", ({ item }) => item.type === "commandExecution");
  await server.request("thread/compact/start", { threadId });
  const first = await server.expectNotification("turn/completed");
  assert.deepEqual([first.turn.id, first.turn.status], [turnId, "interrupted"]);
  const { turnId: compacting } = await server.expectNotification(
    "item/started",
    ({ item }) => item.type === "contextCompaction",
  );
  const input = [{ type: "text" as const, text: "x" }];
  const refusal = await server.refusal("turn/steer", { threadId, input, expectedTurnId: compacting });
  const message = "cannot steer a compact turn";
  assert.deepEqual([refusal.code, refusal.message], [-32600, message]);
  assert.deepEqual(refusal.data, {
    ...{ message, additionalDetails: null, misalignment: null },
    codexErrorInfo: { activeTurnNotSteerable: { turnKind: "compact" } },
  });
  assert.equal((await server.refusal("turn/start", { threadId, input })).message, message);
  await api.asked(2);
  await server.request("turn/interrupt", { threadId, turnId: compacting });
  const { turn } = await server.expectNotification("turn/completed");
  assert.deepEqual([turn.id, turn.status, compactions(server)[0]?.status], [compacting, "interrupted", "interrupted"]);
  await server.completeTurn("go on", threadId);
  assert.equal(outline(api.requests.at(-1)).includes("summary"), false);
});

test("what was asked and not answered, what runs and what was changed is told again word for word", async () => {
  await using api = await responsesApi(scenes());
  await using server = await testServer({ api, ...free, approvalPolicy: "on-request" });
  const { threadId } = await server.completeTurn("background");
  await server.completeTurn("change", threadId);
  await server.completeTurn("flood", threadId);
  await server.request("turn/start", { threadId, input: [{ type: "text", text: "ask" }], approvalPolicy: "untrusted" });
  await server.expectRequest("item/commandExecution/requestApproval");
  await server.request("thread/compact/start", { threadId });
  await server.expectNotification("item/completed", ({ item }) => item.type === "contextCompaction");
  assert.equal(compactions(server)[0]?.status, "completed", compactions(server)[0]?.failure ?? "");
  await server.expectNotification(
    "turn/completed",
    ({ turn }) => turn.status === "completed" && turn.items.length === 0,
  );
  await server.completeTurn("go on", threadId);
  const state = api.requests
    .at(-1)
    ?.input.find(({ content }) => JSON.stringify(content ?? "").includes("<state_of_thread>"));
  const text = typeof state?.content === "string" ? state.content : (state?.content?.[0]?.text ?? "");
  assert.match(text, /"command":"touch asked","folder":".*workspace"/);
  assert.match(text, /"session_id":"1001","command":"sleep 600"/);
  assert.match(text, /made\.txt/);
  await server.request("belay/stopAll", {});
  await server.expectNotification(
    "item/completed",
    ({ item }) => item.type === "commandExecution" && "script" in item && item.script === "sleep 600",
  );
});

test("another process goes on from the summary; a revert to before it brings the conversation back", async () => {
  await using api = await responsesApi(scenes(), { countTokens: countByLength });
  await using first = await testServer({ api, ...free });
  const { threadId } = await first.completeTurn("flood");
  const whole = api.requests.at(-1)?.input ?? [];
  await first.request("thread/compact/start", { threadId });
  const { turn: compacted } = await first.expectNotification("turn/completed");
  await first.completeTurn("go on", threadId);
  const told = api.requests.at(-1)?.input ?? [];
  await first.end();

  await using second = await testServer({ api, like: first });
  const { thread } = await second.request("thread/resume", { threadId });
  assert.deepEqual(
    thread.turns.map(({ items }) => items.map(({ type }) => type).join()),
    ["userMessage,commandExecution,agentMessage", "contextCompaction", "userMessage,agentMessage"],
  );
  const used = (await second.request("belay/context/read", { threadId })).used;
  assert.ok(used < 10_000, String(used));
  await second.completeTurn("more", threadId);
  assert.deepEqual(api.requests.at(-1)?.input.slice(0, told.length), told);

  const { thread: fork } = await second.request("thread/fork", { threadId, lastTurnId: compacted.id });
  await second.completeTurn("in the fork", fork.id);
  assert.deepEqual(outline(api.requests.at(-1)).slice(-3), ["flood", "summary", "in the fork"]);

  await second.request("thread/revert", { threadId, beforeTurnId: compacted.id });
  await second.completeTurn("instead", threadId);
  assert.deepEqual(api.requests.at(-1)?.input.slice(0, whole.length), whole);
  assert.equal(outline(api.requests.at(-1)).at(-1), "instead");
});

test("a compaction is taken back: the model is told the conversation itself, and what came since, in another process too", async () => {
  await using api = await responsesApi(scenes());
  await using first = await testServer({ api, ...free });
  const { threadId } = await first.completeTurn("flood");
  const whole = api.requests.at(-1)?.input ?? [];
  await first.request("thread/compact/start", { threadId });
  await first.expectNotification("turn/completed");
  await first.completeTurn("since", threadId);
  const itemId = compactions(first)[0]?.id ?? "";
  assert.equal((await first.request("belay/context/read", { threadId })).undoable, itemId);
  await first.request("belay/compaction/undo", { threadId, itemId });
  await first.completeTurn("more", threadId);
  const told = api.requests.at(-1)?.input ?? [];
  assert.deepEqual(told.slice(0, whole.length), whole);
  assert.deepEqual(outline(api.requests.at(-1)).slice(-3), ["since", "ok", "more"]);
  assert.match((await first.refusal("belay/compaction/undo", { threadId, itemId })).message, /only the newest/);
  await first.end();

  await using second = await testServer({ api, like: first });
  const { thread } = await second.request("thread/resume", { threadId });
  const shown = thread.turns.flatMap(({ items }) => items).find(({ type }) => type === "contextCompaction");
  assert.equal(shown?.type === "contextCompaction" && shown.isUndone, true);
  await second.completeTurn("again", threadId);
  assert.deepEqual(api.requests.at(-1)?.input.slice(0, told.length), told);
});

test("a server that is killed while the summary is written leaves the thread as it was", async () => {
  await using api = await responsesApi(scenes(), {
    misbehave: (response, request) => isSummaryRequest(api.requests[request - 1]) && streamPart(response, "The"),
  });
  await using first = await testServer({ api, ...free });
  const { threadId } = await first.completeTurn("flood");
  const whole = api.requests.at(-1)?.input ?? [];
  await first.request("thread/compact/start", { threadId });
  await api.asked(3);
  first.expectDeath();
  first.child.kill("SIGKILL");
  await first.exited;

  await using second = await testServer({ api, like: first });
  const { thread } = await second.request("thread/resume", { threadId });
  assert.deepEqual(
    thread.turns.map(({ status }) => status),
    ["completed", "interrupted"],
  );
  await second.completeTurn("go on", threadId);
  assert.deepEqual(api.requests.at(-1)?.input.slice(0, whole.length), whole);
  assert.equal(readFileSync(thread.path ?? "", "utf8").includes('"type":"compacted"'), false);
});

const free = { approvalPolicy: "never", sandboxMode: "danger-full-access" } satisfies ServerOptions;
const limit = (tokens: number) => `model_auto_compact_token_limit = ${tokens}`;

function compactions(server: TestServer): ThreadItemOf<"contextCompaction">[] {
  return server.completedItems().flatMap((item) => (item.type === "contextCompaction" ? [item] : []));
}

async function itemsOf(server: TestServer, threadId: string) {
  return (await server.request("thread/items/list", { threadId, limit: 100 })).data.map(({ item }) => item);
}

function isSummaryRequest(request: RequestBody | undefined): boolean {
  return request !== undefined && toldText({ ...request, input: request.input.slice(-1) }).includes(asksForSummary);
}

/** Refuses requests by their number, from 1. */
function tooLong(refused: ReadonlySet<number>): Misbehave {
  return (response, request) => {
    if (!refused.has(request)) return false;
    const error = { code: "context_length_exceeded", message: "Too long." };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(sse({ type: "response.failed", response: { id: "r", status: "failed", error } }));
    return true;
  };
}

function failing(response: Parameters<Misbehave>[0]): true {
  response.writeHead(400, { "content-type": "application/json" });
  response.end('{"error":{"message":"no luck"}}');
  return true;
}

/** What a request tells, one word an entry: messages of the user by their text. */
function outline(request: RequestBody | undefined): string[] {
  return (request?.input ?? []).map(({ type, role, content }) => {
    if (type !== "message") return type;
    const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text).join("");
    if (text.startsWith("<summary_of_conversation>")) return "summary";
    return role === "developer" || text.startsWith("<instructions") ? (role ?? "") : text;
  });
}
