// Lists over the wire: models, providers, permission profiles, features.
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { testServer } from "../../support/test-server.ts";

test("the model of the configured provider is listed with all that the protocol asks for", async () => {
  await using server = await testServer({ config: 'model_reasoning_effort = "xhigh"' });
  const { data, nextCursor } = await server.request("model/list", {});
  const { supportedReasoningEfforts, ...model } = data[0] ?? { supportedReasoningEfforts: [] };
  assert.deepEqual(
    supportedReasoningEfforts.map(({ reasoningEffort }) => reasoningEffort),
    ["low", "medium", "high", "xhigh"],
  );
  assert.deepEqual(model, {
    id: "test/test-model",
    model: "test-model",
    displayName: "test-model",
    description: "test",
    hidden: false,
    isDefault: true,
    defaultReasoningEffort: "xhigh",
    inputModalities: ["text", "image"],
    upgrade: null,
    upgradeInfo: null,
    availabilityNux: null,
    modelSpecialty: null,
    supportsPersonality: false,
    multiAgentVersion: null,
    additionalSpeedTiers: [],
    serviceTiers: [],
    defaultServiceTier: null,
    availableAccessPrograms: null,
    modelProvider: "test",
    scripted: false,
    missing: null,
  });
  assert.deepEqual([data.length, nextCursor], [1, null]);
});

test("a catalog lists more models, in its own order, and what is wrong with it is said", async () => {
  await using server = await testServer({ initialize: null, config: 'model_catalog_json = "models.json"' });
  const catalog = join(server.home, "models.json");
  const level = { effort: "deep", description: "All the way" };
  const models = [
    { slug: "small", priority: 2 },
    { slug: "secret", visibility: "hide" },
    {
      slug: "test-model",
      display_name: "Test",
      description: "It tests",
      default_reasoning_level: "deep",
      supported_reasoning_levels: [level],
      context_window: 1,
    },
    { slug: "big", priority: 1 },
  ];
  writeFileSync(catalog, "{}");
  await server.request("initialize", { clientInfo: { name: "test", version: "1" } });
  const warning = await server.expectNotification("configWarning");
  assert.equal(warning.summary, "The configuration key model_catalog_json is not used.");
  assert.equal((await server.request("model/list", {})).data.length, 1);

  writeFileSync(catalog, JSON.stringify({ models }));
  await server.request("config/read", {});
  const { data } = await server.request("model/list", {});
  assert.deepEqual(
    data.map(({ model, displayName, isDefault, defaultReasoningEffort }) => {
      return [model, displayName, isDefault, defaultReasoningEffort];
    }),
    [
      ["test-model", "Test", true, "deep"],
      ["big", "big", false, "medium"],
      ["small", "small", false, "medium"],
    ],
  );
  assert.deepEqual(data[0]?.supportedReasoningEfforts, [{ reasoningEffort: "deep", description: "All the way" }]);
  const all = await server.request("model/list", { includeHidden: true });
  assert.deepEqual(
    all.data.map(({ model, hidden }) => [model, hidden]),
    [
      ["test-model", false],
      ["secret", true],
      ["big", false],
      ["small", false],
    ],
  );
});

test("models of another provider are listed when it is named, and one that nobody described is refused", async () => {
  await using server = await testServer();
  const { data } = await server.request("model/list", { modelProvider: "scripted" });
  assert.deepEqual(
    data.map(({ model, scripted, supportedReasoningEfforts }) => ({ model, scripted, supportedReasoningEfforts })),
    [{ model: "scripted", scripted: true, supportedReasoningEfforts: [] }],
  );
  const refused = await server.refusal("model/list", { modelProvider: "nope" });
  assert.deepEqual(
    [refused.code, refused.data],
    [-32600, { type: "modelProviderNotConfigured", modelProvider: "nope" }],
  );
});

test("providers are listed with how they are reached, but without what must not be shown", async () => {
  await using server = await testServer({
    config: [
      "[model_providers.keyed]",
      'name = "Keyed"',
      'base_url = "http://h/v1"',
      'env_key = "K"',
      "[model_providers.headed]",
      'base_url = "http://u:p@h/v1"',
      'http_headers = { authorization = "secret" }',
    ].join("\n"),
  });
  const { data, ...rest } = await server.request("modelProvider/list", {});
  assert.deepEqual(rest, { defaultProviderId: "test", canChangeDefault: true });
  const gateway = (auth: object) => ({ type: "customGateway", auth });
  assert.deepEqual(data, [
    {
      id: "headed",
      name: "headed",
      canEdit: true,
      baseUrl: null,
      settings: gateway({ mode: "externallyConfigured", envKey: null }),
    },
    {
      id: "keyed",
      name: "Keyed",
      canEdit: true,
      baseUrl: "http://h/v1",
      settings: gateway({ mode: "environmentVariable", envKey: "K" }),
    },
    { id: "openai", name: "OpenAI", canEdit: false, baseUrl: null, settings: { type: "openai" } },
    { id: "scripted", name: "Scripted", canEdit: false, baseUrl: null, settings: gateway({ mode: "none" }) },
    {
      id: "test",
      name: "test",
      canEdit: true,
      baseUrl: "http://127.0.0.1:9/v1",
      settings: gateway({ mode: "none" }),
    },
  ]);
});

test("a process that was started with a provider cannot be given another by the file", async () => {
  await using server = await testServer({ args: ["-c", "model_provider=scripted"] });
  const { defaultProviderId, canChangeDefault } = await server.request("modelProvider/list", {});
  assert.deepEqual([defaultProviderId, canChangeDefault], ["scripted", false]);
  assert.deepEqual(await server.request("modelProvider/capabilities/read", {}), {
    imageGeneration: false,
    webSearch: false,
  });
});

test("permission profiles come page by page", async () => {
  await using server = await testServer();
  const first = await server.request("permissionProfile/list", { limit: 2 });
  const second = await server.request("permissionProfile/list", { limit: 2, cursor: first.nextCursor });
  assert.deepEqual(
    [first, second],
    [
      {
        data: [
          { id: ":read-only", description: null, allowed: true },
          { id: ":workspace", description: null, allowed: true },
        ],
        nextCursor: "2",
      },
      { data: [{ id: ":danger-full-access", description: null, allowed: true }], nextCursor: null },
    ],
  );
  assert.equal((await server.request("permissionProfile/list", { limit: 0 })).data.length, 1);
});

test("loaded threads are listed in pages, and a cursor that is no thread's is refused", async () => {
  await using server = await testServer();
  const ids = [await server.startThread(), await server.startThread()].toSorted();
  const { data, nextCursor } = await server.request("thread/loaded/list", { limit: 1 });
  const rest = await server.request("thread/loaded/list", { cursor: nextCursor });
  assert.deepEqual([...data, ...rest.data], ids);
  const { message } = await server.refusal("thread/loaded/list", { cursor: "-1" });
  assert.match(message, /the cursor is not one this method gave out/);
});

test("a cursor that was never given out is refused", async () => {
  await using server = await testServer();
  const messages = [];
  for (const [method, cursor] of [
    ["permissionProfile/list", "x"],
    ["permissionProfile/list", "9"],
    ["model/list", "99"],
    ["experimentalFeature/list", "999"],
  ] as const) {
    messages.push((await server.refusal(method, { cursor })).message);
  }
  assert.deepEqual(messages, [
    "invalid cursor: x",
    "cursor 9 exceeds total permission profiles 3",
    "cursor 99 exceeds total models 1",
    "cursor 999 exceeds total feature flags 0",
  ]);
});

test("nothing is behind a switch", async () => {
  await using server = await testServer();
  assert.deepEqual(await server.request("experimentalFeature/list", { limit: 3 }), { data: [], nextCursor: null });
});
