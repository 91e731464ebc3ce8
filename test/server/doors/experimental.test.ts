// What the protocol calls experimental is for clients that said that they take it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testServer } from "../../support/test-server.ts";

const nowhere = "01890000-0000-7000-8000-000000000000";
const threadId = nowhere;
const granular = { granular: { sandbox_approval: true, rules: true, mcp_elicitations: true } };
const dynamicTools = [{ type: "function", name: "x", description: "x", inputSchema: {} }];

// What is asked, and the name in the refusal.
const gated: [method: string, params: object, name: string][] = [
  ["thread/search", { searchTerm: "x" }, "thread/search"],
  ["thread/searchOccurrences", { threadId, searchTerm: "x" }, "thread/searchOccurrences"],
  ["thread/settings/update", { threadId }, "thread/settings/update"],
  ["thread/start", { dynamicTools }, "thread/start.dynamicTools"],
  ["thread/resume", { threadId, initialTurnsPage: {} }, "thread/resume.initialTurnsPage"],
  ["thread/fork", { threadId, beforeTurnId: nowhere }, "thread/fork.beforeTurnId"],
  ["thread/start", { permissions: ":workspace" }, "thread/start.permissions"],
  ["turn/start", { threadId, input: [], permissions: ":workspace" }, "turn/start.permissions"],
  ["thread/start", { approvalPolicy: granular }, "askForApproval.granular"],
  ["thread/resume", { threadId, approvalPolicy: granular }, "askForApproval.granular"],
  ["thread/fork", { threadId, approvalPolicy: granular }, "askForApproval.granular"],
  ["turn/start", { threadId, input: [], approvalPolicy: granular }, "askForApproval.granular"],
];

test("a client that did not declare experimentalApi is refused by the name of what it used", async () => {
  for (const initialize of [undefined, {}, { experimentalApi: false }]) {
    await using server = await testServer(initialize === undefined ? {} : { initialize });
    for (const [method, params, name] of gated) {
      assert.deepEqual(await server.refusal(method, params), {
        code: -32600,
        message: `${name} requires experimentalApi capability`,
      });
    }
  }
});

test("a client that declared it is not", async () => {
  await using server = await testServer({ initialize: { experimentalApi: true } });
  for (const [method, params, name] of gated) {
    const answer = await server.requestRaw(method, params);
    const { message } = (answer["error"] ?? { message: "" }) as { message: string };
    assert.doesNotMatch(message, /requires experimentalApi|Invalid request/, name);
  }
});

test("an experimental member that is null is as good as absent, and what is malformed is said to be that", async () => {
  await using server = await testServer();
  const { thread } = await server.request("thread/start", { dynamicTools: null, approvalPolicy: null });
  assert.ok(thread.id);
  assert.equal(
    (await server.refusal("thread/search", { searchTerm: 5 })).message,
    "Invalid request: invalid type: integer `5`, expected a string",
  );
});
