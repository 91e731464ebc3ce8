// What a repository's links could show to a command that only looks, where no sandbox keeps credentials from it.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const skip = process.platform === "win32" && "POSIX links";

test("a harmless line asks when a link would lead it to credentials and no sandbox does without", {
  skip,
}, async () => {
  const leads = ["cat notes.txt", "head -3 docs/key", "cd docs && cat key", "grep -R x .", "cat *.txt"];
  const scripts = ["cat plain.txt", "ls", ...leads];
  const calls = scripts.map((cmd) => ({ name: "exec_command", arguments: { cmd } }));
  await using api = await responsesApi([{ steps: [...calls.map((call) => ({ calls: [call] })), { text: "ok" }] }]);
  await using server = await testServer({
    ...{ api, approvalPolicy: "untrusted", sandboxMode: "danger-full-access", files: { "plain.txt": "plain\n" } },
  });
  const secrets = join(server.workspace, "..", "keys", ".ssh");
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, "id_rsa"), "SECRET\n");
  symlinkSync(join(secrets, "id_rsa"), join(server.workspace, "notes.txt"));
  mkdirSync(join(server.workspace, "docs"));
  symlinkSync(join(secrets, "id_rsa"), join(server.workspace, "docs", "key"));
  const asked: string[] = [];
  server.answer("item/commandExecution/requestApproval", ({ script }) => {
    asked.push(String(script));
    return { decision: "decline" };
  });
  await server.completeTurn("look");
  assert.deepEqual(asked, leads);
  const outputs = toolOutputs(api.requests.at(-1));
  assert.match(outputs[0] ?? "", /plain/);
  for (const output of outputs) assert.doesNotMatch(output, /SECRET/);
});
