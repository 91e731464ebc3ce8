// A provider that cannot be used as it is configured: every turn says what to correct.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nothingThere, responsesApi } from "../../support/responses-api.ts";
import { type ServerOptions, testServer } from "../../support/test-server.ts";

const setups: [name: string, options: ServerOptions, message: RegExp][] = [
  [
    "has an unknown host",
    base("http://no-such-host.invalid/v1"),
    /could not be reached at .* (The host name (is not known|could not be looked up))/,
  ],
  [
    "has an address that is none",
    base("nonsense"),
    /could not be reached at nonsense\. That is not a URL\. Correct base_url\.$/,
  ],
  [
    "needs a key that is not there",
    { provider: 'env_key = "NO_SUCH_KEY"' },
    /none\. Set the environment variable NO_SUCH_KEY and restart, or store one with "Belay: Set API Key" in VS Code\.$/,
  ],
  [
    "needs a key that is not there, and says where to get one",
    { provider: 'env_key = "NO_SUCH_KEY"\nenv_key_instructions = "Ask Ann for one."' },
    /NO_SUCH_KEY and restart, .* in VS Code\. Ask Ann for one\.$/,
  ],
  [
    "is OpenAI without a key",
    { args: ["-c", "model_provider=openai"] },
    /OPENAI_API_KEY and restart, or store one .* in VS Code, with account\/login\/start in other clients\.$/,
  ],
  [
    "is not described",
    { args: ["-c", "model_provider=nowhere"] },
    /^There is no model provider "nowhere"\. Describe it under \[model_providers\.nowhere\]/,
  ],
  [
    "is named like a property of every object",
    { args: ["-c", "model_provider=constructor"] },
    /^There is no model provider "constructor"\./,
  ],
  [
    "has no base_url",
    { config: '[model_providers.bare]\nname = "Bare"', args: ["-c", "model_provider=bare"] },
    /^The model provider "bare" has no base_url\. Add it under/,
  ],
  [
    "speaks another protocol",
    { provider: 'wire_api = "chat"' },
    /set to wire_api = "chat", which this version does not speak yet\. Use a provider with the Responses API\.$/,
  ],
];

for (const [name, options, message] of setups) {
  test(`a provider that ${name} fails the turn with cause and cure`, async () => {
    await using server = await testServer(options);
    const failed = await server.failTurn("try");
    assert.match(failed.message, message);
    await server.failTurn("again", failed.threadId);
  });
}

test("a provider that does not listen fails the turn with cause and cure", async () => {
  await using api = await responsesApi([]);
  await using server = await testServer({ api: { ...api, url: nothingThere } });
  const { message, info } = await server.failTurn("try");
  assert.equal(
    message,
    `The model provider "test" could not be reached at ${nothingThere}. Nothing answers there (connection refused). Start it, or correct base_url.`,
  );
  assert.deepEqual(info, { responseStreamConnectionFailed: { httpStatusCode: null } });
});

test("a key that is refused says which variable holds it, and where to get another", async () => {
  await using api = await responsesApi([], {
    misbehave: (response) => {
      response.writeHead(401, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
      return true;
    },
  });
  const provider = 'env_key = "SOME_KEY"\nenv_key_instructions = "Ask Ann for one."';
  await using server = await testServer({ api, provider, env: { SOME_KEY: "wrong" } });
  const { message } = await server.failTurn("try");
  assert.equal(
    message,
    'The model provider "test" refused the API key (HTTP 401). Correct the environment variable SOME_KEY and restart, or store another with "Belay: Set API Key" in VS Code. Ask Ann for one.',
  );
});

test("a provider that is not described is refused where a request names it", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const requests: [method: string, params: object][] = [
    ["thread/start", { cwd: server.workspace, modelProvider: "nowhere" }],
    ["thread/start", { cwd: server.workspace, config: { model_provider: "nowhere" } }],
    ["thread/resume", { threadId, modelProvider: "nowhere" }],
    ["thread/fork", { threadId, modelProvider: "nowhere" }],
  ];
  for (const [method, params] of requests) {
    assert.deepEqual(await server.refusal(method, params), {
      code: -32600,
      message:
        'There is no model provider "nowhere". Describe it under [model_providers.nowhere] in config.toml, or name another.',
      data: { type: "modelProviderNotConfigured", modelProvider: "nowhere" },
    });
  }
  await server.completeTurn("still there", threadId);
});

test("a thread outlives its provider: it resumes, its turns say what is missing, and another takes over", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api, config: `model_providers.gone.base_url = "${api.url}"` });
  const threadId = await server.startThread({ modelProvider: "gone" });
  await server.completeTurn("hi", threadId);
  await server.end();
  const file = join(server.home, "config.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/^model_providers\.gone.*$/m, ""));
  await using next = await testServer({ like: server });
  const { modelProvider } = await next.request("thread/resume", { threadId });
  assert.equal(modelProvider, "gone");
  const { message } = await next.failTurn("again", threadId);
  assert.match(message, /^There is no model provider "gone"\. Describe it/);
  await next.request("thread/resume", { threadId, modelProvider: "test" });
  assert.equal((await next.completeTurn("and now", threadId)).turn.status, "completed");
});

function base(url: string): ServerOptions {
  return { args: ["-c", `model_providers.test.base_url="${url}"`] };
}
