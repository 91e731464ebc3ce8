// What a command does, in a word where it can be told: on its item and in the question about it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

test("a command's item says what is read, listed and searched, with the whole path of a file that is read", async () => {
  const scripts = ["cat sub/a.txt | head -1", "ls sub", "grep -rn one .", "cat sub/a.txt; sort sub/a.txt"];
  const steps = scripts.map((cmd) => ({ calls: [{ name: "exec_command", arguments: { cmd } }] }));
  await using api = await responsesApi([{ steps: [...steps, { text: "ok" }] }]);
  const files = { "sub/a.txt": "one\n" };
  await using server = await testServer({ api, files, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  await server.completeTurn("look");
  const items = server.heard.flatMap(({ method, params }) => {
    if (method !== "item/started") return [];
    const { item } = params as { item: { type: string; commandActions: unknown[] } };
    return item.type === "commandExecution" ? [item.commandActions] : [];
  });
  const read = { type: "read", command: "cat sub/a.txt", name: "a.txt", path: join(server.workspace, "sub/a.txt") };
  assert.deepEqual(items, [
    [read],
    [{ type: "listFiles", command: "ls sub", path: "sub" }],
    [{ type: "search", command: "grep -rn one .", query: "one", path: "." }],
    [{ type: "unknown", command: scripts[3] }],
  ]);
});

test("so does the question about it", async () => {
  const call = { name: "exec_command", arguments: { cmd: "cat a.txt", sandbox_permissions: "require_escalated" } };
  await using api = await responsesApi([{ steps: [{ calls: [call] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\n" }, approvalPolicy: "on-request" });
  await server.startTurn("look");
  const { id, params } = await server.expectRequest("item/commandExecution/requestApproval");
  const path = join(server.workspace, "a.txt");
  assert.deepEqual(params.commandActions, [{ type: "read", command: "cat a.txt", name: "a.txt", path }]);
  server.respond(id, { decision: "decline" });
  await server.expectNotification("turn/completed");
});
