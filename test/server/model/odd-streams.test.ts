// Streams that are odd and still say something: nothing of it is lost, and nothing of it breaks the thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi, sse } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";
import { responsesEventReader } from "../../../server/model/responses-events.ts";

const done = { type: "response.completed", response: { id: "r", status: "completed" } };
const message = (id: string, text: string) => {
  const item = { type: "message", id, role: "assistant" };
  const content = [{ type: "output_text", text, annotations: [] }];
  return [
    { type: "response.output_item.added", output_index: 0, item: { ...item, content: [] } },
    { type: "response.output_text.delta", item_id: id, output_index: 0, content_index: 0, delta: text },
    { type: "response.output_item.done", output_index: 0, item: { ...item, content } },
  ];
};
const summary = (summary_index: unknown, delta: string) => [
  { type: "response.reasoning_summary_part.added", item_id: "a", summary_index, part: {} },
  { type: "response.reasoning_summary_text.delta", item_id: "a", summary_index, delta },
];
const thought = { type: "response.reasoning_text.delta", item_id: "a", content_index: 4e9, delta: "deep" };

test("two messages under one id are both shown and both told to the model", async () => {
  const { items, next } = await hear([...message("m", "First."), ...message("m", "Second."), done]);
  assert.deepEqual(
    items.flatMap((item) => (item.type === "agentMessage" ? [item.text] : [])),
    ["First.", "Second.", "Fine."],
  );
  assert.match(next, /First\..*Second\./);
});

test("parts of a reasoning are counted from 0, whatever the provider calls them", async () => {
  const events = [...summary(3e9, "one"), ...summary(-1, "two"), ...summary(3e9, ", more"), ...summary("x", "three")];
  const { items } = await hear([...events, thought, done]);
  const [reasoning] = items.flatMap((item) => (item.type === "reasoning" ? [[item.summary, item.content]] : []));
  assert.deepEqual(reasoning, [["one, more", "two", "three"], ["deep"]]);
});

test("what is no text where the types say text is kept as text", async () => {
  const call = { type: "function_call", call_id: 7, name: "exec_command", arguments: { cmd: "echo ran" } };
  const reasoning = { type: "reasoning", id: "r", summary: [{ text: 5 }], encrypted_content: {} };
  const keyWays = { envKey: null, canSignIn: false, instructions: null };
  const read = responsesEventReader({
    provider: "p",
    baseUrl: "u",
    model: "m",
    idleTimeoutMs: 1,
    keyWays,
    secrets: [],
  });
  const events = [
    { type: "response.output_text.delta", item_id: "a", delta: { a: 1 } },
    { type: "response.output_item.done", output_index: 1, item: reasoning },
    { type: "response.output_item.done", output_index: 2, item: call },
    { type: "response.completed", response: { usage: { input_tokens: "x", output_tokens: null, total_tokens: {} } } },
  ].flatMap((event) => read(event as never));
  const usage = {
    ...{ totalTokens: 0, inputTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 },
    ...{ outputTokens: 0, reasoningOutputTokens: 0 },
  };
  const input = '{"cmd":"echo ran"}';
  assert.deepEqual(events, [
    { type: "messageStarted", id: "a" },
    { type: "messageDelta", id: "a", delta: '{"a":1}' },
    { type: "reasoningStarted", id: "r" },
    { type: "reasoningCompleted", id: "r", summary: ["5"], content: [], encrypted: null },
    { type: "toolCall", call: { type: "toolCall", callId: "7", name: "exec_command", kind: "json", input } },
    { type: "completed", usage },
  ]);
});

test("what a provider counts and calls wrongly does not keep its thread from being read back", async () => {
  const usage = { input_tokens: Number.MAX_SAFE_INTEGER, output_tokens: -5, total_tokens: Number.MAX_SAFE_INTEGER };
  const reasoning = { type: "reasoning", id: 7, summary: [{ text: "Hm." }] };
  const call = { type: "function_call", call_id: "c", name: "list_dir", arguments: "{}" };
  const completed = { type: "response.completed", response: { id: "r", status: "completed", usage } };
  const events = [reasoning, call].map((item, output_index) => ({
    ...{ type: "response.output_item.done", output_index, item },
  }));
  await using api = await responsesApi([{ steps: [{ text: "Fine." }] }], {
    misbehave(response, request) {
      if (request > 2) return false;
      const said = request === 1 ? [...events, completed] : [...message("m", "Done."), completed];
      response.writeHead(200, { "content-type": "text/event-stream" }).end(said.map(sse).join(""));
      return true;
    },
  });
  await using first = await testServer({ api });
  const { threadId, turn } = await first.completeTurn("go");
  assert.deepEqual([turn.status, turn.tokenUsage?.totalTokens, turn.tokenUsage?.outputTokens], ["completed", 0, 0]);
  await first.end();
  await using second = await testServer({ api, like: first });
  const { thread } = await second.request("thread/resume", { threadId });
  assert.deepEqual(
    [thread.turns[0]?.status, second.heard.filter(({ method }) => method === "warning")],
    ["completed", []],
  );
  await second.completeTurn("again", threadId);
  assert.match(JSON.stringify(api.requests[2]), /Hm\./);
});

/** One turn that gets these events, and one more: all items, and what the model was told the second time. */
async function hear(events: readonly Record<string, unknown>[]) {
  await using api = await responsesApi([{ steps: [{ text: "Fine." }] }], {
    misbehave(response, request) {
      if (request > 1) return false;
      response.writeHead(200, { "content-type": "text/event-stream" }).end(events.map(sse).join(""));
      return true;
    },
  });
  await using server = await testServer({ api });
  const { threadId, turn } = await server.completeTurn("go");
  assert.equal(turn.status, "completed");
  await server.completeTurn("again", threadId);
  return { items: server.completedItems(), next: JSON.stringify(api.requests[1]) };
}
