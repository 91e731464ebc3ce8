// The plan of a thread over the real wire: told as it changes, and as lasting as the thread itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type RequestBody, responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { testServer, type TestServer } from "../../support/test-server.ts";

type Step = readonly [step: string, status: "pending" | "in_progress" | "completed"];
const update = (explanation: string | null, ...steps: readonly Step[]) => ({
  name: "update_plan",
  arguments: { ...(explanation && { explanation }), plan: steps.map(([step, status]) => ({ step, status })) },
});
const begun = update(null, ["Find the <cause>", "in_progress"], ["Mend it", "pending"]);
const next = update("The cause is plain.", ["Find the <cause>", "completed"], ["Mend it", "in_progress"]);
const finished = update(null, ["Find the <cause>", "completed"], ["Mend it", "completed"]);
const scenes = [
  { prompt: "outgrow what you can be shown", steps: [{ text: "Sum." }] },
  { prompt: "^begin", steps: [{ calls: [begun] }, { text: "Begun." }] },
  { prompt: "^next", steps: [{ calls: [next] }, { text: "Found." }] },
  { prompt: "^both", steps: [{ calls: [begun] }, { calls: [next] }, { text: "Found." }] },
  { prompt: "^finish", steps: [{ calls: [finished] }, { text: "Mended." }] },
  { prompt: "^wrong", steps: [{ calls: [{ name: "update_plan", arguments: {} }] }, { text: "So not." }] },
  // Enough for a summary to be shorter.
  { steps: [{ text: "ok ".repeat(2_000) }] },
];
const stepsOf = (first: string, second: string) => [
  { step: "Find the <cause>", status: first },
  { step: "Mend it", status: second },
];
const atFirst = { explanation: null, plan: stepsOf("inProgress", "pending") };
const later = { explanation: "The cause is plain.", plan: stepsOf("completed", "inProgress") };

test("a plan is told in its turn, without an item, each time it changes; the model hears that it was", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, approvalPolicy: "untrusted", sandboxMode: "read-only" });
  const { threadId, turnId, turn } = await server.completeTurn("both");
  const at = { threadId, turnId };
  assert.deepEqual(plans(server), [
    { ...at, ...atFirst },
    { ...at, ...later },
  ]);
  assert.equal(turn.status, "completed");
  assert.deepEqual(
    server.completedItems().map(({ type }) => type),
    ["userMessage", "agentMessage"],
  );
  assert.deepEqual(toolOutputs(api.requests.at(-1)), ["Plan updated", "Plan updated"]);
});

test("arguments that are no plan are answered with what would be one, and nothing is told", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  await server.completeTurn("wrong");
  assert.match(toolOutputs(api.requests.at(-1))[0] ?? "", /failed to parse function arguments: .*list of all steps/);
  assert.deepEqual([plans(server), server.toolStatuses()], [[], ["failed"]]);
});

test("whoever resumes a thread is told its latest plan, of the turn that it is of, in a new process too", async () => {
  await using api = await responsesApi(scenes);
  await using first = await testServer({ api });
  const { threadId, turnId } = await first.completeTurn("begin");
  await first.completeTurn("go on", threadId);
  const told = { threadId, turnId, ...atFirst };
  assert.deepEqual(await resumed(first, threadId), [told, told]);
  await first.end();
  await using second = await testServer({ api, like: first });
  assert.deepEqual(await resumed(second, threadId), [told]);
});

test("a fork has the plan of the turns that it takes over", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.completeTurn("begin");
  const second = await server.completeTurn("next", threadId);
  for (const [lastTurnId, plan] of [
    [turnId, atFirst],
    [second.turnId, later],
  ] as const) {
    const { thread } = await server.request("thread/fork", { threadId, lastTurnId });
    const told = await server.expectNotification("turn/plan/updated", (params) => params.threadId === thread.id);
    assert.deepEqual(told, { threadId: thread.id, turnId: lastTurnId, ...plan });
  }
});

test("a revert brings the plan back that was there before, or none, and so it stays in a new process", async () => {
  await using api = await responsesApi(scenes);
  await using first = await testServer({ api, initialize: { experimentalApi: true } });
  const { threadId, turnId } = await first.completeTurn("begin");
  const later = await first.completeTurn("next", threadId);
  await first.request("thread/revert", { threadId, beforeTurnId: later.turnId });
  assert.deepEqual((await resumed(first, threadId)).at(-1), { threadId, turnId, ...atFirst });
  await first.end();
  await using second = await testServer({ api, like: first, initialize: { experimentalApi: true } });
  assert.deepEqual(await resumed(second, threadId), [{ threadId, turnId, ...atFirst }]);
  await second.request("thread/revert", { threadId, beforeTurnId: turnId });
  assert.equal((await resumed(second, threadId)).length, 1);
  await second.end();
  await using third = await testServer({ api, like: second });
  assert.deepEqual(await resumed(third, threadId), []);
});

test("behind a compaction the model has its plan word for word, until all of it is done", async () => {
  await using api = await responsesApi(scenes);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("next");
  await first.completeTurn("go on", threadId);
  await compacted(first, threadId);
  await first.completeTurn("go on", threadId);
  const carried = [
    "This is your plan, as you last told it. Go on from there:",
    String.raw`- {"step":"Find the \u003ccause>","status":"completed"}`,
    String.raw`- {"step":"Mend it","status":"in_progress"}`,
  ].join("\n");
  assert.ok(state(api.requests.at(-1)).includes(carried), state(api.requests.at(-1)));
  await first.end();
  // What is carried over is what the thread keeps, and no longer what is in its history.
  await using second = await testServer({ api, like: first });
  await second.request("thread/resume", { threadId });
  await compacted(second, threadId);
  await second.completeTurn("go on", threadId);
  assert.ok(state(api.requests.at(-1)).includes(carried));
  await second.completeTurn("finish", threadId);
  await second.completeTurn("go on", threadId);
  await compacted(second, threadId);
  await second.completeTurn("go on", threadId);
  assert.doesNotMatch(toldText(api.requests.at(-1) as RequestBody), /Mend it/);
});

test("a configuration can take the tool away, and the rest stays as it is", async () => {
  const offered: string[][] = [];
  for (const args of [[], ["-c", "tools.update_plan.enabled=false"]]) {
    await using api = await responsesApi(scenes);
    await using server = await testServer({ api, args });
    await server.completeTurn("begin");
    offered.push((api.requests[0]?.tools ?? []).map((tool) => JSON.stringify(tool)));
    const [answer] = toolOutputs(api.requests.at(-1));
    assert.equal(answer, args.length === 0 ? "Plan updated" : "unsupported call: update_plan");
  }
  const [all = [], less = []] = offered;
  assert.match(all.at(-1) ?? "", /"name":"update_plan"/);
  assert.deepEqual(less, all.slice(0, -1));
});

test("a client's own tool of that name takes the place of ours", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const own = { type: "function" as const, name: "update_plan", description: "Its own.", inputSchema: {} };
  const threadId = await server.startThread({ dynamicTools: [own] });
  server.answer("item/tool/call", () => ({
    contentItems: [{ type: "inputText", text: "Its own plan" }],
    success: true,
  }));
  await server.completeTurn("begin", threadId);
  const offered = (api.requests[0]?.tools ?? []).filter(({ name }) => name === "update_plan");
  assert.deepEqual(
    offered.map((tool) => "description" in tool && tool.description),
    ["Its own."],
  );
  assert.deepEqual([toolOutputs(api.requests.at(-1)), plans(server)], [["Its own plan"], []]);
});

function plans(server: TestServer): unknown[] {
  return server.heard.flatMap(({ method, params }) => (method === "turn/plan/updated" ? [params] : []));
}

/** All plans that were told until now, with those that the resume brings. */
async function resumed(server: TestServer, threadId: string): Promise<unknown[]> {
  await server.request("thread/resume", { threadId });
  // Answered behind what the resume told.
  await server.request("thread/loaded/list", {});
  return plans(server);
}

async function compacted(server: TestServer, threadId: string): Promise<void> {
  await server.request("thread/compact/start", { threadId });
  const { item, turnId } = await server.expectNotification(
    "item/completed",
    ({ item }) => item.type === "contextCompaction",
  );
  assert.equal(item.type === "contextCompaction" && item.status, "completed");
  await server.expectNotification("turn/completed", ({ turn }) => turn.id === turnId);
}

function state(request: RequestBody | undefined): string {
  const told = request?.input.map((entry) => JSON.stringify(entry["content"] ?? "")) ?? [];
  return JSON.parse(told.find((text) => text.includes("<state_of_thread>")) ?? '[{"text":"none"}]')[0].text;
}
