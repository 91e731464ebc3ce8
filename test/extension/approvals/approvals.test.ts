// Questions that wait for a person: shown to whichever panel is there, under one id, answered once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Approvals } from "../../../extension/approvals/approvals.ts";
import { Connection, type Receiver } from "../../../server/protocol/rpc/connection.ts";
import type { Message } from "../../../server/protocol/rpc/messages.ts";

const method = "item/fileChange/requestApproval";
const forever = new AbortController().signal;

/** The extension's end of a wire to a panel, and the panel's: what it was sent, and how it answers. */
function fakePanel() {
  const sent: Message[] = [];
  let receive: (value: unknown) => void = () => undefined;
  const receiver: Receiver = {
    request: () => Promise.resolve(null),
    notification: () => undefined,
    malformed: () => undefined,
    closed: () => undefined,
  };
  const connection = new Connection(
    {
      send: async (message) => void sent.push(message),
      listen: (onMessage) => {
        receive = onMessage;
      },
      close: () => undefined,
    },
    receiver,
  );
  return { connection, sent, answer: (message: unknown) => receive(message) };
}

test("a question that came before the panel is shown when the panel is ready", async () => {
  const approvals = new Approvals(() => undefined);
  const asked = approvals.ask({ id: 7, method, params: { a: 1 } }, forever);
  const panel = fakePanel();
  approvals.panelReady(panel.connection);
  assert.deepEqual(panel.sent, [{ id: 7, method, params: { a: 1 } }]);
  panel.answer({ id: 7, result: { decision: "accept" } });
  assert.deepEqual(await asked, { decision: "accept" });
  assert.equal(approvals.waiting, 0);
});

test("a reloaded panel gets the same question under the same id, and its answer counts", async () => {
  const approvals = new Approvals(() => undefined);
  const [first, second] = [fakePanel(), fakePanel()];
  approvals.panelReady(first.connection);
  const asked = approvals.ask({ id: "q", method, params: {} }, forever);
  first.connection.close("reloaded");
  approvals.panelGone();
  approvals.panelReady(second.connection);
  assert.deepEqual(second.sent, [{ id: "q", method, params: {} }]);
  second.answer({ id: "q", result: { decision: "decline" } });
  assert.deepEqual(await asked, { decision: "decline" });
});

test("a question that is taken back disappears from the panel and fails", async () => {
  const approvals = new Approvals(() => undefined);
  const panel = fakePanel();
  approvals.panelReady(panel.connection);
  const asked = approvals.ask({ id: 1, method, params: {} }, forever);
  approvals.drop(1);
  await assert.rejects(asked, /taken back/);
  assert.deepEqual(panel.sent.at(-1), { method: "$/cancelRequest", params: { id: 1 } });
});

test("an answer that is no decision is an error for the server, never an approval", async () => {
  const approvals = new Approvals(() => undefined);
  const panel = fakePanel();
  approvals.panelReady(panel.connection);
  const asked = approvals.ask({ id: 1, method, params: {} }, forever);
  panel.answer({ id: 1, result: { decision: "yes please" } });
  await assert.rejects(asked, /cannot be read/);
});

test("a question of the model is shown like an approval, and an empty answer means that it was skipped", async () => {
  const approvals = new Approvals(() => undefined);
  const panel = fakePanel();
  approvals.panelReady(panel.connection);
  const asked = approvals.ask({ id: 3, method: "item/tool/requestUserInput", params: {} }, forever);
  assert.deepEqual(approvals.methods, ["item/tool/requestUserInput"]);
  panel.answer({ id: 3, result: {} });
  assert.deepEqual(await asked, { answers: {} });
});

test("the end of the server fails everything that waits, and each change is told", async () => {
  const counts: number[] = [];
  const approvals: Approvals = new Approvals(() => counts.push(approvals.waiting));
  const abort = new AbortController();
  const asked = [1, 2, 3].map((id) => approvals.ask({ id, method, params: {} }, id === 3 ? abort.signal : forever));
  const outcomes = Promise.allSettled(asked);
  abort.abort();
  approvals.serverEnded();
  assert.deepEqual(
    (await outcomes).map(({ status }) => status),
    ["rejected", "rejected", "rejected"],
  );
  assert.deepEqual(counts, [1, 2, 3, 2, 1, 0]);
});
