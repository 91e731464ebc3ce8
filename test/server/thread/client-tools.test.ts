// Tools that the client brought along, and questions to the person: the model's call goes out, the answer comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const experimental = { experimentalApi: true };
const inputSchema = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
const ticket = { type: "function" as const, name: "lookup_ticket", description: "Looks up a ticket.", inputSchema };
const crm = {
  ...{ type: "namespace" as const, name: "crm", description: "Customers." },
  tools: [{ name: "find", description: "Finds one.", inputSchema }],
};
const calling = (name: string, args: object = { id: "A-1" }) => [
  { steps: [{ calls: [{ name, arguments: args as Record<string, unknown> }] }, { text: "Done." }] },
];

test("a client's tool is shown to the model, called by it, and its answer goes back", async () => {
  await using api = await responsesApi(calling("lookup_ticket"));
  await using server = await testServer({ api, initialize: experimental });
  const threadId = await server.startThread({ dynamicTools: [ticket] });
  const { turnId } = await server.startTurn("look", threadId);
  const { id, params } = await server.expectRequest("item/tool/call");
  const started = await server.expectNotification("item/started", ({ item }) => item.type === "dynamicToolCall");
  assert.deepEqual(params, {
    ...{ threadId, turnId, callId: started.item.id, namespace: null },
    ...{ tool: "lookup_ticket", arguments: { id: "A-1" } },
  });
  const picture = "data:image/png;base64,iVBORw0KGgo=";
  const contentItems = [
    { type: "inputText", text: "open" },
    { type: "inputImage", imageUrl: picture },
  ];
  server.respond(id, { contentItems, success: true });
  const { item } = await server.expectNotification("item/completed", (each) => each.item.id === params.callId);
  assert.ok(item.type === "dynamicToolCall");
  assert.deepEqual([item.status, item.success, item.contentItems], ["completed", true, contentItems]);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  const [request, next] = api.requests;
  assert.deepEqual(
    request?.tools.find(({ name }) => name === "lookup_ticket"),
    {
      type: "function",
      name: "lookup_ticket",
      description: ticket.description,
      parameters: inputSchema,
      strict: false,
    },
  );
  assert.deepEqual(toolOutputs(next), [
    [
      { type: "input_text", text: "open\n[picture]" },
      { type: "input_image", image_url: picture, detail: "auto" },
    ],
  ]);
  // It is no question to a person: nobody is told that it is settled, and no flag says that it waits.
  assert.ok(!server.heard.some(({ method }) => method === "serverRequest/resolved"));
});

test("a tool in a namespace is called by both names, also after a restart", async () => {
  await using api = await responsesApi(calling("crm__find"));
  await using server = await testServer({ api, initialize: experimental });
  server.answer("item/tool/call", () => ({ contentItems: [{ type: "inputText", text: "found" }], success: true }));
  const threadId = await server.startThread({ dynamicTools: [crm] });
  await server.completeTurn("look", threadId);
  assert.deepEqual(calls(server), [["crm", "find"]]);
  const description = api.requests[0]?.tools.find(({ name }) => name === "crm__find") as { description?: string };
  assert.equal(description.description, "Customers. Finds one.");
  await server.end();
  await using next = await testServer({ like: server, initialize: experimental });
  next.answer("item/tool/call", () => ({ contentItems: [], success: false }));
  await next.request("thread/resume", { threadId });
  await next.completeTurn("again", threadId);
  assert.deepEqual(calls(next), [["crm", "find"]]);
  assert.deepEqual(next.toolStatuses(), ["failed"]);
});

test("a client that answers with an error, or not as agreed, fails the call and not the turn", async () => {
  for (const respond of [
    (server: TestServer, id: number | string) => server.send({ id, error: { code: -32000, message: "no" } }),
    (server: TestServer, id: number | string) => server.respond(id, { nonsense: true }),
    (server: TestServer, id: number | string) => server.respond(id, null),
  ]) {
    await using api = await responsesApi(calling("lookup_ticket"));
    await using server = await testServer({ api, initialize: experimental });
    const threadId = await server.startThread({ dynamicTools: [ticket] });
    await server.startTurn("look", threadId);
    respond(server, (await server.expectRequest("item/tool/call")).id);
    assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
    assert.deepEqual(server.toolStatuses(), ["failed"]);
    assert.match(String(toolOutputs(api.requests[1])[0]), /^The client that has this tool did not answer the call/);
  }
});

test("stopping the turn does not wait for a client that does not answer its tool", async () => {
  await using api = await responsesApi(calling("lookup_ticket"));
  await using server = await testServer({ api, initialize: experimental });
  const threadId = await server.startThread({ dynamicTools: [ticket] });
  const ids = await server.startTurn("look", threadId);
  await server.expectRequest("item/tool/call");
  await server.request("turn/interrupt", ids);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  assert.deepEqual(server.toolStatuses(), ["failed"]);
});

test("a tool's name is one that a model can call", async () => {
  await using server = await testServer({ initialize: experimental });
  const { message } = await server.refusal("thread/start", { dynamicTools: [{ ...ticket, name: "two words" }] });
  assert.equal(message, "Invalid request: a tool's name is 1 to 64 letters, digits, `_` or `-` at dynamicTools.0.name");
});

const questions = [
  { id: "which", header: "Pick", question: "Which one?", options: [{ label: "A", description: "the first" }] },
  { id: "why", header: "Why", question: "Why that?" },
];

test("a question of the model waits for the person, and the answers go back by the names of the questions", async () => {
  await using api = await responsesApi(calling("request_user_input", { questions }));
  await using server = await testServer({ api });
  const { threadId, turnId } = await server.startTurn("ask me");
  const { id, params } = await server.expectRequest("item/tool/requestUserInput");
  assert.deepEqual(params, {
    ...{ threadId, turnId, itemId: params.itemId, isBlocking: true, autoResolutionMs: null },
    questions: [
      { ...questions[0], isOther: true, isSecret: false },
      { ...questions[1], isOther: true, isSecret: false, options: null },
    ],
  });
  const waits = { type: "active", activeFlags: ["waitingOnUserInput"] };
  await server.expectNotification("thread/status/changed", ({ status }) => same(status, waits));
  const answers = { which: { answers: ["A"] }, why: { answers: ["because", "of that"] } };
  server.respond(id, { answers });
  assert.equal((await server.expectNotification("serverRequest/resolved")).requestId, id);
  await server.expectNotification("thread/status/changed", ({ status }) =>
    same(status, { type: "active", activeFlags: [] }),
  );
  await server.expectNotification("turn/completed");
  assert.deepEqual(JSON.parse(String(toolOutputs(api.requests[1])[0])), { answers });
});

test("a question that is not answered does not stop the turn, one that is stopped with it is resolved", async () => {
  await using api = await responsesApi(calling("request_user_input", { questions }));
  await using server = await testServer({ api });
  const first = await server.startTurn("ask me");
  server.respond((await server.expectRequest("item/tool/requestUserInput")).id, {});
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  assert.deepEqual(JSON.parse(String(toolOutputs(api.requests[1])[0])), { answers: {} });
  await server.startTurn("ask me", first.threadId);
  const refused = await server.expectRequest("item/tool/requestUserInput");
  server.send({ id: refused.id, error: { code: -32601, message: "cannot" } });
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  assert.equal(toolOutputs(api.requests[3]).at(-1), "The user did not answer. Go on with what seems best.");
  const last = await server.startTurn("ask me", first.threadId);
  const { id } = await server.expectRequest("item/tool/requestUserInput");
  await server.request("turn/interrupt", last);
  await server.expectNotification("serverRequest/resolved", ({ requestId }) => requestId === id);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function calls(server: TestServer): unknown[][] {
  return server.heard.flatMap(({ method, params }) => {
    const { namespace, tool } = (params ?? {}) as { namespace?: unknown; tool?: unknown };
    return method === "item/tool/call" ? [[namespace, tool]] : [];
  });
}
