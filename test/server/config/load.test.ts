// What becomes of config.toml, the editor's settings and `-c`: layers, where each bad value costs itself alone.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig, type Overrides, parseOverride } from "../../../server/config/load.ts";
import { Config } from "../../../server/config/schema.ts";
import fc from "../../support/properties.ts";
import { temporary } from "../../support/temporary.ts";

const defaults = Config.parse({});

test("without a file there are the defaults and no warning", async () => {
  const { config, warnings } = await load(null);
  assert.deepEqual([config, warnings], [defaults, []]);
});

const strict = { sandbox_mode: "read-only", approval_policy: "untrusted" };

test("a file that does not parse gives the defaults, with the strictest permissions, and says where it is wrong", async () => {
  const { config, warnings, path } = await load('approval_policy = "never"\nmodel = \n');
  assert.deepEqual(config, Config.parse(strict));
  assert.deepEqual(
    warnings.map(({ summary, path }) => ({ summary, path })),
    [{ summary: "Invalid configuration; using defaults.", path }],
  );
  assert.match(
    warnings[0]?.details ?? "",
    /config\.toml could not be read at line 2, column \d+: .*\. Correct the file and restart the server\. Until then sandbox_mode is "read-only" and approval_policy is "untrusted", unless/,
  );
});

test("over a file that does not parse, the editor's settings and -c hold", async () => {
  const { config } = await load("model = ", [{ sandbox_mode: "workspace-write" }, { approval_policy: "never" }]);
  assert.deepEqual(config, Config.parse({ sandbox_mode: "workspace-write", approval_policy: "never" }));
});

test("a restriction that cannot be read is the strictest one, wherever it was written", async () => {
  const loose = { network_access: true };
  const closed = { network_access: false, exclude_tmpdir_env_var: true, exclude_slash_tmp: true };
  const table: [toml: string, overrides: Overrides[], expected: object, told: RegExp][] = [
    ['sandbox_mode = "readonly"', [], { sandbox_mode: "read-only" }, /Until then sandbox_mode is "read-only"\.$/],
    ["approval_policy = { granular = 5 }", [], { approval_policy: "untrusted" }, /approval_policy is "untrusted"\.$/],
    ["sandbox_workspace_write = 5", [], { sandbox_workspace_write: closed }, /exclude_slash_tmp is true\.$/],
    [
      "[sandbox_workspace_write]\nexclude_slash_tmp = 1\nnetwork_access = true",
      [],
      { sandbox_workspace_write: { ...loose, exclude_slash_tmp: true } },
      /exclude_slash_tmp is true\.$/,
    ],
    [
      'sandbox_mode = "danger-full-access"',
      [{ sandbox_mode: "readonly" }],
      { sandbox_mode: "read-only" },
      /sandbox_mode is "read-only"\.$/,
    ],
    [
      "[sandbox_workspace_write]\nnetwork_access = true",
      [{ "sandbox_workspace_write.network_access": "no" }],
      { sandbox_workspace_write: {} },
      /network_access is false\.$/,
    ],
    [
      "",
      [{ sandbox_mode: "readonly" }, { sandbox_mode: "danger-full-access" }],
      { sandbox_mode: "danger-full-access" },
      /./,
    ],
  ];
  for (const [toml, overrides, expected, told] of table) {
    const { config, warnings } = await load(toml, overrides);
    assert.deepEqual(config, Config.parse(expected), toml);
    assert.match(warnings[0]?.details ?? "", told, toml);
  }
});

test("a file that is a directory counts as one that does not parse", async () => {
  using home = temporary();
  mkdirSync(join(home.path, "config.toml"));
  const { config, warnings } = await loadConfig(home.path, []);
  assert.deepEqual([config, warnings.length], [Config.parse(strict), 1]);
});

test("a value that does not fit costs its key alone", async () => {
  const { config, warnings, path } = await load(
    [
      'model = "m"',
      'approval_policy = "on-failure"',
      "project_doc_max_bytes = -1",
      "[sandbox_workspace_write]",
      "network_access = 5",
      'writable_roots = ["/a", 7]',
      "[model_providers.x]",
      'base_url = "u"',
      "stream_idle_timeout_ms = 0",
      "[model_providers.y]",
      "base_url = 5",
    ].join("\n"),
  );
  assert.deepEqual(
    config,
    Config.parse({
      model: "m",
      approval_policy: "untrusted",
      sandbox_workspace_write: { writable_roots: ["/a"] },
      model_providers: { x: { base_url: "u" }, y: {} },
    }),
  );
  assert.deepEqual(
    warnings.map(({ summary }) => summary.replace(/^The configuration key (.*) is not used\.$/, "$1")).toSorted(),
    [
      "approval_policy",
      "model_providers.x.stream_idle_timeout_ms",
      "model_providers.y.base_url",
      "project_doc_max_bytes",
      "sandbox_workspace_write.network_access",
      "sandbox_workspace_write.writable_roots.1",
    ],
  );
  assert.deepEqual(new Set(warnings.map((warning) => warning.path)), new Set([path]));
});

test("keys that are not known are left alone", async () => {
  const { config, warnings } = await load('tui = { theme = "x" }\nmcp_servers = 5\n');
  assert.deepEqual([config, warnings], [defaults, []]);
});

test("later layers win, dotted keys reach inside, and the rest of a table stays", async () => {
  const { config, warnings } = await load('model = "file"\n[model_providers.x]\nbase_url = "a"\nenv_key = "K"\n', [
    { model: "editor", "model_providers.x.base_url": "b" },
    { model: "cli", "model_providers.new.base_url": "c" },
  ]);
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    config,
    Config.parse({ model: "cli", model_providers: { x: { base_url: "b", env_key: "K" }, new: { base_url: "c" } } }),
  );
});

test("an override that does not fit leaves what the layers below say", async () => {
  const { config, warnings } = await load('approval_policy = "untrusted"\nsandbox_mode = "read-only"\n', [
    { approval_policy: "sometimes" },
    { sandbox_mode: 5, "sandbox_workspace_write.network_access": "yes", "model.name": "x", model: "m" },
  ]);
  assert.deepEqual(config, Config.parse({ approval_policy: "untrusted", sandbox_mode: "read-only", model: "m" }));
  assert.deepEqual(
    warnings.map(({ summary, path }) => [summary, path]),
    [
      ["The configuration key approval_policy is not used.", null],
      ["The configuration key sandbox_mode is not used.", null],
      ["The configuration key sandbox_workspace_write.network_access is not used.", null],
      ["The configuration key model is not used.", null],
    ],
  );
});

test("-c takes TOML where it is TOML, and the text itself where it is not", () => {
  assert.deepEqual(
    ["model=gpt-5.5", "a.b = 5", "x=true", 'y="5"', "z=[1, 2]", "u=http://h/v1?a=b", "empty="].map(parseOverride),
    [
      { model: "gpt-5.5" },
      { "a.b": 5 },
      { x: true },
      { y: "5" },
      { z: [1, 2] },
      { u: "http://h/v1?a=b" },
      { empty: "" },
    ],
  );
  for (const text of ["novalue", "=x", ""]) assert.throws(() => parseOverride(text), /-c needs key=value/);
});

test("overrides do not reach the prototype of anything", async () => {
  await load(null, [
    JSON.parse('{"__proto__.polluted":1,"constructor.prototype.polluted":1,"a.__proto__.polluted":1}'),
  ]);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("whatever the values are, loading ends, does not throw, and gives a whole configuration", async () => {
  const key = fc.constantFrom(
    "model",
    "approval_policy",
    "sandbox_mode",
    "sandbox_workspace_write",
    "model_providers",
    "model_providers.a",
    "model_providers.a.base_url",
    "sandbox_workspace_write.writable_roots",
    "project_doc_max_bytes",
    "x.y",
  );
  const layer = fc.dictionary(
    key,
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>("never", "read-only", 5, { a: { base_url: 1, http_headers: { h: 2 } } }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { maxLength: 3 }), async (layers) => {
      const { config } = await loadConfig("/no/such/home", layers);
      assert.deepEqual(Config.parse(config), config);
    }),
    { numRuns: 200 },
  );
});

async function load(toml: string | null, overrides: readonly Overrides[] = []) {
  using home = temporary();
  const path = join(home.path, "config.toml");
  if (toml !== null) writeFileSync(path, toml);
  const loaded = await loadConfig(home.path, overrides);
  return { ...loaded, path };
}
