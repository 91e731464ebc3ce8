// What holds for the next turn, and how a request changes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Config } from "../../../server/config/schema.ts";
import { changeSettings, initialSettings, sandboxFromMode } from "../../../server/thread/settings.ts";

const config = Config.parse({ sandbox_workspace_write: { writable_roots: ["/more"], network_access: true } });
const start = initialSettings(config, "m", "/w");

test("a thread starts with what the configuration says, and the name of the mode that this is", () => {
  assert.deepEqual(start, {
    model: "m",
    modelProvider: "openai",
    cwd: "/w",
    approvalPolicy: "on-request",
    sandbox: {
      type: "workspaceWrite",
      writableRoots: ["/more"],
      networkAccess: true,
      excludeTmpdirEnvVar: false,
      excludeSlashTmp: false,
    },
    permissionProfile: null,
    reasoningEffort: null,
    mode: "agent",
  });
  const other = initialSettings(
    Config.parse({ approval_policy: "untrusted", model_reasoning_effort: "low" }),
    "m",
    "/w",
  );
  assert.deepEqual([other.mode, other.reasoningEffort], [null, "low"]);
});

test("what is absent or null stays as it is", () => {
  const nothing = {
    model: null,
    modelProvider: null,
    cwd: null,
    approvalPolicy: null,
    sandbox: null,
    sandboxPolicy: null,
    effort: null,
    mode: null,
  };
  assert.deepEqual(changeSettings(start, nothing, config), start);
  assert.deepEqual(changeSettings(start, {}, config), start);
});

test("each of the three modes sets policy and sandbox together, and wins over the two", () => {
  const parts = {
    approvalPolicy: "untrusted",
    sandbox: "read-only",
    sandboxPolicy: { type: "readOnly", networkAccess: true },
  } as const;
  const found = (["ask", "agent", "fullAccess"] as const).map((mode) => {
    const { approvalPolicy, sandbox, mode: named } = changeSettings(start, { ...parts, mode }, config);
    return [approvalPolicy, sandbox.type, named];
  });
  assert.deepEqual(found, [
    ["on-request", "readOnly", "ask"],
    ["on-request", "workspaceWrite", "agent"],
    ["never", "dangerFullAccess", "fullAccess"],
  ]);
});

test("changing one part leaves the mode, or arrives at one", () => {
  assert.equal(changeSettings(start, { approvalPolicy: "never" }, config).mode, null);
  assert.equal(
    changeSettings(start, { sandboxPolicy: { type: "readOnly", networkAccess: false } }, config).mode,
    "ask",
  );
  assert.equal(
    changeSettings(start, { approvalPolicy: "never", sandbox: "danger-full-access" }, config).mode,
    "fullAccess",
  );
});

test("a relative folder is taken from the thread's own", () => {
  assert.equal(changeSettings(start, { cwd: "sub/../x" }, config).cwd, "/w/x");
  assert.equal(changeSettings(start, { cwd: "/else" }, config).cwd, "/else");
});

test("a sandbox named by its mode has the configured details", () => {
  assert.deepEqual(sandboxFromMode("read-only", config), { type: "readOnly", networkAccess: false });
  assert.deepEqual(sandboxFromMode("danger-full-access", config), { type: "dangerFullAccess" });
  assert.deepEqual(sandboxFromMode("workspace-write", config), start.sandbox);
});
