// The channel between two Node processes, as the server sees it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type IpcProcess, nodeIpc } from "../../../server/doors/node-ipc.ts";

test("the channel is full when it says so, until what was sent has left", async () => {
  const left: ((error: Error | null) => void)[] = [];
  const sent: unknown[] = [];
  let hasRoom = true;
  const channel: IpcProcess = {
    send: (message, _, __, callback) => (sent.push(message), left.push(callback), hasRoom),
    on: () => {},
  };
  const pipe = nodeIpc(channel);
  void pipe.send({ method: "one" });
  assert.equal(pipe.isFull, false);
  hasRoom = false;
  const last = pipe.sendText('{"method":"two"}');
  assert.equal(pipe.isFull, true);
  for (const callback of left) callback(null);
  await last;
  assert.equal(pipe.isFull, false);
  assert.deepEqual(
    sent,
    ["one", "two"].map((method) => ({ jsonrpc: "2.0", method })),
  );
});
