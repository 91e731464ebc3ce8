// A whole turn over the real wire, against a model behind real HTTP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

test("a prompt becomes an approved command and an approved edit, and the model hears what both returned", async () => {
  await using api = await responsesApi([
    {
      steps: [
        {
          reasoning: "Look first.",
          text: "I run it.",
          calls: [{ name: "exec_command", arguments: { cmd: "env cat a.txt" } }],
        },
        { when: { output: "exited with code 0" }, calls: [{ name: "apply_patch", input: patch }] },
        { when: { output: "^Success" }, text: "Done." },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": "one\ntwo\n" } });
  const { turnId } = await server.startTurn("change it");

  const command = await server.expectRequest("item/commandExecution/requestApproval");
  assert.equal(command.params.script, "env cat a.txt");
  assert.equal(command.params.turnId, turnId);
  server.respond(command.id, { decision: "accept" });

  const change = await server.expectRequest("item/fileChange/requestApproval");
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), "one\ntwo\n");
  assert.deepEqual(change.params.changes, [
    {
      path: join(server.workspace, "a.txt"),
      kind: { type: "update", move_path: null },
      diff: "@@ -1,2 +1,2 @@\n one\n-two\n+three\n",
    },
  ]);
  server.respond(change.id, { decision: "accept" });

  const { turn } = await server.expectNotification("turn/completed");
  assert.equal(turn.status, "completed");
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), "one\nthree\n");
  const outputs = toolOutputs(api.requests[2]);
  assert.match(outputs[0] ?? "", /Process exited with code 0\n.*\nOutput:\none\ntwo\n/);
  assert.equal(outputs[1], "Success. Updated the following files:\nM a.txt\n");
  assert.match(toldText(api.requests[0] ?? never()), /change it/);
});

const patch = ["*** Begin Patch", "*** Update File: a.txt", "@@", " one", "-two", "+three", "*** End Patch"];

function never(): never {
  throw new Error("the model was not asked");
}
