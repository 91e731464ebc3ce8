// The sandbox around the commands of a turn: what it lets through and what not, as the model and the disk see it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { skip } from "../sandbox/real-sandbox.ts";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { type ServerOptions, testServer } from "../../support/test-server.ts";

const run = (...commands: string[]) => [
  { steps: [{ calls: commands.map((cmd) => ({ name: "exec_command", arguments: { cmd } })) }, { text: "ok" }] },
];

test("in the workspace a command writes; outside, and to .git, it does not, and nobody is asked", {
  skip,
}, async () => {
  await using api = await responsesApi(
    run(
      "echo 1 > in",
      "echo 1 > ../out",
      "echo 1 > .git/config",
      "mkdir -p .git/hooks && echo 1 > .git/hooks/x",
      "echo 1 > /tmp/x && cat /tmp/x",
    ),
  );
  await using server = await testServer({ api });
  const at = (name: string) => join(server.workspace, name);
  mkdirSync(at(".git"));
  await server.completeTurn("run");
  assert.equal(readFileSync(at("in"), "utf8"), "1\n");
  assert.deepEqual(
    ["../out", ".git/config", ".git/hooks"].map((name) => existsSync(at(name))),
    [false, false, false],
  );
  assert.deepEqual(server.toolStatuses().toSorted(), ["completed", "completed", "failed", "failed", "failed"]);
  assert.match(
    toolOutputs(api.requests[1])[2] ?? "",
    /\[This ran in a sandbox \(may write the workspace, no network\), which may be why it failed\./,
  );
});

test("read-only writes nothing in the workspace", { skip }, async () => {
  await using api = await responsesApi(run("echo 1 > in", "cat a.txt"));
  await using server = await testServer({ api, sandboxMode: "read-only", files: { "a.txt": "text\n" } });
  await server.completeTurn("run");
  assert.ok(!existsSync(join(server.workspace, "in")));
  assert.match(toolOutputs(api.requests[1])[1] ?? "", /Output:\ntext\n$/);
});

for (const [name, args, reached] of [
  ["without network access a command reaches nobody, not even this machine", [], false],
  ["with network access it does", ["-c", "sandbox_workspace_write.network_access=true"], true],
] as const) {
  test(name, { skip }, async () => {
    let isReached = false;
    const listener = createServer((socket) => {
      isReached = true;
      socket.end();
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as AddressInfo;
    await using api = await responsesApi(run(`exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`));
    await using server = await testServer({ api, args: [...args] });
    await server.completeTurn("run");
    listener.close();
    assert.equal(isReached, reached);
    assert.deepEqual(server.toolStatuses(), [reached ? "completed" : "failed"]);
  });
}

test("the home of Belay is not shown to a command", { skip }, async () => {
  await using api = await responsesApi(run("cat ../home/config.toml"));
  await using server = await testServer({ api });
  await server.completeTurn("run");
  assert.doesNotMatch(toolOutputs(api.requests[1])[0] ?? "", /model_provider/);
});

const policies: [options: ServerOptions, asks: "command" | "nothing", ran: boolean][] = [
  [{ approvalPolicy: "untrusted", sandboxMode: "read-only" }, "command", false],
  [{ approvalPolicy: "untrusted", sandboxMode: "workspace-write" }, "command", true],
  [{ approvalPolicy: "untrusted", sandboxMode: "danger-full-access" }, "command", true],
  [{ approvalPolicy: "on-request", sandboxMode: "read-only" }, "nothing", false],
  [{ approvalPolicy: "on-request", sandboxMode: "workspace-write" }, "nothing", true],
  [{ approvalPolicy: "on-request", sandboxMode: "danger-full-access" }, "nothing", true],
  [{ approvalPolicy: "never", sandboxMode: "read-only" }, "nothing", false],
  [{ approvalPolicy: "never", sandboxMode: "workspace-write" }, "nothing", true],
  [{ approvalPolicy: "never", sandboxMode: "danger-full-access" }, "nothing", true],
];

for (const [options, asks, ran] of policies) {
  test(`${options.approvalPolicy} with ${options.sandboxMode}: asks ${asks}, and the write ${ran ? "happens" : "does not happen"}`, {
    skip,
  }, async () => {
    await using api = await responsesApi(run("echo 1 > in"));
    await using server = await testServer({ api, ...options });
    let asked = 0;
    server.answer("item/commandExecution/requestApproval", () => (asked++, { decision: "accept" }));
    await server.completeTurn("run");
    assert.deepEqual([asked, existsSync(join(server.workspace, "in"))], [asks === "command" ? 1 : 0, ran]);
  });
}

test("the model is told the permissions, and told anew only when they change", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api, sandboxMode: "read-only" });
  const { threadId } = await server.completeTurn("one");
  await server.completeTurn("two", threadId);
  const input = [{ type: "text" as const, text: "three" }];
  await server.request("turn/start", { threadId, input, mode: "fullAccess" });
  await server.expectNotification("turn/completed");
  const told = api.requests.map((request) => toldText(request).match(/<permissions>/g)?.length);
  assert.deepEqual(told, [1, 1, 2]);
  assert.match(toldText(api.requests[2] ?? { model: "", input: [], tools: [] }), /Commands run without a sandbox/);
});
