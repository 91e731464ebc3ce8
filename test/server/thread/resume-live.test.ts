// Joining a thread whose turn is running: the snapshot and what is heard behind it make the whole, nothing twice.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import { applyToTurns } from "../../../server/thread/turn-log.ts";
import { gate } from "../../support/lifeline.ts";
import { completedEvent, responsesApi, sse } from "../../support/responses-api.ts";
import { type AnyMessage, type TestServer, testServer } from "../../support/test-server.ts";

test("a snapshot taken while the model speaks, with the deltas behind it, is the completed message", async () => {
  const asked = Promise.withResolvers<ServerResponse>();
  await using api = await responsesApi([], {
    misbehave(response) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      asked.resolve(response);
      return true;
    },
  });
  await using server = await testServer({ api });
  const { threadId } = await server.startTurn("talk");
  const response = await asked.promise;
  const say = (...events: Record<string, unknown>[]) => response.write(events.map(sse).join(""));
  const resumes: AnyMessage[] = [];
  // Some of it comes before each snapshot, and some crosses it.
  const streams = async (method: Parameters<TestServer["expectNotification"]>[0], delta: Record<string, unknown>) => {
    for (let number = 0; number < 4; number++) {
      say({ ...delta, delta: `word-${number} ` });
      await server.expectNotification(method);
      const resumed = server.requestRaw("thread/resume", { threadId });
      say({ ...delta, delta: "and " }, { ...delta, delta: "more " });
      resumes.push(await resumed);
    }
  };
  const text = [0, 1, 2, 3].map((number) => `word-${number} and more `).join("");
  const at = { output_index: 0, item_id: "r", summary_index: 0 };
  const reasoning = { type: "reasoning", id: "r", summary: [{ type: "summary_text", text }] };
  say({ type: "response.output_item.added", output_index: 0, item: { ...reasoning, summary: [] } });
  say({ type: "response.reasoning_summary_part.added", ...at, part: { type: "summary_text", text: "" } });
  await streams("item/reasoning/summaryTextDelta", { type: "response.reasoning_summary_text.delta", ...at });
  say({ type: "response.output_item.done", output_index: 0, item: reasoning });
  const message = { type: "message", id: "m", role: "assistant", content: [{ type: "output_text", text }] };
  say({ type: "response.output_item.added", output_index: 1, item: { ...message, content: [] } });
  await streams("item/agentMessage/delta", { type: "response.output_text.delta", item_id: "m", output_index: 1 });
  say({ type: "response.output_item.done", output_index: 1, item: message });
  response.end(sse(completedEvent));
  await server.expectNotification("turn/completed");
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns[0]?.items.map((item) => (item.type === "agentMessage" ? item.text : item.type)),
    ["userMessage", "reasoning", text],
  );
  for (const answer of resumes) assert.deepEqual(replay(server, answer), thread.turns);
});

test("a snapshot taken while a command runs, with the output behind it, is the whole output", async () => {
  const script = "for i in $(seq 1 400); do echo line-$i; done; read x < gate; echo end";
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd: script } }] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  const held = gate(server.workspace);
  const { threadId } = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  const early = server.requestRaw("thread/resume", { threadId });
  await early;
  const late = server.requestRaw("thread/resume", { threadId });
  await late;
  await held.open();
  await server.expectNotification("turn/completed");
  const deltas = server.heard.flatMap(({ method, params }) =>
    method === "item/commandExecution/outputDelta" ? [(params as { delta: string }).delta] : [],
  );
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  const [command] = thread.turns[0]?.items.flatMap((item) => (item.type === "commandExecution" ? [item] : [])) ?? [];
  assert.equal(deltas.join(""), command?.aggregatedOutput);
  for (const answer of [await early, await late]) assert.deepEqual(replay(server, answer), thread.turns);
});

test("an approval that waits is not asked twice of a client that resumes, and still counts", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "env true" } }] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { threadId } = await server.startTurn("run");
  const { id } = await server.expectRequest("item/commandExecution/requestApproval");
  const { thread } = await server.request("thread/resume", { threadId });
  assert.deepEqual(thread.status, { type: "active", activeFlags: ["waitingOnApproval"] });
  server.respond(id, { decision: "accept" });
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
});

/** What a client knows at the end that starts from this answer: its snapshot, and all it hears behind it. */
function replay(server: TestServer, answer: AnyMessage): Turn[] {
  const turns = structuredClone((answer["result"] as { thread: { turns: Turn[] } }).thread.turns);
  const behind = server.heard.slice(server.heard.indexOf(answer) + 1);
  for (const message of behind) {
    if (message.method !== undefined && message.id === undefined)
      applyToTurns(turns, message as unknown as ServerNotification);
  }
  return turns;
}
