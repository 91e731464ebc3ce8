// Asking a person, over the wire: every answer, and what it does to the action, the turn and the questions after it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const command = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, ...more },
});
const addFiles = (...names: string[]) => ({
  name: "apply_patch",
  input: ["*** Begin Patch", ...names.flatMap((name) => [`*** Add File: ${name}`, "+new"]), "*** End Patch"],
});
const ASK_COMMAND = "item/commandExecution/requestApproval";
const ASK_CHANGE = "item/fileChange/requestApproval";

test("acceptForSession covers the same command for the rest of the thread, and no other", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("command echo a")] },
        { calls: [command("command echo a")] },
        { calls: [command("command echo b")] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("run");
  const first = await server.expectRequest(ASK_COMMAND);
  server.respond(first.id, { decision: "acceptForSession" });
  const second = await server.expectRequest(ASK_COMMAND);
  assert.equal(second.params.script, "command echo b");
  server.respond(second.id, { decision: "accept" });
  const { turn } = await server.expectNotification("turn/completed");
  assert.equal(turn.status, "completed");
  assert.deepEqual(server.toolStatuses(), ["completed", "completed", "completed"]);
});

test("acceptForSession under one sandbox does not cover the same command without it", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [command("command echo a")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { threadId } = await server.startTurn("run");
  server.respond((await server.expectRequest(ASK_COMMAND)).id, { decision: "acceptForSession" });
  await server.expectNotification("turn/completed");
  const input = [{ type: "text" as const, text: "run" }];
  await server.request("turn/start", { threadId, input, sandboxPolicy: { type: "dangerFullAccess" } });
  const again = await server.expectRequest(ASK_COMMAND);
  assert.equal(again.params.explanation?.sandbox, "no sandbox: it can do whatever you can");
  server.respond(again.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
});

test("acceptForSession of a patch covers its files; a patch that touches one more asks again", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [addFiles("a", "b")] },
        { calls: [addFiles("b")] },
        { calls: [addFiles("a", "c")] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("change");
  server.respond((await server.expectRequest(ASK_CHANGE)).id, { decision: "acceptForSession" });
  const again = await server.expectRequest(ASK_CHANGE);
  assert.deepEqual(
    again.params.changes.map(({ path }) => path),
    ["a", "c"].map((name) => join(server.workspace, name)),
  );
  server.respond(again.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.deepEqual(server.toolStatuses(), ["completed", "completed", "declined"]);
  assert.ok(!existsSync(join(server.workspace, "c")));
});

test("decline leaves the action undone and the turn goes on", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("touch no"), addFiles("no2")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  server.answerApprovals("decline");
  const { turn } = await server.completeTurn("run");
  assert.equal(turn.status, "completed");
  assert.deepEqual(server.toolStatuses(), ["declined", "declined"]);
  assert.deepEqual(toolOutputs(api.requests[1]), [
    "exec_command failed: rejected by user. Nothing was done.",
    "patch rejected: rejected by user. Nothing was done.",
  ]);
  assert.deepEqual(
    ["no", "no2"].map((name) => existsSync(join(server.workspace, name))),
    [false, false],
  );
});

test("cancel declines the action, ends the commands beside it and interrupts the turn", async () => {
  const script = "echo up; sleep 600";
  await using api = await responsesApi([
    { steps: [{ calls: [command(script), command("id", escalate)] }, { text: "no" }] },
  ]);
  await using server = await testServer({ api });
  await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  server.respond((await server.expectRequest(ASK_COMMAND)).id, { decision: "cancel" });
  const { turn } = await server.expectNotification("turn/completed");
  assert.equal(turn.status, "interrupted");
  assert.deepEqual(server.toolStatuses().toSorted(), ["declined", "failed"]);
  assert.equal(api.requests.length, 1);
});

for (const [name, answer] of [
  ["an error", { error: { code: -32000, message: "no" } }],
  ["an unknown decision", { result: { decision: "perhaps" } }],
  ["no decision", { result: {} }],
  ["null", { result: null }],
] as const) {
  test(`${name} as the answer to an approval fails the item, and the turn goes on`, async () => {
    await using api = await responsesApi([{ steps: [{ calls: [command("touch no")] }, { text: "ok" }] }]);
    await using server = await testServer({ api, approvalPolicy: "untrusted" });
    await server.startTurn("run");
    const { id } = await server.expectRequest(ASK_COMMAND);
    server.send({ id, ...answer });
    const { turn } = await server.expectNotification("turn/completed");
    assert.equal(turn.status, "completed");
    assert.deepEqual(server.toolStatuses(), ["failed"]);
    assert.deepEqual(toolOutputs(api.requests[1]), ["exec_command failed: approval request failed. Nothing was done."]);
    assert.ok(!existsSync(join(server.workspace, "no")));
  });
}

test("a malformed answer is ignored, and the approval goes on waiting", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [command("command true")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("run");
  const { id } = await server.expectRequest(ASK_COMMAND);
  server.send({ id, error: "no object" });
  server.send({ id: `${id}`, result: { decision: "cancel" } });
  server.respond(id, { decision: "accept" });
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
});

test("a late answer and a second answer change nothing", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [command("touch no")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const ids = await server.startTurn("run");
  const { id } = await server.expectRequest(ASK_COMMAND);
  await server.request("turn/interrupt", ids);
  await server.expectNotification("turn/completed");
  server.respond(id, { decision: "accept" });
  server.respond(id, { decision: "acceptForSession" });
  await server.startTurn("run", ids.threadId);
  const again = await server.expectRequest(ASK_COMMAND);
  server.respond(again.id, { decision: "decline" });
  server.respond(again.id, { decision: "accept" });
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
  assert.ok(!existsSync(join(server.workspace, "no")));
});

test("two approvals wait at once and are answered in reverse; outputs keep the order of the calls", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("command echo one"), command("command echo two")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("run");
  const asked = [await server.expectRequest(ASK_COMMAND), await server.expectRequest(ASK_COMMAND)];
  const two = asked.find(({ params }) => params.script === "command echo two");
  const one = asked.find(({ params }) => params.script === "command echo one");
  server.respond(two?.id ?? "", { decision: "accept" });
  await server.expectNotification("item/completed", ({ item }) => item.type === "commandExecution");
  server.respond(one?.id ?? "", { decision: "decline" });
  await server.expectNotification("turn/completed");
  const [first, second] = toolOutputs(api.requests[1]);
  assert.equal(first, "exec_command failed: rejected by user. Nothing was done.");
  assert.match(second ?? "", /Output:\ntwo\n$/);
});

test("interrupting declines every waiting item and resolves every request once", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("command id"), addFiles("no"), command("command ls")] }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const ids = await server.startTurn("run");
  const asked = [
    await server.expectRequest(ASK_COMMAND),
    await server.expectRequest(ASK_COMMAND),
    await server.expectRequest(ASK_CHANGE),
  ];
  await server.request("turn/interrupt", ids);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  const resolved = server.heard.flatMap(({ method, params }) => (method === "serverRequest/resolved" ? [params] : []));
  const ofRequests = asked.map(({ id }) => ({ threadId: ids.threadId, requestId: id }));
  assert.deepEqual(new Set(resolved), new Set(ofRequests));
  assert.equal(resolved.length, ofRequests.length);
  assert.deepEqual(server.toolStatuses(), ["declined", "declined", "declined"]);
});

test("require_escalated asks with its reason, and an approved command runs outside the sandbox", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("touch ../outside", escalate)] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  await server.startTurn("run");
  const { id, params } = await server.expectRequest(ASK_COMMAND);
  assert.equal(params.reason, "it must");
  assert.deepEqual(params.explanation, {
    location: "workspace",
    sandbox: "no sandbox: it can do whatever you can",
    isConfined: false,
    because: "it wants to run outside the sandbox",
  });
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.ok(existsSync(join(server.workspace, "../outside")));
});

test("under never, leaving the sandbox is refused, is seen to fail, and nobody is asked", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("touch no", escalate), addFiles(".git/hooks/x")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "never" });
  await server.completeTurn("run");
  assert.deepEqual(server.toolStatuses(), ["failed", "failed"]);
  const path = join(server.workspace, ".git/hooks/x");
  assert.deepEqual(toolOutputs(api.requests[1]), [
    "rejected: it wants to run outside the sandbox, and the approval policy is never to ask",
    `rejected: ${path} can change what programs run, and the approval policy is never to ask`,
  ]);
});

test("a patch that leads through a link set up while the approval waited writes nothing", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [addFiles("in/new")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const [inside, outside] = [join(server.workspace, "in"), join(server.workspace, "../out")];
  mkdirSync(inside);
  mkdirSync(outside);
  await server.startTurn("change");
  const { id } = await server.expectRequest(ASK_CHANGE);
  renameSync(inside, join(server.workspace, "elsewhere"));
  symlinkSync(outside, inside);
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.deepEqual(server.toolStatuses(), ["failed"]);
  assert.ok(!existsSync(join(outside, "new")));
  assert.match(
    toolOutputs(api.requests[1])[0] ?? "",
    /is not where the change was approved for\. Nothing was written\./,
  );
});

test("a file that changed while the approval waited is left as it is", async () => {
  const update = {
    name: "apply_patch",
    input: ["*** Begin Patch", "*** Update File: a", "@@", "-one", "+two", "*** End Patch"],
  };
  await using api = await responsesApi([{ steps: [{ calls: [update] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { a: "one\n" } });
  await server.startTurn("change");
  const { id } = await server.expectRequest(ASK_CHANGE);
  renameSync(join(server.workspace, "a"), join(server.workspace, "b"));
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.deepEqual(server.toolStatuses(), ["failed"]);
  assert.equal(readFileSync(join(server.workspace, "b"), "utf8"), "one\n");
  assert.ok(!existsSync(join(server.workspace, "a")));
});

const escalate = { sandbox_permissions: "require_escalated", justification: "it must" };
