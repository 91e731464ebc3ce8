// A provider that cannot be used as it is configured: every turn says what to correct.
import assert from "node:assert/strict";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
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
    /needs an API key, and there is none\..*set the environment variable NO_SUCH_KEY and restart\.$/,
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
  const api = await responsesApi([]);
  await api[Symbol.asyncDispose]();
  await using server = await testServer({ api });
  const { message, info } = await server.failTurn("try");
  assert.equal(
    message,
    `The model provider "test" could not be reached at ${api.url}. Nothing answers there (connection refused). Start it, or correct base_url.`,
  );
  assert.deepEqual(info, { responseStreamConnectionFailed: { httpStatusCode: null } });
});

function base(url: string): ServerOptions {
  return { args: ["-c", `model_providers.test.base_url="${url}"`] };
}
