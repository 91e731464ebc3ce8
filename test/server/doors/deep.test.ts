// JSON that is nested beyond all sense, from a client or in a file: refused or left out with a sentence, by a process that
// lives and answers the next one.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { LineSplitter } from "../../../server/protocol/rpc/lines.ts";
import { type RequestBody, responsesApi, toldText } from "../../support/responses-api.ts";
import { socketServer } from "../../support/socket-server.ts";
import {
  type AnyMessage,
  makeDirectories,
  root,
  serverEnvironment,
  testServer,
  type TestServer,
  withDeadline,
} from "../../support/test-server.ts";

const DEPTH = 200_000;
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const deepList = nested(DEPTH);
const deepObject = `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`;
const id = "00000000-0000-7000-8000-000000000000";
/** A message with the deep value in each place that there is, whatever it means. */
const messages = [deepList, deepObject].flatMap((deep) => [
  deep,
  `{"id":${deep},"method":"thread/list","params":{}}`,
  `{"id":1,"method":${deep}}`,
  `{"id":1,"method":"thread/list","params":${deep}}`,
  `{"id":1,"method":"no/such/method","params":${deep}}`,
  `{"method":"initialized","params":${deep}}`,
  `{"method":"no/such/notification","params":${deep}}`,
  `{"id":1,"result":${deep}}`,
  `{"id":"x","error":{"code":1,"message":"m","data":${deep}}}`,
  `{"id":1,"method":"thread/start","params":{"config":{"a":${deep}}}}`,
  `{"id":1,"method":"thread/start","params":{"dynamicTools":[{"type":"function","name":"t","description":"d","inputSchema":{"a":${deep}}}]}}`,
  `{"id":1,"method":"turn/start","params":{"threadId":"${id}","input":[{"type":"text","text":"x","text_elements":[${deep}]}]}}`,
  `{"id":1,"method":"turn/start","params":{"threadId":"${id}","input":[],"outputSchema":{"a":${deep}}}}`,
  `{"id":1,"method":"thread/inject_items","params":{"threadId":"${id}","items":[{"type":"message","x":${deep}}]}}`,
  `{"id":1,"method":"config/value/write","params":{"keyPath":"a","value":${deep},"mergeStrategy":"replace"}}`,
  `{"id":1,"method":"config/batchWrite","params":{"edits":[{"keyPath":"a","value":${deep},"mergeStrategy":"replace"}]}}`,
  `{"id":1,"method":"fs/writeFile","params":{"path":"/x","dataBase64":${deep}}}`,
]);

test("over stdio, no message is too deep for the next one to be answered", async () => {
  await using server = await testServer({ initialize: { experimentalApi: true } });
  for (const message of messages) {
    server.sendLine(message);
    assert.deepEqual((await server.request("thread/loaded/list", {})).data, [], message.slice(0, 100));
  }
  const write = { keyPath: "a", value: JSON.parse(nested(1_000)) as unknown, mergeStrategy: "replace" as const };
  assert.match((await server.refusal("config/value/write", write)).message, /nested more than 100 deep/);
});

test("over a WebSocket, too", async () => {
  await using server = await socketServer();
  const client = await server.connect({ initialize: { experimentalApi: true } });
  for (const message of messages) {
    client.socket.send(message);
    assert.deepEqual((await client.request("thread/loaded/list", {})).data, [], message.slice(0, 100));
  }
});

test("over the editor's channel, too", async () => {
  const { home, workspace, base } = makeDirectories({});
  // As `fork` opens it, but written to as text: our own side could not make such a message either.
  const child = spawn(process.execPath, [join(root, "server/main.ts"), "editor"], {
    cwd: workspace,
    env: serverEnvironment(home, { NODE_CHANNEL_FD: "3", NODE_CHANNEL_SERIALIZATION_MODE: "json" }),
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const channel = child.stdio[3] as Socket;
  const waiting = new Map<string, (message: AnyMessage) => void>();
  const lines = new LineSplitter((line) => {
    const message = JSON.parse(line) as AnyMessage;
    waiting.get(String(message.id))?.(message);
  });
  channel.on("data", (bytes: Buffer) => lines.push(bytes));
  const ask = (message: string, id: string) => {
    const answer = new Promise<AnyMessage>((resolve) => waiting.set(id, resolve));
    channel.write(`${message}\n`);
    return withDeadline(answer, () => `an answer to ${id}`);
  };
  const capabilities = JSON.stringify({ belay: { workspaceEdits: true } });
  const params = `{"processId":${process.pid},"clientInfo":{"name":"vscode"},"initializationOptions":${capabilities}}`;
  await ask(`{"jsonrpc":"2.0","id":"first","method":"initialize","params":${params}}`, "first");
  channel.write('{"jsonrpc":"2.0","method":"initialized","params":{}}\n');
  const more = [
    `{"method":"panel/kept","params":{"state":${deepList}}}`,
    `{"method":"textDocument/didOpen","params":${deepObject}}`,
  ];
  for (const [at, message] of [...messages, ...more].entries()) {
    channel.write(`${message}\n`);
    const { result } = await ask(`{"jsonrpc":"2.0","id":"n${at}","method":"thread/loaded/list","params":{}}`, `n${at}`);
    assert.deepEqual((result as { data: unknown }).data, [], message.slice(0, 100));
  }
  channel.end();
  await withDeadline(once(child, "exit"), () => "the server to end");
  rmSync(base ?? "", { recursive: true });
});

test("a line of a thread's file that is too deep is left out and counted, and the rest is there", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("one");
  const path = await pathOf(first, threadId);
  await first.end();
  const line = (type: string, payload: string) =>
    `{"timestamp":"2026-01-01T00:00:00.000Z","ordinal":900,"type":"${type}","payload":${payload}}\n`;
  const call = `{"type":"dynamicToolCall","id":"d","tool":"t","namespace":null,"arguments":${deepList},"status":"completed","contentItems":null,"success":true,"durationMs":1}`;
  const told = `{"threadId":"${threadId}","turnId":"t","item":${call},"completedAtMs":1}`;
  for (const each of [
    `${deepObject}\n`,
    line("history", `{"type":"raw","item":{"type":"message","role":"user","x":${deepObject}}}`),
    line("settings", `{"mode":${deepList}}`),
    line("notification", `{"method":"item/completed","params":${deepObject}}`),
    line("notification", `{"method":"item/completed","params":${told}}`),
    line("later", deepObject),
  ]) {
    appendFileSync(path, each);
  }
  await using server = await testServer({ api, like: first });
  const { thread } = await server.request("thread/resume", { threadId });
  assert.equal(thread.turns.length, 1);
  assert.match((await server.expectNotification("warning")).message, /lines of this thread's file cannot be read/);
  const { turn } = await server.completeTurn("two", threadId);
  assert.equal(turn.status, "completed");
  assert.match(toldText(api.requests.at(-1) as RequestBody), /one.*two/s);
  assert.equal((await server.request("thread/list", {})).data.length, 1);
  const found = await server.request("thread/fork", { threadId });
  assert.equal(found.thread.turns.length, 2);
});

test("a tool call of the model whose arguments are too deep fails, and the turn goes on", async () => {
  const call = { name: "look", arguments: { at: JSON.parse(nested(1_000)) as unknown } };
  await using api = await responsesApi([{ prompt: "go", steps: [{ calls: [call] }, { text: "ok" }] }]);
  await using server = await testServer({ api, initialize: { experimentalApi: true } });
  const dynamicTools = [{ type: "function" as const, name: "look", description: "d", inputSchema: {} }];
  const { thread } = await server.request("thread/start", { dynamicTools });
  const { turn } = await server.completeTurn("go", thread.id);
  assert.equal(turn.status, "completed");
  assert.match(toldText(api.requests[1] as RequestBody), /nested more than 100 deep/);
});

test("a queue that is too deep is said to be unreadable, and sections and an index that are so stop no list", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("one");
  await first.end();
  mkdirSync(join(first.home, "queue"), { recursive: true });
  const entry = `{"id":"q","input":[{"type":"text","text":"x","text_elements":[${deepList}]}],"clientUserMessageId":"c","responsesapiClientMetadata":null}`;
  writeFileSync(join(first.home, "queue", `${threadId}.json`), `{"version":1,"entries":[${entry}]}`);
  writeFileSync(join(first.home, "sections.json"), `{"version":1,"sections":${deepList},"places":${deepObject}}`);
  const index = join(first.home, "index", "threads-1.jsonl");
  assert.ok(existsSync(index));
  appendFileSync(index, `${deepList}\n${deepObject}\n{"path":${deepList},"x":${deepObject}}\n`);
  await using server = await testServer({ api, like: first, initialize: { experimentalApi: true } });
  assert.match((await server.refusal("thread/queue/list", { threadId })).message, /cannot be read/);
  assert.equal((await server.request("thread/list", {})).data.length, 1);
});

async function pathOf(server: TestServer, threadId: string): Promise<string> {
  return (await server.request("thread/read", { threadId })).thread.path ?? "";
}
