// Typing and sizes on their way to a command: in order, and not faster than the server takes them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import type { Client } from "../../../extension/server/client.ts";
import { CommandLink } from "../../../extension/terminals/command-link.ts";

interface Call {
  method: string;
  params: { text?: string; size?: object };
  answer: PromiseWithResolvers<object>;
}

/** A server that answers when the test says so. */
function slowServer() {
  const arrivals = new EventEmitter();
  const calls: Call[] = [];
  const request = (method: string, params: Call["params"]) => {
    const call = { method, params, answer: Promise.withResolvers<object>() };
    calls.push(call);
    arrivals.emit("call");
    return call.answer.promise;
  };
  return { calls, arrivals, client: { request, relay: request } as unknown as Client };
}

const command = { threadId: "thread-1", itemId: "item-1" };

test("what is typed while the server is busy follows in one piece, in order", async () => {
  const { calls, arrivals, client } = slowServer();
  const link = new CommandLink({ command, client: () => client, refused: assert.fail });
  for (const key of "abc") link.write(key);
  const next = once(arrivals, "call");
  calls[0]?.answer.resolve({});
  await next;
  assert.deepEqual(
    calls.map(({ params }) => params),
    [
      { ...command, text: "a" },
      { ...command, text: "bc" },
    ],
  );
});

test("typing that does not reach the command is said, and what waited behind it is dropped", async () => {
  const { calls, client } = slowServer();
  const said = Promise.withResolvers<string>();
  const link = new CommandLink({ command, client: () => client, refused: said.resolve });
  link.write("a");
  link.write("b");
  calls[0]?.answer.reject(new Error("Its input is closed."));
  assert.equal(await said.promise, "Its input is closed.");
  assert.equal(calls.length, 1);
});

test("of sizes that follow each other quickly, the first and the last are sent", async () => {
  const { calls, arrivals, client } = slowServer();
  const link = new CommandLink({ command, client: () => client, refused: assert.fail });
  const next = once(arrivals, "call").then(() => once(arrivals, "call"));
  for (const cols of [80, 81, 82]) link.resize({ rows: 24, cols });
  await next;
  assert.deepEqual(
    calls.map(({ params }) => params.size),
    [
      { rows: 24, cols: 80 },
      { rows: 24, cols: 82 },
    ],
  );
});
