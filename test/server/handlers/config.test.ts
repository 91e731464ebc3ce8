// The configuration over the wire: what is read, what a write leaves of the file, and who sees the new values.
import assert from "node:assert/strict";
import { chmodSync, lstatSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const file = (server: TestServer) => join(server.home, "config.toml");
const text = (server: TestServer) => readFileSync(file(server), "utf8");
const replace = (keyPath: string, value: unknown) => ({ keyPath, value, mergeStrategy: "replace" as const });

test("reading says what holds, where each value comes from, and what each layer says", async () => {
  await using server = await testServer({
    config: 'mcp_servers.docs.args = ["x"]\nmodel_context_window = 5',
    args: ["-c", "model=flag", "-c", "sandbox_workspace_write.network_access=true"],
  });
  const { config, origins, layers } = await server.request("config/read", { includeLayers: true });
  const [flags, user] = layers ?? [];
  assert.deepEqual(
    pick(config, ["model", "model_provider", "model_context_window", "mcp_servers", "approval_policy"]),
    {
      model: "flag",
      model_provider: "test",
      model_context_window: 5,
      mcp_servers: { docs: { args: ["x"] } },
      approval_policy: null,
    },
  );
  assert.deepEqual(config["sandbox_workspace_write"], {
    writable_roots: [],
    network_access: true,
    exclude_tmpdir_env_var: false,
    exclude_slash_tmp: false,
  });
  assert.deepEqual(
    [flags?.name, flags?.config],
    [{ type: "sessionFlags" }, { model: "flag", sandbox_workspace_write: { network_access: true } }],
  );
  assert.deepEqual(user?.name, { type: "user", file: file(server), profile: null });
  assert.equal(user?.config["model"], "test-model");
  assert.deepEqual(
    [origins["model"]?.name, origins["mcp_servers.docs.args.0"]],
    [{ type: "sessionFlags" }, { name: user?.name, version: user?.version }],
  );
  assert.deepEqual((await server.request("config/read", {})).layers, null);
});

test("every key that the protocol promises is there, and a file that is not has the version of no values", async () => {
  await using server = await testServer({ initialize: null });
  renameSync(file(server), join(server.home, "elsewhere.toml"));
  await server.request("initialize", { clientInfo: { name: "test", version: "1" } });
  const { config, origins, layers } = await server.request("config/read", { includeLayers: true, cwd: "/" });
  assert.deepEqual(origins, {});
  const emptyVersion = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  assert.deepEqual(
    layers?.map(({ version, disabledReason }) => [version, disabledReason]),
    [[emptyVersion, null]],
  );
  for (const key of ["model", "review_model", "sandbox_workspace_write", "web_search", "tools", "desktop"]) {
    assert.equal(config[key], null, key);
  }
});

test("a write changes its value and nothing else, and new threads see it while live ones keep theirs", async () => {
  await using server = await testServer({ config: "# mine\nmodel_reasoning_effort = 'low' # thrifty" });
  const before = text(server);
  const live = await server.startThread();
  const written = await server.request("config/value/write", replace("model", "next"));
  assert.equal(text(server), before.replace('"test-model"', '"next"'));
  const { layers } = await server.request("config/read", { includeLayers: true });
  assert.deepEqual(written, {
    status: "ok",
    version: layers?.[0]?.version,
    filePath: file(server),
    overriddenMetadata: null,
  });
  assert.equal((await server.request("thread/start", { cwd: server.workspace })).model, "next");
  assert.equal((await server.request("thread/resume", { threadId: live })).model, "test-model");
  assert.deepEqual(
    (await server.request("model/list", {})).data.map(({ model }) => model),
    ["next"],
  );
});

test("a provider that was written is used by the next turn of a new thread", async () => {
  await using api = await responsesApi([{ steps: [{ text: "from the new one" }] }]);
  await using server = await testServer();
  await server.request("config/batchWrite", {
    edits: [replace("model_providers.fresh", { base_url: api.url }), replace("model_provider", "fresh")],
    reloadUserConfig: true,
  });
  const { turn } = await server.completeTurn("hello");
  assert.equal(turn.status, "completed");
});

test("a batch is written as one, or not at all", async () => {
  await using server = await testServer();
  const before = text(server);
  const refused = await server.refusal("config/batchWrite", {
    edits: [replace("model", "x"), replace("sandbox_mode", "nope")],
  });
  assert.deepEqual(refused, {
    code: -32600,
    message:
      "Invalid configuration: unknown variant `nope`, expected one of `read-only`, `workspace-write`, `danger-full-access`\nin `sandbox_mode`\n",
    data: { config_write_error_code: "configValidationError" },
  });
  assert.equal(text(server), before);
  const edits = [replace("model", "x"), replace("tui.theme", "dark"), replace("model_providers.test.base_url", null)];
  await server.request("config/batchWrite", { edits });
  const { config } = await server.request("config/read", {});
  assert.deepEqual(pick(config, ["model", "tui", "model_providers"]), {
    model: "x",
    tui: { theme: "dark" },
    model_providers: { test: { request_max_retries: 0, stream_max_retries: 0 } },
  });
});

test("a write against a version that has passed is refused", async () => {
  await using server = await testServer();
  const { layers } = await server.request("config/read", { includeLayers: true });
  const expectedVersion = layers?.[0]?.version ?? "";
  await server.request("config/value/write", { ...replace("model", "a"), expectedVersion });
  const refused = await server.refusal("config/value/write", { ...replace("model", "b"), expectedVersion });
  assert.deepEqual(refused, {
    code: -32600,
    message: "Configuration was modified since last read. Fetch latest version and retry.",
    data: { config_write_error_code: "configVersionConflict" },
  });
});

test("only the user's file is written", async () => {
  await using server = await testServer();
  for (const filePath of ["/etc/config.toml", "config.toml"]) {
    assert.deepEqual(await server.refusal("config/value/write", { ...replace("model", "a"), filePath }), {
      code: -32600,
      message: "Only writes to the user config are allowed",
      data: { config_write_error_code: "configLayerReadonly" },
    });
  }
  await server.request("config/value/write", { ...replace("model", "a"), filePath: `${server.home}/./config.toml` });
});

test("a write that a flag overrides says so", async () => {
  await using server = await testServer({ args: ["-c", "model=flag"] });
  const { status, overriddenMetadata } = await server.request("config/value/write", replace("model", "a"));
  const { layers } = await server.request("config/read", { includeLayers: true });
  assert.deepEqual(
    [status, overriddenMetadata],
    [
      "okOverridden",
      {
        message: "Overridden by session flags",
        overridingLayer: { name: { type: "sessionFlags" }, version: layers?.[0]?.version },
        effectiveValue: "flag",
      },
    ],
  );
  assert.match(text(server), /^model = "a"$/m);
});

test("params that do not fit are named", async () => {
  await using server = await testServer();
  const messages = [];
  for (const params of [
    { keyPath: "model", mergeStrategy: "replace" },
    { keyPath: "model", value: 1 },
    { keyPath: "model", value: 1, mergeStrategy: "bad" },
  ]) {
    messages.push((await server.refusal("config/value/write", params)).message);
  }
  assert.deepEqual(messages, [
    "Invalid request: missing field `value`",
    "Invalid request: missing field `mergeStrategy`",
    "Invalid request: unknown variant `bad`, expected `replace` or `upsert`",
  ]);
});

test("a value that TOML cannot hold is refused, and the file stays", async () => {
  await using server = await testServer();
  const before = text(server);
  for (const value of [2 ** 60, "\ud800"]) {
    const refused = await server.refusal("config/value/write", replace("x", value));
    assert.match(refused.message, /^The value cannot be written into the file: [^\n]+$/);
    assert.deepEqual([refused.code, refused.data], [-32600, { config_write_error_code: "configValidationError" }]);
  }
  assert.equal(text(server), before);
});

test("writes that cross each other all count", async () => {
  await using server = await testServer();
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  await Promise.all(keys.map((key) => server.request("config/value/write", replace(`many.${key}`, key))));
  const { config } = await server.request("config/read", {});
  assert.deepEqual(config["many"], Object.fromEntries(keys.map((key) => [key, key])));
});

test("a link stays a link, a file keeps its mode, and a new one is its owner's alone", async () => {
  await using server = await testServer();
  const real = join(server.home, "real.toml");
  renameSync(file(server), real);
  symlinkSync("real.toml", file(server));
  chmodSync(real, 0o640);
  await server.request("config/value/write", replace("model", "a"));
  assert.deepEqual([lstatSync(file(server)).isSymbolicLink(), statSync(real).mode & 0o777], [true, 0o640]);
  assert.match(readFileSync(real, "utf8"), /^model = "a"$/m);

  await using fresh = await testServer();
  renameSync(file(fresh), join(fresh.home, "elsewhere.toml"));
  await fresh.request("config/value/write", replace("model", "a"));
  assert.deepEqual([text(fresh), statSync(file(fresh)).mode & 0o777], ['model = "a"\n', 0o600]);
});

test("a file that is broken is read as disabled, never written, and is the strictest when it breaks later", async () => {
  await using server = await testServer({ approvalPolicy: "never", sandboxMode: "danger-full-access" });
  // From here on it has read the file as it was.
  await server.request("config/read", {});
  writeFileSync(file(server), 'approval_policy = "untrusted"\nthis is [no toml');
  const { config, layers } = await server.request("config/read", { includeLayers: true });
  assert.deepEqual(
    [config["approval_policy"], config["sandbox_mode"], config["model"]],
    ["untrusted", "read-only", "test-model"],
  );
  assert.match(layers?.[0]?.disabledReason ?? "", /config\.toml:2:\d+: /);
  const { range } = await server.expectNotification("configWarning");
  assert.equal(range?.start.line, 2);
  const { approvalPolicy, sandbox } = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual([approvalPolicy, sandbox.type], ["untrusted", "readOnly"]);
  const refused = await server.refusal("config/value/write", replace("model", "a"));
  assert.equal(refused.code, -32603);
  assert.match(refused.message, /^failed to load configuration: .*config\.toml:2:\d+: /);
  assert.match(text(server), /no toml$/);
});

test("what somebody writes into the file by hand counts once the configuration is read", async () => {
  await using server = await testServer();
  writeFileSync(file(server), 'model = "by-hand"\nsandbox_mode = "é" # x\n');
  const { config } = await server.request("config/read", {});
  assert.deepEqual([config["model"], config["sandbox_mode"]], ["by-hand", "read-only"]);
  const { summary, range } = await server.expectNotification("configWarning");
  assert.deepEqual(
    [summary, range],
    [
      "The configuration key sandbox_mode is not used.",
      { start: { line: 2, column: 16 }, end: { line: 2, column: 18 } },
    ],
  );
  assert.equal((await server.request("thread/start", { cwd: server.workspace })).model, "by-hand");
});

test("nobody demands anything of the configuration, and params may be left out", async () => {
  await using server = await testServer();
  const answer = await server.requestRaw("configRequirements/read", undefined);
  assert.deepEqual(answer["result"], { supportsIndependentSpeedModes: false, requirements: null });
});

function pick(values: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, values[key]]));
}

test("a write that is too much is refused, and the file stays one that can be written", async () => {
  await using server = await testServer();
  const before = text(server);
  const edits = Array.from({ length: 101 }, (_, at) => replace(`more.k${at}`, at));
  assert.deepEqual(await server.refusal("config/batchWrite", { edits }), {
    code: -32600,
    message: "101 edits are too many for one request. Send at most 100 at a time.",
  });
  assert.deepEqual(await server.refusal("config/value/write", replace("more", "x".repeat(11 * 1024 * 1024))), {
    code: -32600,
    message: "The configuration would be larger than 10 MB. Nothing was written; write less.",
    data: { config_write_error_code: "configValidationError" },
  });
  assert.equal(text(server), before);
  await server.request("config/batchWrite", { edits: edits.slice(0, 100) });
});

test("a value that changes too many places of the file at once is refused", async () => {
  await using server = await testServer();
  const table = (value: number) => Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`k${at}`, value]));
  await server.request("config/value/write", replace("more", table(0)));
  const { code, message } = await server.refusal("config/value/write", replace("more", table(1)));
  assert.equal(code, -32600);
  assert.match(message, /1001 places of the file would change; at most 1000 may at a time/);
});

test("two servers that write at the same moment lose nothing", async () => {
  await using first = await testServer();
  await using second = await testServer({ like: first });
  for (let round = 0; round < 10; round++) {
    await Promise.all([
      first.request("config/value/write", replace(`first${round}`, 1)),
      second.request("config/value/write", replace(`second${round}`, 1)),
    ]);
  }
  for (let round = 0; round < 10; round++) {
    assert.match(text(first), new RegExp(`^first${round} = 1$`, "m"));
    assert.match(text(first), new RegExp(`^second${round} = 1$`, "m"));
  }
});
