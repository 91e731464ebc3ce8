// A file whose end has what people saw and not what the model hears of it: cut there by a loss of power or a full disk.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { noProfile, type TestServer, testServer } from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];

/** Behind its last line that has this text. */
async function cutBehind(server: TestServer, threadId: string, text: string): Promise<void> {
  const { thread } = await server.request("thread/read", { threadId });
  await server.end();
  const path = thread.path ?? "";
  const lines = readFileSync(path, "utf8").split("\n");
  const kept = lines.slice(0, lines.findLastIndex((line) => line.includes(text)) + 1);
  writeFileSync(path, kept.map((line) => `${line}\n`).join(""));
}

/** How often the model hears it in a turn now, and in one after another restart. */
async function timesTold(
  api: Awaited<ReturnType<typeof responsesApi>>,
  like: TestServer,
  about: { threadId: string; words: string },
) {
  const times: number[] = [];
  for (const prompt of ["go on", "once more"]) {
    await using server = await testServer({ api, like, env: noProfile, initialize: { experimentalApi: true } });
    await server.request("thread/resume", { threadId: about.threadId });
    await server.completeTurn(prompt, about.threadId);
    times.push(toldText(api.requests.at(-1) ?? assert.fail()).split(about.words).length - 1);
    await server.end();
  }
  return times;
}

test("of a command of the user's own whose end alone is on disk the model hears all the same, once", async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api, env: noProfile });
  const threadId = await first.startThread();
  await first.request("thread/shellCommand", { threadId, command: "echo pre''cious" });
  await first.expectNotification("turn/completed");
  await cutBehind(first, threadId, '"aggregatedOutput":"precious');
  assert.deepEqual(await timesTold(api, first, { threadId, words: "exit code 0\\nprecious" }), [1, 1]);
});

test("of a message of the queue whose item alone is on disk the model hears all the same, once", async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api, initialize: { experimentalApi: true } });
  const { threadId } = await first.completeTurn("hello");
  const input = [{ type: "text" as const, text: "precious" }];
  await first.request("thread/queue/add", { threadId, input, clientUserMessageId: "c-1" });
  await first.expectNotification("turn/completed");
  await cutBehind(first, threadId, '"precious"');
  assert.deepEqual(await timesTold(api, first, { threadId, words: "precious" }), [1, 1]);
});
