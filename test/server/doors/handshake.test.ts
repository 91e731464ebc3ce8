// The first exchange of a connection, and how requests are refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const clientInfo = { name: "probe", version: "7" };
const noThread = "01890000-0000-7000-8000-000000000000";

test("initialize says who answers and where its home is", async () => {
  await using server = await testServer({ initialize: null });
  assert.deepEqual(await server.requestRaw("initialize", { clientInfo }, 1), {
    id: 1,
    result: {
      userAgent: `probe/0.0.0-source (${process.platform}) belay (probe; 7)`,
      codexHome: server.home,
      platformFamily: "unix",
      platformOs: process.platform,
    },
  });
});

test("before initialize a known method is refused as not initialized, an unknown one as unknown", async () => {
  await using server = await testServer({ initialize: null });
  assert.deepEqual(await server.refusal("thread/list", {}), { code: -32600, message: "Not initialized" });
  const unknown = await server.refusal("foo/bar", {});
  assert.equal(unknown.code, -32600);
  assert.match(
    unknown.message,
    /^Invalid request: unknown variant `foo\/bar`, expected one of `initialize`, `thread\/start`/,
  );
});

test("a second initialize is refused, and the connection goes on", async () => {
  await using server = await testServer();
  assert.deepEqual(await server.refusal("initialize", { clientInfo }), {
    code: -32600,
    message: "Already initialized",
  });
  assert.deepEqual((await server.request("thread/list", {})).data, []);
});

test("the initialized notification is not needed, and harmless before initialize", async () => {
  await using server = await testServer({ initialize: null });
  server.send({ method: "initialized" });
  await server.request("initialize", { clientInfo });
  assert.deepEqual((await server.request("thread/list", {})).data, []);
});

test("params that do not fit are refused in the words of the protocol", async () => {
  await using server = await testServer();
  const said: Record<string, string> = {};
  const refusals: [name: string, method: string, params: unknown][] = [
    ["missing field", "turn/start", { input: [] }],
    ["no params", "thread/resume", undefined],
    ["null params", "thread/resume", null],
    ["missing field inside", "turn/start", { threadId: noThread, input: [{ type: "text" }] }],
    ["integer for a string", "thread/resume", { threadId: 5 }],
    ["fraction for a string", "thread/resume", { threadId: 5.5 }],
    ["map for a sequence", "turn/start", { threadId: noThread, input: {} }],
    ["null for a sequence", "turn/start", { threadId: noThread, input: null }],
    ["sequence for params", "turn/start", []],
    ["string for an integer", "thread/list", { limit: "many" }],
    ["unknown variant", "thread/start", { approvalPolicy: "on-failure" }],
    ["unknown tag", "turn/start", { threadId: noThread, input: [{ type: "hologram" }] }],
    ["camel case sandbox", "thread/start", { sandbox: "workspaceWrite" }],
  ];
  for (const [name, method, params] of refusals) {
    const { code, message } = await server.refusal(method, params);
    assert.equal(code, -32600, name);
    said[name] = message.replace("Invalid request: ", "");
  }
  assert.deepEqual(said, {
    "missing field": "missing field `threadId`",
    "no params": "missing field `params`",
    "null params": "missing field `threadId`",
    "missing field inside": "missing field `text` at input.0.text",
    "integer for a string": "invalid type: integer `5`, expected a string",
    "fraction for a string": "invalid type: floating point `5.5`, expected a string",
    "map for a sequence": "invalid type: map, expected a sequence",
    "null for a sequence": "invalid type: null, expected a sequence",
    "sequence for params": "invalid type: sequence, expected a map",
    "string for an integer": 'invalid type: string "many", expected a number',
    "unknown variant": "unknown variant `on-failure`, expected one of `untrusted`, `on-request`, `never`",
    "unknown tag":
      "unknown variant `hologram`, expected one of `text`, `image`, `localImage`, `audio`, `localAudio`, `skill`, `mention` at input.0.type",
    "camel case sandbox":
      "unknown variant `workspaceWrite`, expected one of `read-only`, `workspace-write`, `danger-full-access`",
  });
});

test("threads and turns that are not there are refused by name", async () => {
  await using server = await testServer();
  const threadId = await server.startThread();
  const turnId = "no-turn";
  const input = [{ type: "text", text: "x" }];
  assert.deepEqual(
    {
      start: await server.refusal("turn/start", { threadId: noThread, input }),
      interrupt: await server.refusal("turn/interrupt", { threadId: noThread, turnId }),
      idle: await server.refusal("turn/interrupt", { threadId, turnId }),
      resume: await server.refusal("thread/resume", { threadId: noThread }),
      read: await server.refusal("thread/read", { threadId: noThread }),
      malformed: await server.refusal("turn/start", { threadId: "../../etc", input }),
      folder: await server.refusal("thread/start", { cwd: "/no/such/folder" }),
      large: await server.refusal("turn/start", { threadId, input: [{ type: "text", text: "x".repeat(1_048_577) }] }),
    },
    {
      start: { code: -32600, message: `thread not found: ${noThread}` },
      interrupt: { code: -32600, message: `thread not found: ${noThread}` },
      idle: { code: -32600, message: "no active turn to interrupt" },
      resume: { code: -32600, message: `no rollout found for thread id ${noThread}` },
      read: { code: -32600, message: `thread not loaded: ${noThread}` },
      malformed: { code: -32600, message: 'invalid thread id: "../../etc" is not a UUID' },
      folder: {
        code: -32600,
        message:
          "Invalid request: the folder /no/such/folder does not exist; open or create it, or start a thread elsewhere",
      },
      large: {
        code: -32602,
        message: "Input exceeds the maximum length of 1048576 characters.",
        data: { input_error_code: "input_too_large", max_chars: 1_048_576, actual_chars: 1_048_577 },
      },
    },
  );
});

test("unknown params are ignored", async () => {
  await using server = await testServer();
  const answer = await server.requestRaw("thread/list", { limit: 5, hologram: true, __proto__: { limit: "x" } });
  assert.deepEqual(answer["result"], { data: [], nextCursor: null, backwardsCursor: null });
});

test("a client does not hear the notifications it opted out of, and hears all others", async () => {
  await using api = await responsesApi([{ steps: [{ text: "Hello there." }] }]);
  const optOutNotificationMethods = ["item/agentMessage/delta", "thread/started", "no/such"];
  await using server = await testServer({ api, initialize: { optOutNotificationMethods } });
  await server.completeTurn("hi");
  assert.deepEqual(methods(server), [
    "thread/status/changed",
    "turn/started",
    ...["item/started", "item/completed"],
    ...["item/started", "item/completed"],
    "thread/tokenUsage/updated",
    "thread/status/changed",
    "turn/completed",
  ]);
});

test("notifications carry the time they were sent; answers and requests do not", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "true" } }] }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  server.answerApprovals("decline");
  await server.completeTurn("hi");
  for (const message of server.heard) {
    const isNotification = message.method !== undefined && message.id === undefined;
    assert.equal(typeof message["emittedAtMs"], isNotification ? "number" : "undefined", message.method);
    assert.ok(!("jsonrpc" in message));
  }
});

function methods(server: TestServer): (string | undefined)[] {
  return server.heard.flatMap(({ method, id }) => (id === undefined ? [method] : []));
}
