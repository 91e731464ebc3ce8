// Questions of the server: they wait for the panel, and end with the server or when it takes them back.
import assert from "node:assert/strict";
import { test } from "../support/vscode/suite.ts";
import { belayWith, reached, say } from "./belay.ts";

const question = {
  ask: "item/fileChange/requestApproval",
  id: "approval-7",
  params: {
    threadId: "thread-1",
    turnId: "turn-1",
    itemId: "item-1",
    startedAtMs: 1,
    reason: null,
    availableDecisions: ["accept", "decline"],
    grantRoot: null,
    changes: [],
  },
};

test("a question waits under the server's own id until the server takes it back", async () => {
  const api = await belayWith("puppet");
  const answered = say(api, question);
  await say(api);
  assert.equal(api.approvals.waiting, 1);
  await say(api, { notify: "serverRequest/resolved", params: { threadId: "thread-1", requestId: "another" } });
  assert.equal(api.approvals.waiting, 1);
  await say(api, { notify: "serverRequest/resolved", params: { threadId: "thread-1", requestId: "approval-7" } });
  assert.equal(api.approvals.waiting, 0);
  const [response] = await answered;
  assert.match(response?.error?.message ?? "", /taken back/);
});

test("a question does not outlive its server", async () => {
  const api = await belayWith("puppet");
  const answered = assert.rejects(say(api, question));
  await say(api);
  assert.equal(api.approvals.waiting, 1);
  const failed = reached(api, "failed");
  await assert.rejects(say(api, { exit: 1 }));
  await answered;
  await failed;
  assert.equal(api.approvals.waiting, 0);
});

test("a call of a tool that the editor never brought is refused at once", async () => {
  const api = await belayWith("puppet");
  const params = { threadId: "thread-1", turnId: "turn-1", callId: "c", namespace: null, tool: "t", arguments: {} };
  const [response] = await say(api, { ask: "item/tool/call", id: "call-1", params });
  assert.match(response?.error?.message ?? "", /answers no item\/tool\/call/);
  assert.equal(api.approvals.waiting, 0);
});
