// A patch that a model writes into a shell line: what is one, and what is a command like any other.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { heredocPatch } from "../../../server/tools/heredoc-patch.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const patch = "*** Begin Patch\n*** Add File: a.txt\n+one\n*** End Patch\n";
const here = { workdir: "/w", cwd: "/w" };
const moved = (path: string) => patch.replace("a.txt", path);

const patches: [script: string, found: string, where?: { workdir: string; cwd: string }][] = [
  [`apply_patch <<'EOF'\n${patch}EOF`, patch],
  [`  apply_patch <<"EOF"\n${patch}EOF\n`, patch],
  [`apply_patch << PATCH\n${patch}PATCH\n\n`, patch],
  [`applypatch <<'EOF'\n${patch}EOF`, patch],
  [`cd sub && apply_patch <<'EOF'\n${patch}EOF\n`, moved("/w/sub/a.txt")],
  [`cd 'a b' && apply_patch <<'EOF'\n${patch}EOF\n`, moved("/w/a b/a.txt")],
  [`cd /x && apply_patch <<'EOF'\n${moved("/abs.txt")}EOF\n`, moved("/abs.txt")],
  [`apply_patch <<'EOF'\n${patch}EOF`, moved("/w/deep/a.txt"), { workdir: "/w/deep", cwd: "/w" }],
  [
    "cd s && apply_patch <<'E'\n*** Update File: b\n*** Move to: c\n@@\n *** Add File: text\n-x\n+y\nE",
    "*** Update File: /w/s/b\n*** Move to: /w/s/c\n@@\n *** Add File: text\n-x\n+y\n",
  ],
];

for (const [script, found, where] of patches) {
  test(`a patch: ${JSON.stringify(script.slice(0, 45))}`, () => {
    assert.equal(heredocPatch(script, where ?? here), found);
  });
}

const commands = [
  `apply_patch '${patch}'`,
  `apply_patch <<'EOF'\n${patch}EOF\nrm -rf .`,
  `apply_patch <<'EOF'\n${patch}EOF\nrm -rf .\nEOF`,
  `apply_patch <<'EOF' && rm x\n${patch}EOF`,
  `apply_patch <<'EOF' > log\n${patch}EOF`,
  `apply_patch <<EOF\n${patch.replace("one", "$(id)")}EOF`,
  `apply_patch <<EOF\n${patch.replace("one", "`id`")}EOF`,
  `cd $HOME && apply_patch <<'EOF'\n${patch}EOF`,
  `cd "$(id)" && apply_patch <<'EOF'\n${patch}EOF`,
  `cd - && apply_patch <<'EOF'\n${patch}EOF`,
  `cd ~ && apply_patch <<'EOF'\n${patch}EOF`,
  `cd a; apply_patch <<'EOF'\n${patch}EOF`,
  `cd a || apply_patch <<'EOF'\n${patch}EOF`,
  `echo x; apply_patch <<'EOF'\n${patch}EOF`,
  `cat <<'EOF'\n${patch}EOF`,
  `apply_patch <<'EOF'\n${patch}`,
  "apply_patch --help",
  "",
];

for (const script of commands) {
  test(`a command: ${JSON.stringify(script.slice(0, 60))}`, () => assert.equal(heredocPatch(script, here), null));
}

test("a patch in a shell line is a file change, judged and shown as one, and no command", async () => {
  const cmd = `cd sub && apply_patch <<'EOF'\n${patch}EOF\n`;
  const call = { name: "exec_command", arguments: { cmd } };
  await using api = await responsesApi([{ steps: [{ calls: [call] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "sub/b.txt": "b\n" } });
  const { threadId } = await server.startTurn("go");
  const asked = await server.expectRequest("item/fileChange/requestApproval");
  const made = join(server.workspace, "sub", "a.txt");
  assert.deepEqual(
    asked.params.changes.map(({ path }) => path),
    [made],
  );
  assert.equal(existsSync(made), false);
  server.respond(asked.id, { decision: "accept" });
  await server.expectNotification("turn/completed", (params) => params.threadId === threadId);
  assert.equal(readFileSync(made, "utf8"), "one\n");
  assert.deepEqual(toolOutputs(api.requests[1]), ["Success. Updated the following files:\nA sub/a.txt\n"]);
  assert.ok(server.completedItems().every(({ type }) => type !== "commandExecution"));
});
