// Permission profiles: the same names as in the list, wherever a thread takes a sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testServer } from "../../support/test-server.ts";

const experimental = { experimentalApi: true };

test("a thread runs under the profile that is named, says so, and forgets the name with another sandbox", async () => {
  await using server = await testServer({ initialize: experimental });
  const { data } = await server.request("permissionProfile/list", {});
  const types = { ":read-only": "readOnly", ":workspace": "workspaceWrite", ":danger-full-access": "dangerFullAccess" };
  assert.deepEqual(
    data.map(({ id }) => id),
    Object.keys(types),
  );
  for (const [permissions, type] of Object.entries(types)) {
    const started = await server.request("thread/start", { cwd: server.workspace, permissions });
    assert.deepEqual(
      [started.sandbox.type, started.activePermissionProfile],
      [type, { id: permissions, extends: null }],
    );
  }
  const { thread } = await server.request("thread/start", { cwd: server.workspace, permissions: ":read-only" });
  await server.request("thread/settings/update", { threadId: thread.id, model: "other" });
  const kept = (await server.expectNotification("thread/settings/updated")).threadSettings;
  assert.deepEqual([kept.sandbox.type, kept.activePermissionProfile?.id], ["readOnly", ":read-only"]);
  await server.request("thread/settings/update", { threadId: thread.id, sandboxPolicy: { type: "dangerFullAccess" } });
  const changed = (await server.expectNotification("thread/settings/updated")).threadSettings;
  assert.deepEqual([changed.sandbox.type, changed.activePermissionProfile], ["dangerFullAccess", null]);
});

test("a profile that does not exist, or beside a sandbox, is refused and changes nothing", async () => {
  await using server = await testServer({ initialize: experimental });
  const threadId = await server.startThread();
  const sandboxPolicy = { type: "dangerFullAccess" as const };
  for (const [method, params, message] of [
    ["thread/start", { permissions: ":nope" }, /unknown built-in profile `:nope`$/],
    [
      "thread/start",
      { permissions: ":workspace", sandbox: "read-only" },
      /^`permissions` cannot be combined with `sandbox`$/,
    ],
    ["turn/start", { threadId, input: [], permissions: "constructor" }, /unknown built-in profile `constructor`$/],
    ["turn/start", { threadId, input: [], permissions: ":workspace", sandboxPolicy }, /with `sandboxPolicy`$/],
  ] as const) {
    const refused = await server.refusal(method, params);
    assert.equal(refused.code, -32600);
    assert.match(refused.message, message);
  }
});
