// Signing in with a key over the wire: where it is kept, who hears of it, what is signed with it, and that nobody sees it.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";

const KEY = "sk-very-secret-1234567890";
/** The provider that needs a key of OpenAI, at an address of the test's. */
const openai = (url = "http://127.0.0.1:9/v1"): ServerOptions => ({
  args: ["-c", "model_provider=openai", "-c", `model_providers.openai.base_url=${url}`],
});
const auth = (server: TestServer) => join(server.home, "auth.json");

test("a provider of one's own asks nobody to sign in", async () => {
  await using server = await testServer();
  assert.deepEqual(await server.request("account/read", {}), {
    account: null,
    userId: null,
    requiresOpenaiAuth: false,
    workspaceRouting: null,
  });
});

test("signing in keeps the key for its owner alone, tells it, and signs the next request with it", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer(openai(api.url));
  assert.deepEqual(await account(server), { account: null, requiresOpenaiAuth: true });
  assert.equal((await server.request("model/list", {})).data[0]?.missing, "apiKey");

  assert.deepEqual(await server.request("account/login/start", { type: "apiKey", apiKey: ` ${KEY}\n` }), {
    type: "apiKey",
  });
  assert.deepEqual(await server.expectNotification("account/login/completed"), {
    loginId: null,
    success: true,
    error: null,
    onboardingEntrypoint: null,
  });
  assert.deepEqual(await server.expectNotification("account/updated"), { authMode: "apikey", planType: null });
  assert.deepEqual(
    server.heard.slice(-3).map(({ method }) => method),
    [undefined, "account/login/completed", "account/updated"],
  );
  assert.deepEqual(JSON.parse(readFileSync(auth(server), "utf8")), { auth_mode: "apikey", OPENAI_API_KEY: KEY });
  assert.equal(statSync(auth(server)).mode & 0o777, 0o600);
  assert.deepEqual(await account(server), { account: { type: "apiKey" }, requiresOpenaiAuth: true });
  assert.equal((await server.request("model/list", {})).data[0]?.missing, null);

  await server.completeTurn("hello");
  assert.equal(api.headers[0]?.authorization, `Bearer ${KEY}`);
  assert.ok(!JSON.stringify(server.heard).includes(KEY));
  assert.ok(!server.stderr.includes(KEY));
  assert.ok(!readFileSync(join(server.home, "config.toml"), "utf8").includes(KEY));
});

test("the key survives a restart, wins over the environment, and goes when somebody signs out", async () => {
  await using api = await responsesApi([{ steps: [{ text: "stored" }] }, { steps: [{ text: "environment" }] }]);
  await using first = await testServer(openai(api.url));
  await first.request("account/login/start", { type: "apiKey", apiKey: KEY });
  await using server = await testServer({
    ...openai(api.url),
    like: first,
    env: { OPENAI_API_KEY: "sk-from-the-environment" },
  });
  await server.completeTurn("hello");
  assert.deepEqual((await server.requestRaw("account/logout", undefined))["result"], {});
  // What still signs the requests is said.
  assert.deepEqual(await server.expectNotification("account/updated"), { authMode: "apikey", planType: null });
  assert.equal(existsSync(auth(server)), false);
  await server.completeTurn("hello");
  assert.deepEqual(
    api.headers.map(({ authorization }) => authorization),
    [`Bearer ${KEY}`, "Bearer sk-from-the-environment"],
  );
});

test("signing out twice is no error, and without any key nobody is signed in", async () => {
  await using server = await testServer(openai());
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await server.request("account/logout", {}), {});
    assert.deepEqual(await server.expectNotification("account/updated"), { authMode: null, planType: null });
  }
  assert.deepEqual(await account(server), { account: null, requiresOpenaiAuth: true });
});

test("the key is sent to no other provider", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  await server.request("account/login/start", { type: "apiKey", apiKey: KEY });
  await server.completeTurn("hello");
  assert.equal(api.headers[0]?.authorization, undefined);
});

test("a key that is none is refused without being repeated, and nothing is kept", async () => {
  await using server = await testServer(openai());
  const messages = [];
  for (const params of [
    { type: "apiKey", apiKey: " \n" },
    { type: "apiKey", apiKey: "sk-1 sk-2" },
    { type: "apiKey" },
    { type: "chatgpt" },
    { type: "nope" },
    {},
  ]) {
    messages.push((await server.refusal("account/login/start", params)).message);
  }
  assert.deepEqual(messages, [
    "apiKey is empty. Send the key itself.",
    "apiKey holds spaces or characters that no key has. Send the key alone.",
    "Invalid request: missing field `apiKey`",
    'Belay signs in with an API key only, not by chatgpt. Send {"type":"apiKey","apiKey":"…"}.',
    "Invalid request: unknown variant `nope`, expected one of `apiKey`, `chatgpt`, `chatgptDeviceCode`, `chatgptAuthTokens`, `amazonBedrock`, `amazonBedrockAccessKeys`",
    "Invalid request: missing field `type`",
  ]);
  assert.equal(existsSync(auth(server)), false);
});

test("a damaged file counts as none, and one that others could read is closed before a key is in it", async () => {
  await using first = await testServer(openai());
  writeFileSync(auth(first), "{");
  chmodSync(auth(first), 0o644);
  await using server = await testServer({ ...openai(), like: first });
  assert.deepEqual(await account(server), { account: null, requiresOpenaiAuth: true });
  await server.request("account/login/start", { type: "apiKey", apiKey: KEY });
  assert.equal(statSync(auth(server)).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(server.home).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

async function account(server: TestServer) {
  const { account, requiresOpenaiAuth } = await server.request("account/read", {});
  return { account, requiresOpenaiAuth };
}

test("a symbolic link is signed in through by nobody, and signing out does not pretend that the key is gone", async () => {
  await using first = await testServer(openai());
  const target = join(first.home, "elsewhere.json");
  const content = JSON.stringify({ OPENAI_API_KEY: KEY });
  writeFileSync(target, content);
  symlinkSync(target, auth(first));
  await using server = await testServer({ ...openai(), like: first });
  for (const [method, params] of [
    ["account/login/start", { type: "apiKey", apiKey: "sk-other" }],
    ["account/logout", {}],
  ] as const) {
    const { message } = await server.refusal(method, params);
    assert.match(message, /auth\.json is a symbolic link to .*elsewhere\.json/);
  }
  assert.equal(readFileSync(target, "utf8"), content);
  assert.deepEqual((await account(server)).account, { type: "apiKey" });
});
