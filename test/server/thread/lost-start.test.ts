// A thread in whose file the line that begins a turn is damaged: the turn is there all the same.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const experimental = { initialize: { experimentalApi: true } };

async function prompts(server: TestServer, threadId: string): Promise<string[][]> {
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.map(({ items }) =>
    items.flatMap((item) =>
      item.type === "userMessage" ? item.content.map((part) => ("text" in part ? part.text : "")) : [],
    ),
  );
}

test("a turn whose first line is damaged is shown, can be forked away from and reverted, and nothing of it comes back", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api, ...experimental });
  const { threadId } = await first.completeTurn("one");
  const { turnId } = await first.completeTurn("two", threadId);
  await first.completeTurn("three", threadId);
  const path = (await first.request("thread/read", { threadId })).thread.path ?? "";
  await first.end();
  const lines = readFileSync(path, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes('"turn/started"') && line.includes(turnId));
  writeFileSync(path, lines.with(at, "\u0000\u0000").join("\n"));
  await using second = await testServer({ api, like: first, ...experimental });
  const whole = [["one"], ["two"], ["three"]];
  assert.deepEqual(await prompts(second, threadId), whole);
  const before = await second.request("thread/fork", { threadId, beforeTurnId: turnId });
  const upTo = await second.request("thread/fork", { threadId, lastTurnId: turnId });
  const shown = [[["one"]], [["one"], ["two"]]];
  const forks = [before.thread.id, upTo.thread.id];
  assert.deepEqual(await Promise.all(forks.map((id) => prompts(second, id))), shown);
  await second.request("thread/resume", { threadId });
  await second.request("thread/revert", { threadId, beforeTurnId: turnId });
  assert.deepEqual(await prompts(second, threadId), [["one"]]);
  await second.end();
  await using third = await testServer({ api, like: first, ...experimental });
  assert.deepEqual(await Promise.all(forks.map((id) => prompts(third, id))), shown);
  assert.deepEqual(await prompts(third, threadId), [["one"]]);
  await third.request("thread/resume", { threadId });
  await third.completeTurn("go on", threadId);
  const told = toldText(api.requests.at(-1) ?? assert.fail());
  assert.deepEqual([told.includes("one"), told.includes('"two"'), told.includes('"three"')], [true, false, false]);
});
