// The command line as usual clients write it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { root, testServer } from "../../support/test-server.ts";

test("the server starts with what usual clients pass, and options before the command count", async () => {
  await using server = await testServer({
    argsBefore: ["-c", "model=first", "-c", "model_reasoning_effort=high", "--enable", "a"],
    args: ["-c", "model=second", "--analytics-default-enabled", "--enable", "b", "--disable", "c", "--strict-config"],
  });
  const { model, reasoningEffort } = await server.request("thread/start", { cwd: server.workspace });
  assert.deepEqual([model, reasoningEffort], ["second", "high"]);
});

test("--strict-config ends the server before it serves, with a sentence for each mistake", async () => {
  const config = 'sandbox_mod = "read-only"\napproval_policy = "sometimes"';
  await using server = await testServer({ config, args: ["--strict-config"], initialize: null });
  server.expectDeath();
  assert.deepEqual(await server.exited, { code: 1, signal: null });
  await server.expectLog(/\n.*\n/);
  const lines = server.stderr.trim().split("\n");
  assert.equal(lines.length, 2, server.stderr);
  assert.match(lines[0] ?? "", /^belay: There is no configuration key sandbox_mod\. Did you mean sandbox_mode\?/);
  assert.match(lines[1] ?? "", /^belay: The configuration key approval_policy is not used\. .*config\.toml/);
});

test("a command that is asked for help prints the usage and ends well", () => {
  for (const argv of [["--help"], ["app-server", "--help"], ["-c", "model=x", "app-server", "-h"]]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "server/main.ts"), ...argv]);
    assert.deepEqual([status, stderr.toString()], [0, ""], argv.join(" "));
    assert.match(stdout.toString(), /--enable FEATURE.*\n.* no effect/);
  }
});

test("a transport that there is not is refused without being offered", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "server/main.ts"), "app-server", "--listen", "x"]);
  assert.equal(status, 1);
  assert.doesNotMatch(stderr.toString(), /off/);
});
