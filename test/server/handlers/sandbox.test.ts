// What confines commands here, over the wire: what a client is told, and what happens where nothing does.
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sandboxWarnings } from "../../../server/handlers/sandbox.ts";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { cannotSurround, fadingSandbox, inContainer, withoutNamespaces } from "../../support/surroundings.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const skip = cannotSurround;
const scene = (prompt: string, ...commands: string[]) => ({
  prompt,
  steps: [...commands.map((cmd) => ({ calls: [{ name: "exec_command", arguments: { cmd } }] })), { text: "ok" }],
});
const run = (command: string) => [scene("run", command)];

/** Answers what is asked, and says for each whether the client was told that something confines it. */
function asked(server: TestServer, decision: "accept" | "decline"): { isConfined: unknown; sandbox: unknown }[] {
  const questions: { isConfined: unknown; sandbox: unknown }[] = [];
  server.answer("item/commandExecution/requestApproval", ({ explanation }) => {
    const { isConfined, sandbox } = explanation as { isConfined: boolean; sandbox: string };
    questions.push({ isConfined, sandbox });
    return { decision };
  });
  return questions;
}

test("where a sandbox works, a client is told which", { skip }, async () => {
  using fading = fadingSandbox();
  await using server = await testServer({ startedBy: fading.startedBy });
  const { kind, layer, reason, cure } = await server.request("belay/sandbox/read", {});
  assert.deepEqual([kind, reason, cure], ["works", null, null]);
  assert.match(layer ?? "", /^bubblewrap/);
});

test("where none works, a client is told why and what would help, and a command that writes asks first", {
  skip,
}, async () => {
  await using api = await responsesApi(run("echo 1 > made"));
  await using server = await testServer({ api, startedBy: withoutNamespaces() });
  const questions = asked(server, "decline");
  const state = await server.request("belay/sandbox/read", {});
  assert.deepEqual([state.kind, state.layer], ["unavailable", null]);
  assert.match(state.reason ?? "", /^User namespaces are blocked here/);
  assert.match(state.cure ?? "", /let it create user namespaces/);
  await server.completeTurn("run");
  assert.deepEqual(questions, [{ isConfined: false, sandbox: "no sandbox: it can do whatever you can" }]);
  assert.ok(!existsSync(join(server.workspace, "made")));
});

for (const [how, breaks] of [
  ["is removed", "vanish"],
  ["is forbidden namespaces", "forbidNamespaces"],
] as const) {
  test(`a sandbox that ${how} while the server runs runs nothing: all hear of it, and the next call asks`, {
    skip,
  }, async () => {
    using fading = fadingSandbox();
    await using api = await responsesApi([
      scene("first", "echo 1 > one"),
      scene("second", "echo 2 > two", "echo 3 > three"),
    ]);
    await using server = await testServer({ api, startedBy: fading.startedBy });
    const questions = asked(server, "accept");
    const { threadId } = await server.completeTurn("first");
    fading[breaks]();
    await server.completeTurn("second", threadId);
    const told = await server.expectNotification("belay/sandbox/updated");
    assert.equal(told.kind, "unavailable");
    const made = ["one", "two", "three"].map((name) => existsSync(join(server.workspace, name)));
    assert.deepEqual(made, [true, false, true]);
    assert.equal(questions.length, 1);
    const [, said] = toolOutputs(api.requests.at(-1));
    assert.match(said ?? "", /The command was not run: the sandbox could not be started .* Call again, and what needs/);
    const { kind } = await server.request("belay/sandbox/read", {});
    assert.equal(kind, "unavailable");
  });
}

for (const [how, breaks] of [
  ["is removed", "vanish"],
  ["is forbidden namespaces", "forbidNamespaces"],
] as const) {
  for (const [where, way] of [
    ["with its output in the answer", {}],
    ["with its output streamed", { processId: "p", streamStdoutStderr: true }],
    ["in a terminal", { processId: "p", tty: true }],
  ] as const) {
    test(`a client's own command whose sandbox ${how} was not run, and that is said: ${where}`, { skip }, async () => {
      using fading = fadingSandbox();
      await using server = await testServer({ startedBy: fading.startedBy });
      const request = {
        command: ["sh", "-c", "echo > made; exit 1"],
        cwd: server.workspace,
        disableTimeout: true,
        ...way,
      };
      assert.equal((await server.request("command/exec", request)).exitCode, 1);
      rmSync(join(server.workspace, "made"));
      fading[breaks]();
      const { code, message } = await server.refusal("command/exec", request);
      assert.equal(code, -32603);
      assert.match(message, /The command was not run: the sandbox could not be started \(.+\)/);
      assert.ok(!existsSync(join(server.workspace, "made")));
    });
  }
}

test("in a container that the user chose as the sandbox, what may write runs unasked, and the model knows where it is", {
  skip,
}, async () => {
  await using api = await responsesApi(run("echo 1 > made"));
  await using server = await testServer({ api, startedBy: inContainer(), config: "container_is_sandbox = true" });
  const state = await server.request("belay/sandbox/read", {});
  assert.deepEqual([state.kind, state.layer, state.isContainer], ["container", null, true]);
  await server.completeTurn("run");
  assert.ok(existsSync(join(server.workspace, "made")));
  assert.match(
    toldText(api.requests[0] ?? { model: "", input: [], tools: [] }),
    /in a container that the user chose as the sandbox/,
  );
});

test("such a container does not make a command read-only, so there each asks, and the question says what it is", {
  skip,
}, async () => {
  await using api = await responsesApi(run("echo 1 > made"));
  const config = "container_is_sandbox = true";
  await using server = await testServer({ api, startedBy: inContainer(), config, sandboxMode: "read-only" });
  const questions = asked(server, "decline");
  await server.completeTurn("run");
  const sandbox = "this container is the sandbox: it can do whatever you can in it";
  assert.deepEqual(questions, [{ isConfined: false, sandbox }]);
  assert.ok(!existsSync(join(server.workspace, "made")));
});

test("a client's own read-only command is refused there, not run with less than it asked for", { skip }, async () => {
  const config = "container_is_sandbox = true";
  await using server = await testServer({ startedBy: inContainer(), config });
  const command = ["touch", "made"];
  const sandboxPolicy = { type: "readOnly" as const };
  const { message } = await server.refusal("command/exec", { command, cwd: server.workspace, sandboxPolicy });
  assert.match(message, /the container is the sandbox here, and it keeps no command from writing/);
  assert.ok(!existsSync(join(server.workspace, "made")));
});

test("the choice is offered in a container, heard by all at once, and taken back as easily", { skip }, async () => {
  await using server = await testServer({ startedBy: inContainer() });
  const before = await server.request("belay/sandbox/read", {});
  assert.equal(before.kind, "unavailable");
  assert.match(before.cure ?? "", /container_is_sandbox = true in your config\.toml\.$/);
  for (const [value, kind] of [
    [true, "container"],
    [false, "unavailable"],
  ] as const) {
    const edit = { keyPath: "container_is_sandbox", value, mergeStrategy: "replace" as const };
    await server.request("config/value/write", edit);
    assert.equal((await server.expectNotification("belay/sandbox/updated")).kind, kind);
  }
});

test("no file of a project and no request makes a container the sandbox", { skip }, async () => {
  await using api = await responsesApi(run("echo 1 > made"));
  const files = { ".belay/config.toml": "container_is_sandbox = true\n", ".env": "container_is_sandbox=true\n" };
  await using server = await testServer({ api, startedBy: inContainer(), files });
  const questions = asked(server, "decline");
  const config = { container_is_sandbox: true };
  const threadId = await server.startThread({ config });
  await server.completeTurn("run", threadId);
  assert.equal(questions.length, 1);
  assert.equal((await server.request("belay/sandbox/read", {})).kind, "unavailable");
});

test("a choice that cannot be read is none, whatever the file says", { skip }, async () => {
  const config = "container_is_sandbox = true";
  const args = ["-c", "container_is_sandbox=perhaps"];
  await using server = await testServer({ startedBy: inContainer(), config, args });
  const { details } = await server.expectNotification("configWarning");
  assert.match(details ?? "", /Until then container_is_sandbox is false\.$/);
  assert.equal((await server.request("belay/sandbox/read", {})).kind, "unavailable");
});

test("who calls a container the sandbox where there is none is told so", () => {
  const config = { container_is_sandbox: true };
  const warnings = (container: Parameters<typeof sandboxWarnings>[0]["container"]) =>
    sandboxWarnings({ container }, config, "/h/config.toml");
  const [warning] = warnings({ kind: "none" });
  assert.match(warning?.details ?? "", /counts only inside a container, and this is no container/);
  assert.equal(warnings({ kind: "doubtful", sign: "the variable CODESPACES is set" }).length, 1);
  assert.deepEqual(warnings({ kind: "container", sign: "there is /.dockerenv", openings: [] }), []);
});
