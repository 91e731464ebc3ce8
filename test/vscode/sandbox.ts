// What confines commands: heard from the server, and a container that a person makes the sandbox.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belayWith, choosing, expectRequest, say } from "./belay.ts";

const off = {
  kind: "unavailable",
  layer: null,
  reason: "user namespaces are not allowed",
  cure: "Install bubblewrap.",
  isContainer: true,
};
const write = {
  answer: "config/value/write",
  with: { status: "ok", version: "1", filePath: "/f", overriddenMetadata: null },
};

test("the sandbox's state is what the server last said, and nothing once it is gone", async () => {
  const api = await belayWith("puppet");
  await say(api, { notify: "belay/sandbox/updated", params: off });
  assert.deepEqual(api.ctx.sandbox.state, off);
  await api.ctx.server.stop();
  assert.equal(api.ctx.sandbox.state, null);
});

test("a container becomes the sandbox only after a person has read the risk and said so", async () => {
  const api = await belayWith("puppet");
  await say(api, write, { answer: "belay/sandbox/read", with: off });
  await choosing(undefined, async () => {
    await vscode.commands.executeCommand("belay.trustContainer");
  });
  const questions = await choosing("Use Container as Sandbox", async () => {
    await vscode.commands.executeCommand("belay.trustContainer");
  });
  assert.deepEqual(questions, ["Use this container as Belay's sandbox?"]);
  assert.deepEqual(await expectRequest(api, write.answer), {
    keyPath: "container_is_sandbox",
    value: true,
    mergeStrategy: "replace",
  });
});
