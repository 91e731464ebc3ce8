// Clients over WebSockets and Unix sockets: who may come in, and what stays when they go.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SignJWT } from "jose";
import { responsesApi } from "../../support/responses-api.ts";
import { socketServer } from "../../support/socket-server.ts";
import { makeDirectories, testServer } from "../../support/test-server.ts";

const token = "a token of some length";
const secret = "a secret that is shared by both sides and long enough";

test("a client over a WebSocket gets what a client on stdio gets, one message a frame", async () => {
  await using server = await socketServer();
  const client = await server.connect({ initialize: null });
  const answer = await client.ask("initialize", { clientInfo: { name: "probe", version: "7" } }, "first");
  assert.equal((answer["result"] as { codexHome: string }).codexHome, server.home);
  assert.deepEqual(await client.request("thread/list", {}), { data: [], nextCursor: null, backwardsCursor: null });
  client.socket.send(Buffer.from("{}"), { binary: true });
  client.socket.send("{broken");
  client.socket.send("[]");
  assert.equal((await client.ask("thread/list", {}, "after")).id, "after");
  await server.until("the note", () => /note: only this machine can connect/.test(server.stderr) || undefined);
});

test("readyz and healthz answer without a token, pages of a browser are refused everywhere, all else is no upgrade", async () => {
  const sha256 = createHash("sha256").update(token).digest("hex");
  await using server = await socketServer({ args: ["--ws-auth", "capability-token", "--ws-token-sha256", sha256] });
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(server.httpUrl + path, init);
    return [response.status, await response.text()];
  };
  const headers = { origin: "http://localhost" };
  assert.deepEqual(await get("/readyz"), [200, ""]);
  assert.deepEqual(await get("/healthz"), [200, ""]);
  assert.deepEqual(await get("/readyz", { method: "POST" }), [405, ""]);
  assert.deepEqual(await get("/healthz", { headers }), [403, ""]);
  assert.deepEqual(await get("/"), [400, "Connection header did not include 'upgrade'"]);
  const authorization = `Bearer ${token}`;
  await assert.rejects(server.connect({ headers: { ...headers, authorization } }), { message: "403 " });
});

test("a capability token lets in who has it, and nobody else", async () => {
  const directories = makeDirectories({});
  const file = join(directories.home, "token");
  writeFileSync(file, `${token}\n`);
  await using server = await socketServer({
    like: directories,
    args: ["--ws-auth", "capability-token", "--ws-token-file", file],
  });
  await assert.rejects(server.connect(), { message: "401 missing websocket bearer token" });
  for (const [authorization, refusal] of [
    ["Bearer wrong", "invalid websocket bearer token"],
    [`Bearer ${token} `.repeat(2), "invalid websocket bearer token"],
    [`Basic ${token}`, "invalid authorization header"],
  ] as const) {
    await assert.rejects(server.connect({ headers: { authorization } }), { message: `401 ${refusal}` });
  }
  const client = await server.connect({ headers: { authorization: `Bearer ${token}` } });
  assert.ok(await client.request("thread/list", {}));
});

test("a signed token lets in who has one that fits and is valid", async () => {
  const directories = makeDirectories({});
  const file = join(directories.home, "secret");
  writeFileSync(file, `${secret}\n`);
  const args = ["--ws-auth", "signed-bearer-token", "--ws-shared-secret-file", file];
  args.push("--ws-issuer", "us", "--ws-audience", "belay", "--ws-max-clock-skew-seconds", "5");
  await using server = await socketServer({ like: directories, args });
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: "us", aud: "belay", exp: now + 600 };
  const { exp: _, ...endless } = good;
  for (const [claims, refusal, key] of [
    [good, "invalid websocket jwt", "another secret, which nobody but its owner knows"],
    [endless, "invalid websocket jwt"],
    [{ ...good, exp: now - 60 }, "expired websocket jwt"],
    [{ ...good, iss: "them" }, "websocket jwt issuer mismatch"],
    [{ ...good, aud: "other" }, "websocket jwt audience mismatch"],
    [{ ...good, nbf: now + 60 }, "websocket jwt is not valid yet"],
  ] as const) {
    const authorization = `Bearer ${await sign(claims, key)}`;
    await assert.rejects(server.connect({ headers: { authorization } }), { message: `401 ${refusal}` });
  }
  const unsigned = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(good))}.`.replaceAll("=", "");
  await assert.rejects(
    server.connect({ headers: { authorization: `Bearer ${unsigned}` } }),
    /401 invalid websocket jwt/,
  );
  const client = await server.connect({ headers: { authorization: `Bearer ${await sign(good)}` } });
  assert.ok(await client.request("thread/list", {}));
});

test("a socket of a Unix path is its owner's alone, is not taken from a live server, and is taken from a dead one", async () => {
  await using server = await socketServer({ listen: "unix://" });
  const place = join(server.home, "app-server-control", "app-server-control.sock");
  assert.equal(server.url, `unix://${place}`);
  assert.equal(statSync(place).mode & 0o777, 0o600);
  assert.equal(statSync(join(place, "..")).mode & 0o777, 0o700);
  assert.ok(await (await server.connect()).request("thread/list", {}));
  await using second = await testServer({ like: server, args: ["--listen", "unix://"], initialize: null });
  second.expectDeath();
  assert.equal((await second.exited).code, 1);
  await second.expectLog(/another server listens on .*app-server-control\.sock/);
  assert.ok(existsSync(place));
  server.expectDeath();
  server.child.kill("SIGKILL");
  await server.exited;
  assert.ok(existsSync(place), "a killed server leaves its socket");
  await using third = await socketServer({ listen: "unix://", like: server });
  assert.ok(await (await third.connect()).request("thread/list", {}));
});

test("a file that is no socket is left alone, and a path that is too long is refused by name", async () => {
  const directories = makeDirectories({ files: { notes: "mine" } });
  const place = join(directories.workspace, "notes");
  await using server = await testServer({ like: directories, args: ["--listen", `unix://${place}`], initialize: null });
  server.expectDeath();
  assert.equal((await server.exited).code, 1);
  await server.expectLog(/notes exists and is not a socket/);
  assert.equal(readFileSync(place, "utf8"), "mine");
  const long = `unix:///tmp/${"x".repeat(100)}`;
  await using other = await testServer({ args: ["--listen", long], initialize: null });
  other.expectDeath();
  assert.equal((await other.exited).code, 1);
  await other.expectLog(/is longer than 103 bytes/);
});

test("a WebSocket on an address that others can reach needs a way to know them", async () => {
  await using server = await testServer({ args: ["--listen", "ws://0.0.0.0:0"], initialize: null });
  server.expectDeath();
  assert.equal((await server.exited).code, 1);
  await server.expectLog(
    /refusing to start non-loopback websocket listener 0\.0\.0\.0:0 without auth; configure `--ws-auth capability-token` or `--ws-auth signed-bearer-token`/,
  );
});

test("a signal ends the server cleanly in the middle of a turn, and parts from its clients", async () => {
  for (const listen of ["ws://127.0.0.1:0", "unix://"]) {
    await using api = await responsesApi([{ steps: [{ calls: [sleep] }, { text: "ok" }] }]);
    await using server = await socketServer({
      api,
      listen,
      sandboxMode: "danger-full-access",
      approvalPolicy: "never",
    });
    const client = await server.connect();
    const threadId = await client.startThread({ cwd: server.workspace });
    await client.startTurn(threadId, "sleep");
    await client.expect("item/started", ({ item }) => item.type === "commandExecution");
    server.child.kill("SIGINT");
    assert.deepEqual(await server.exited, { code: 0, signal: null });
    assert.equal(await client.closed, 1001);
  }
});

test("a frame over the limit ends that connection, and no other", async () => {
  await using server = await socketServer();
  const [client, other] = [await server.connect(), await server.connect()];
  client.socket.send("x".repeat(33 * 1024 * 1024));
  assert.equal(await client.closed, 1009);
  assert.ok(await other.request("thread/list", {}));
});

const sleep = { name: "exec_command", arguments: { cmd: "sleep 600" } };

function sign(claims: object, key = secret): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(key));
}
