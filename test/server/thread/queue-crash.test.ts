// A server that is killed while its queue goes on, again and again: every message is in one place, the queue or the thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserInput } from "../../../server/protocol/user-input.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const experimental = { initialize: { experimentalApi: true } };
const said = (input: readonly UserInput[]) =>
  input.map((part) => (part.type === "text" ? part.text : part.type)).join();

/** Every message that waits or has begun, each as often as it is anywhere. */
async function everywhere(server: TestServer, threadId: string): Promise<string[]> {
  const { data } = await server.request("thread/queue/list", { threadId, limit: 100 });
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  const prompts = thread.turns.flatMap(({ items }) =>
    items.flatMap((item) => (item.type === "userMessage" ? [said(item.content)] : [])),
  );
  return [...data.map(({ input }) => said(input)), ...prompts].sort();
}

/** Resolves with the nth thing that the server says from now on, or when a turn has completed: more may not come. */
async function hears(server: TestServer, nth: number): Promise<void> {
  const from = server.heard.length;
  await new Promise<void>((resolve) => {
    const isThere = () =>
      server.heard.length - from >= nth || server.heard.some(({ method }) => method === "turn/completed");
    const look = () => isThere() && (server.child.stdout?.off("data", look), resolve());
    server.child.stdout?.on("data", look);
    look();
  });
}

test("killed at any moment, a server loses no message of a queue and sends none twice", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api, ...experimental });
  const { threadId } = await first.completeTurn("m-first");
  const sent = ["m-first"];
  await first.end();
  for (let nth = 1; nth <= 12; nth++) {
    await using server = await testServer({ api, like: first, ...experimental });
    server.expectDeath();
    // Before it is loaded, and after.
    assert.deepEqual(await everywhere(server, threadId), sent.toSorted(), `after kill ${nth - 1}, read`);
    await server.request("thread/resume", { threadId });
    const names = [`m-${nth}-a`, `m-${nth}-b`];
    for (const text of names) {
      const input = [{ type: "text" as const, text }];
      await server.request("thread/queue/add", { threadId, input, clientUserMessageId: "always the same" });
      sent.push(text);
    }
    // The queue goes on by itself: what begins between the two looks is seen by both.
    const seen = new Set(await everywhere(server, threadId));
    assert.deepEqual([...seen], sent.toSorted(), `after kill ${nth - 1}, loaded`);
    const heard = hears(server, nth);
    // Refused where the queue goes on by itself, and perhaps never answered.
    server.send({ id: "start", method: "thread/queue/start", params: { threadId } });
    await heard;
    server.child.kill("SIGKILL");
    await server.exited;
  }
});
