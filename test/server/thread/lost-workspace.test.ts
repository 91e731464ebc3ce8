// The folder of a thread that goes away under a turn: what needs it fails and says why, nothing is half done, and the
// thread goes on.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const command = (cmd: string) => ({ name: "exec_command", arguments: { cmd } });
const patch = {
  name: "apply_patch",
  input: [
    ...["*** Begin Patch", "*** Update File: a.txt", "@@", "-one", "+two", "*** Add File: b.txt", "+new"],
    "*** End Patch",
  ],
};

const losses: [string, (workspace: string) => void][] = [
  ["deleted", (workspace) => rmSync(workspace, { recursive: true })],
  ["renamed", (workspace) => renameSync(workspace, `${workspace}-moved`)],
];

for (const sandboxMode of ["danger-full-access", "workspace-write"] as const) {
  for (const [how, lose] of losses) {
    test(`a folder that was ${how} mid-turn fails a command with a sentence that names it (${sandboxMode})`, async () => {
      await using api = await responsesApi([
        { prompt: "run", steps: [{ calls: [command("env pwd")] }, { text: "It is gone." }] },
        { prompt: "again", steps: [{ calls: [command("env pwd")] }, { text: "It is back." }] },
      ]);
      await using server = await testServer({ api, approvalPolicy: "untrusted", sandboxMode });
      const { threadId, turnId } = await server.startTurn("run");
      const { id } = await server.expectRequest("item/commandExecution/requestApproval");
      lose(server.workspace);
      server.respond(id, { decision: "accept" });
      assert.equal((await ended(server, turnId)).status, "completed");
      const [item] = commands(server);
      assert.equal(item?.status, "failed");
      const sentence = `there is no folder ${server.workspace} to run in. Nothing was run.`;
      assert.ok(item?.aggregatedOutput?.includes(sentence), item?.aggregatedOutput ?? "no output");
      assert.ok(toolOutputs(api.requests[1])[0]?.includes(sentence), toolOutputs(api.requests[1])[0]);

      mkdirSync(server.workspace);
      server.answerApprovals("accept");
      assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
      assert.equal(commands(server)[1]?.status, "completed");
    });
  }
}

test("a patch for a folder that was renamed while it was asked about writes nothing, anywhere", async () => {
  await using api = await responsesApi([
    { prompt: "edit", steps: [{ calls: [patch] }, { text: "It is gone." }] },
    { prompt: "again", steps: [{ text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": "one\n" } });
  const { threadId, turnId } = await server.startTurn("edit");
  const { id } = await server.expectRequest("item/fileChange/requestApproval");
  const moved = `${server.workspace}-moved`;
  renameSync(server.workspace, moved);
  server.respond(id, { decision: "accept" });
  assert.equal((await ended(server, turnId)).status, "completed");
  const item = server.completedItems().find(({ type }) => type === "fileChange");
  assert.equal(item?.type === "fileChange" && item.status, "failed");
  assert.deepEqual([existsSync(server.workspace), existsSync(join(moved, "b.txt"))], [false, false]);
  assert.equal(readFileSync(join(moved, "a.txt"), "utf8"), "one\n");
  assert.match(toolOutputs(api.requests[1])[0] ?? "", /^apply_patch failed: there is no folder /);
  renameSync(moved, server.workspace);
  assert.equal((await server.completeTurn("again", threadId)).turn.status, "completed");
});

async function ended(server: TestServer, turnId: string) {
  return (await server.expectNotification("turn/completed", ({ turn }) => turn.id === turnId)).turn;
}

function commands(server: TestServer) {
  return server.completedItems().flatMap((item) => (item.type === "commandExecution" ? [item] : []));
}

test("a file that is new does not bring a deleted folder back", async () => {
  const add = { name: "apply_patch", input: ["*** Begin Patch", "*** Add File: b.txt", "+new", "*** End Patch"] };
  await using api = await responsesApi([{ steps: [{ calls: [add] }, { text: "It is gone." }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { turnId } = await server.startTurn("edit");
  const { id } = await server.expectRequest("item/fileChange/requestApproval");
  rmSync(server.workspace, { recursive: true });
  server.respond(id, { decision: "accept" });
  assert.equal((await ended(server, turnId)).status, "completed");
  const sentence = `apply_patch failed: there is no folder ${server.workspace} any more. Nothing was written.`;
  assert.equal(toolOutputs(api.requests[1])[0], sentence);
  assert.equal(existsSync(server.workspace), false);
});
