// What leaves this machine, and where to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { responsesApi, sse, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const hello = [{ steps: [{ text: "Hi." }] }];

test("the key goes to the configured address, and nothing of the vendor's account goes with it", async () => {
  await using api = await responsesApi(hello);
  await using server = await testServer({
    api,
    provider: 'env_key = "TEST_KEY"',
    env: {
      TEST_KEY: "secret-1",
      OPENAI_API_KEY: "secret-2",
      OPENAI_ORG_ID: "org-x",
      OPENAI_ORGANIZATION: "org-y",
      OPENAI_PROJECT_ID: "project-x",
      OPENAI_BASE_URL: "http://127.0.0.1:1/elsewhere",
      OPENAI_WEBHOOK_SECRET: "secret-3",
      OPENAI_LOG: "debug",
      OPENAI_CUSTOM_HEADERS: "x-account: custom-1\nAuthorization: custom-2",
    },
  });
  await server.completeTurn("hi");
  assert.deepEqual(api.paths, ["/v1/responses"]);
  const [headers = {}] = api.headers;
  assert.equal(headers["authorization"], "Bearer secret-1");
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith("openai-")),
    [],
  );
  assert.doesNotMatch(
    JSON.stringify(headers) + JSON.stringify(api.requests),
    /secret-2|secret-3|org-|project-x|custom-/,
  );
  assert.equal(server.stderr, "");
});

test("a provider without a key gets no authorization at all", async () => {
  await using api = await responsesApi(hello);
  await using server = await testServer({ api, env: { OPENAI_API_KEY: "secret" } });
  await server.completeTurn("hi");
  assert.equal(api.headers[0]?.["authorization"], undefined);
});

test("headers and query of the provider are sent; a header whose variable is not set is not", async () => {
  await using api = await responsesApi(hello);
  const provider = [
    'http_headers = { x-fixed = "1" }',
    'env_http_headers = { x-set = "TEST_SET", x-unset = "TEST_UNSET" }',
    'query_params = { api-version = "2026" }',
  ].join("\n");
  await using server = await testServer({ api, provider, env: { TEST_SET: "2" } });
  await server.completeTurn("hi");
  const { "x-fixed": fixed, "x-set": set, "x-unset": unset } = api.headers[0] ?? {};
  assert.deepEqual(
    { fixed, set, unset, paths: api.paths },
    { fixed: "1", set: "2", unset: undefined, paths: ["/v1/responses?api-version=2026"] },
  );
});

test("a redirect is not followed: neither prompt nor headers go to another host, and the message names it", async () => {
  await using elsewhere = await responsesApi(hello);
  await using api = await responsesApi(hello, {
    misbehave: (response) => (
      response.writeHead(307, { location: `${elsewhere.url.replace("127.0.0.1", "localhost")}/responses` }).end(), true
    ),
  });
  await using server = await testServer({ api, provider: 'env_key = "TEST_KEY"', env: { TEST_KEY: "secret-1" } });
  const { message } = await server.failTurn("hi");
  assert.deepEqual(elsewhere.requests, []);
  const origin = new URL(elsewhere.url.replace("127.0.0.1", "localhost")).origin;
  assert.equal(
    message,
    `${api.url} redirects to ${origin} (HTTP 307), and nothing was sent there. If you trust it, set base_url of the model provider "test" to the new address.`,
  );
});

for (const [name, answer] of Object.entries({
  "an error status": (response: ServerResponse, text: string) =>
    response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error: { message: text } })),
  "a refused request": (response: ServerResponse, text: string) =>
    response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: { message: text } })),
  "an error event": (response: ServerResponse, text: string) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(sse({ type: "error", code: text, message: text, param: null }));
  },
})) {
  test(`a key that comes back in ${name} is struck out before anyone sees it or it is kept`, async () => {
    // Long enough to be cut in the middle of the header.
    const text = `Bearer secret-key-1 ${"x".repeat(270)} secret-header-2`;
    await using api = await responsesApi(hello, { misbehave: (response) => (answer(response, text), true) });
    const provider = 'env_key = "TEST_KEY"\nenv_http_headers = { x-more = "TEST_MORE" }';
    const env = { TEST_KEY: "secret-key-1", TEST_MORE: "secret-header-2" };
    await using server = await testServer({ api, provider, env });
    const { threadId } = await server.failTurn("hi");
    const { path } = (await server.request("thread/read", { threadId })).thread;
    const everything = JSON.stringify(server.heard) + readFileSync(path ?? "", "utf8") + server.stderr;
    assert.match(everything, /\[secret\]/);
    assert.doesNotMatch(everything, /secret-k|secret-h/);
  });
}

test("a request asks for a stream that the provider does not store, with the tools and the thread's own cache key", async () => {
  await using api = await responsesApi(hello);
  await using server = await testServer({ api, config: 'model_reasoning_effort = "high"' });
  const { threadId } = await server.completeTurn("hi");
  const [{ input, tools, ...rest } = { input: [], tools: [] }] = api.requests;
  assert.deepEqual(rest, {
    model: "test-model",
    tool_choice: "auto",
    parallel_tool_calls: true,
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: threadId,
    reasoning: { effort: "high", summary: "auto" },
  });
  assert.deepEqual(
    tools.map(({ type, name }) => `${type} ${name}`),
    [
      "function exec_command",
      "function write_stdin",
      "custom apply_patch",
      "function read_file",
      "function search_files",
      "function list_dir",
      "function request_user_input",
      "function update_plan",
    ],
  );
  assert.deepEqual(
    input.map(({ role }) => role),
    ["developer", "developer", "developer", "user"],
  );
});

test("a command does not see the keys and headers of any provider, whatever their variables are called", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "env" } }] }, { text: "ok" }] },
  ]);
  await using server = await testServer({
    api,
    sandboxMode: "danger-full-access",
    provider:
      'env_key = "ACME"\nenv_http_headers = { x-more = "ACME_MORE" }\n[model_providers.other]\nenv_key = "OTHER"',
    env: { ACME: "secret-1", ACME_MORE: "secret-2", OTHER: "secret-3", HARMLESS: "shown" },
  });
  await server.completeTurn("run");
  assert.match(toolOutputs(api.requests[1]).join(), /HARMLESS=shown/);
  assert.doesNotMatch(JSON.stringify(api.requests[1]), /secret-/);
});

test("the scripted model needs no key, asks nobody, and says what it is", async () => {
  await using server = await testServer({ args: ["-c", "model_provider=scripted"] });
  const { data } = await server.request("model/list", {});
  assert.deepEqual(
    data.map(({ id, displayName, description, scripted, missing }) => {
      return { id, displayName, description, scripted, missing };
    }),
    [
      {
        id: "scripted/scripted",
        displayName: "Scripted (no AI)",
        description: "Plays a written script. No AI answers, nothing leaves this machine.",
        scripted: true,
        missing: null,
      },
    ],
  );
  const { turn } = await server.completeTurn("something no script foresees");
  assert.equal(turn.status, "completed");
  const said = turn.items.map((item) => (item.type === "agentMessage" ? item.text : ""));
  assert.match(said.join(), /scripted model .* no AI answers here/);
});

test("a script that cannot be played fails the turn and names the file; corrected, it plays", async () => {
  await using server = await testServer({
    args: ["-c", "model_provider=scripted", "-c", "model_providers.scripted.script=mine.json"],
  });
  const failed = await server.failTurn("go");
  assert.match(
    failed.message,
    /^The script .*\/home\/mine\.json cannot be played: ENOENT.* Correct it, or name another/,
  );
});

test("the provider that is configured is what model/list shows", async () => {
  await using server = await testServer({ provider: 'name = "House"' });
  const { data } = await server.request("model/list", {});
  assert.deepEqual(
    data.map(({ id, displayName, description, scripted }) => ({ id, displayName, description, scripted })),
    [{ id: "test/test-model", displayName: "test-model", description: "House", scripted: false }],
  );
});
