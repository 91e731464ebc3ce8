// The configuration as a client meets it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

test("a broken file is told once after initialize, and threads start with the strictest permissions", async () => {
  await using server = await testServer({ config: "this is [no toml" });
  const warning = await server.expectNotification("configWarning");
  assert.equal(warning.summary, "Invalid configuration; using defaults.");
  assert.match(warning.details ?? "", /config\.toml could not be read at line 5, column \d+/);
  const { sandbox, approvalPolicy, modelProvider } = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual([sandbox.type, approvalPolicy, modelProvider], ["readOnly", "untrusted", "openai"]);
  assert.equal(server.heard.filter(({ method }) => method === "configWarning").length, 1);
});

test("a restriction that cannot be read is the strictest one, and the warning says which", async () => {
  const args = ["-c", "approval_policy=askme"];
  await using server = await testServer({ config: 'sandbox_mode = "readonly"', approvalPolicy: "never", args });
  const told = [await server.expectNotification("configWarning"), await server.expectNotification("configWarning")];
  assert.match(told[0]?.details ?? "", /Until then sandbox_mode is "read-only"\.$/);
  assert.match(told[1]?.details ?? "", /Until then approval_policy is "untrusted"\.$/);
  const { sandbox, approvalPolicy } = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual([sandbox.type, approvalPolicy], ["readOnly", "untrusted"]);
  const { config, origins } = await server.request("config/read", {});
  assert.deepEqual([config["sandbox_mode"], config["approval_policy"]], ["read-only", "untrusted"]);
  assert.equal(origins["approval_policy"]?.name.type, "sessionFlags");
});

test("-c wins over the file for this process", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  const args = [
    "-c",
    "model=other",
    "-c",
    'approval_policy="never"',
    "-c",
    "sandbox_workspace_write.network_access=true",
    "--listen",
    "stdio://",
  ];
  await using server = await testServer({ api, args, approvalPolicy: "untrusted" });
  const { model, approvalPolicy, sandbox } = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual(
    { model, approvalPolicy, sandbox },
    {
      model: "other",
      approvalPolicy: "never",
      sandbox: {
        type: "workspaceWrite",
        writableRoots: [],
        networkAccess: true,
        excludeTmpdirEnvVar: false,
        excludeSlashTmp: false,
      },
    },
  );
});

test("what a request asks for wins over the configuration, and a mode over its parts", async () => {
  await using server = await testServer({ approvalPolicy: "untrusted", sandboxMode: "read-only" });
  const own = await server.request("thread/start", {
    cwd: server.workspace,
    sandbox: "danger-full-access",
    approvalPolicy: "never",
  });
  assert.deepEqual([own.mode, own.sandbox.type], ["fullAccess", "dangerFullAccess"]);
  const mode = await server.request("thread/start", {
    cwd: server.workspace,
    mode: "ask",
    sandbox: "danger-full-access",
    approvalPolicy: "never",
  });
  assert.deepEqual([mode.mode, mode.sandbox.type, mode.approvalPolicy], ["ask", "readOnly", "on-request"]);
  const none = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual([none.mode, none.sandbox.type, none.approvalPolicy], [null, "readOnly", "untrusted"]);
});
