// The editor's door: a real forked process, the Language Server Protocol's handshake and sync, and our protocol behind it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editorHash } from "../../../server/files/editor-edit.ts";
import type { ApplyEditParams } from "../../../server/protocol/apply-edit.ts";
import { editorClient } from "../../support/editor-client.ts";
import { holdingLifeline, lifeline, ownTag, processesTagged } from "../../support/lifeline.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const read = (path: string) => ({ name: "read_file", arguments: { path } });
const update = (...lines: string[]) => ({
  name: "apply_patch",
  input: ["*** Begin Patch", "*** Update File: a.txt", "@@", ...lines, "*** End Patch"],
});
const command = (cmd: string) => ({ name: "exec_command", arguments: { cmd } });

test("initialize answers what the server can do; before it, our methods are not initialized", async () => {
  await using server = await testServer();
  await using editor = await editorClient({ like: server, initialize: false });
  const early = await editor.requestRaw("thread/list", {});
  assert.deepEqual(early["error"], { code: -32600, message: "Not initialized" });
  assert.deepEqual(
    await editor.request("initialize", { processId: null, rootUri: null, capabilities: {}, trace: "off" }),
    {
      capabilities: {
        textDocumentSync: { openClose: true, change: 2, save: { includeText: false } },
        codeActionProvider: { codeActionKinds: ["quickfix"] },
      },
      serverInfo: { name: "belay", version: "0.0.0-source" },
    },
  );
  const again = await editor.requestRaw("initialize", {});
  assert.deepEqual(again["error"], { code: -32600, message: "Already initialized" });
  assert.equal(again["jsonrpc"], "2.0");
});

test("two initialize requests at once start one server", async () => {
  await using server = await testServer();
  await using editor = await editorClient({ like: server, initialize: false });
  const answers = await Promise.all([editor.requestRaw("initialize", {}), editor.requestRaw("initialize", {})]);
  assert.deepEqual(
    answers.map((answer) => "result" in answer),
    [true, false],
  );
});

test("unknown methods are refused, malformed messages are ignored, and our methods work on the same connection", async () => {
  await using server = await testServer();
  await using editor = await editorClient({ like: server });
  for (const nonsense of [[], "text", 5, {}, { id: 1 }, { method: 5 }, { id: 3, error: "x" }]) editor.send(nonsense);
  editor.send({ method: "textDocument/didOpen", params: { textDocument: "no" } });
  editor.send({ method: "textDocument/didChange" });
  editor.send({ method: "$/setTrace", params: { value: "off" } });
  const unknown = await editor.requestRaw("textDocument/hover", {});
  assert.match(JSON.stringify(unknown["error"]), /unknown variant `textDocument\/hover`/);
  assert.deepEqual(await editor.request("thread/list", {}), { data: [], nextCursor: null, backwardsCursor: null });
});

test("the agent reads the buffer with its unsaved changes, and the disk once the document is closed", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [read("a.txt")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "on disk\n" } });
  await using editor = await editorClient({ like: server });
  editor.open("a.txt", "one\ntwo\nthree\n");
  const uri = editor.uri("a.txt");
  const range = { start: { line: 1, character: 1 }, end: { line: 2, character: 2 } };
  const contentChanges = [
    { range, rangeLength: 5, text: "öü\nü" },
    { range: { start: zero, end: zero }, text: "0\n" },
  ];
  editor.send({ method: "textDocument/didChange", params: { textDocument: { uri, version: 2 }, contentChanges } });
  await editor.completeTurn("read");
  assert.deepEqual(toolOutputs(api.requests[1]), [
    "[unsaved changes of the user included: commands see the file as it was last saved]\n1\t0\n2\tone\n3\ttöü\n4\türee",
  ]);
  editor.send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
  await editor.completeTurn("read");
  assert.deepEqual(toolOutputs(api.requests[3]), ["1\ton disk"]);
});

test("a patch is applied by the editor, with versions and the hash of what must be there, and not by the server", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "on disk\n" } });
  await using editor = await editorClient({ like: server });
  const edits: ApplyEditParams[] = [];
  editor.onApplyEdit = (params) => (edits.push(params), { applied: true });
  editor.open("a.txt", "one\ntwo\n", 7);
  await editor.completeTurn("change");
  const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 3 } };
  assert.deepEqual(edits, [
    {
      label: "Belay: a.txt",
      edit: {
        documentChanges: [{ textDocument: { uri: editor.uri("a.txt"), version: 7 }, edits: [{ range, newText: "2" }] }],
      },
      expected: { [editor.uri("a.txt")]: editorHash("one\ntwo\n") },
      realPaths: { [editor.uri("a.txt")]: join(editor.workspace, "a.txt") },
      after: { [editor.uri("a.txt")]: editorHash("one\n2\n") },
    },
  ]);
  assert.equal(readFileSync(join(editor.workspace, "a.txt"), "utf8"), "on disk\n");
  assert.deepEqual(toolOutputs(api.requests[1]), [
    "Success. Updated the following files:\nM a.txt\n" +
      "a.txt is unsaved in the editor, as it was before: commands do not see the change.\n",
  ]);
});

for (const [name, answer, output] of [
  ["says why", { applied: false, failureReason: "a.txt was changed meanwhile" }, "a.txt was changed meanwhile"],
  ["does not say why", { applied: false }, "the editor did not apply the change, and did not say why"],
  ["answers nonsense", { done: "yes" }, /^the editor did not say whether it applied the change: /],
] as const) {
  test(`an editor that does not apply a patch and ${name} fails the item, and the model hears it`, async () => {
    await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
    await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
    await using editor = await editorClient({ like: server });
    editor.onApplyEdit = () => answer;
    assert.equal((await editor.completeTurn("change")).status, "completed");
    const said = toolOutputs(api.requests[1])[0]?.replace("apply_patch failed: ", "") ?? "";
    if (typeof output === "string") assert.equal(said, output);
    else assert.match(said, output);
    assert.equal(readFileSync(join(editor.workspace, "a.txt"), "utf8"), "one\ntwo\n");
  });
}

test("stopping a turn does not wait for an editor that never answers", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  await using editor = await editorClient({ like: server });
  editor.onApplyEdit = () => undefined;
  const { thread } = await editor.request("thread/start", { cwd: editor.workspace });
  const threadId = (thread as { id: string }).id;
  const { turn } = await editor.request("turn/start", { threadId, input: [{ type: "text", text: "change" }] });
  await editor.expect(({ method }) => method === "workspace/applyEdit", "the edit");
  await editor.request("turn/interrupt", { threadId, turnId: (turn as { id: string }).id });
  const { params } = await editor.expect(({ method }) => method === "turn/completed", "turn/completed");
  assert.equal((params as { turn: { status: string } }).turn.status, "interrupted");
});

test("a client that does not apply edits leaves them to the server", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  await using editor = await editorClient({ like: server, initializationOptions: {} });
  await editor.completeTurn("change");
  assert.equal(readFileSync(join(editor.workspace, "a.txt"), "utf8"), "one\n2\n");
});

test("problems in the editor come with an action that asks to fix them", async () => {
  await using server = await testServer();
  await using editor = await editorClient({ like: server });
  const range = { start: { line: 4, character: 0 }, end: { line: 4, character: 9 } };
  const ask = (uri: string, context: object) =>
    editor.request("textDocument/codeAction", { textDocument: { uri }, range, context });
  const diagnostics = [{ range, severity: 1, source: "ts", message: "x is not defined" }];
  const prompt = `Fix this problem at the cause, and nothing else:\n- ${join(editor.workspace, "a.ts")}:5: x is not defined`;
  assert.deepEqual(await ask(editor.uri("a.ts"), { diagnostics }), [
    {
      title: "Fix with Belay",
      kind: "quickfix",
      diagnostics,
      command: { title: "Fix with Belay", command: "belay.fix", arguments: [{ prompt }] },
    },
  ]);
  assert.deepEqual(await ask(editor.uri("a.ts"), { diagnostics: [] }), []);
  assert.deepEqual(await ask(editor.uri("a.ts"), { diagnostics, only: ["refactor"] }), []);
  assert.deepEqual(await ask("untitled:Untitled-1", { diagnostics }), []);
  assert.deepEqual(await ask("file://another-host/a.ts", { diagnostics }), []);
});

test("the editor's settings and key win over the file and the environment", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api, provider: 'env_key = "TEST_KEY"', approvalPolicy: "untrusted" });
  const config = { model: "from-editor", approval_policy: "never", sandbox_mode: "bogus" };
  const initializationOptions = { config, apiKey: { provider: "test", key: "secret-editor" } };
  await using editor = await editorClient({ like: server, initializationOptions, env: { TEST_KEY: "secret-env" } });
  const { params } = await editor.expect(({ method }) => method === "configWarning", "a warning");
  assert.match(JSON.stringify(params), /The configuration key sandbox_mode is not used/);
  await editor.completeTurn("hi");
  assert.equal(api.requests[0]?.model, "from-editor");
  assert.equal(api.headers[0]?.["authorization"], "Bearer secret-editor");
});

for (const [how, leave] of [
  ["disconnect", "disconnect"],
  ["SIGTERM", "SIGTERM"],
  ["shutdown and exit", "exit"],
] as const) {
  test(`${how} ends the process and the command it runs`, async () => {
    const tag = ownTag();
    await using api = await responsesApi([{ steps: [{ calls: [command(`${tag} ${holdingBash}`)] }] }]);
    await using server = await testServer({ api });
    await using editor = await editorClient({ like: server, initializationOptions: {} });
    using line = lifeline(editor.workspace);
    const { thread } = await editor.request("thread/start", { cwd: editor.workspace });
    await editor.request("turn/start", {
      threadId: (thread as { id: string }).id,
      input: [{ type: "text", text: "run" }],
    });
    await line.started;
    if (leave === "disconnect") editor.child.disconnect();
    else if (leave === "SIGTERM") editor.child.kill("SIGTERM");
    else {
      assert.equal(await editor.request("shutdown", null), null);
      editor.send({ method: "exit" });
    }
    assert.equal(await editor.exited, 0);
    await line.gone;
    assert.deepEqual(processesTagged(tag), []);
  });
}

test("a thread of the editor is listed and read by a client of the other door, and not written by it meanwhile", async () => {
  await using api = await responsesApi([{ steps: [{ text: "Hello." }] }]);
  await using server = await testServer({ api });
  await using editor = await editorClient({ like: server });
  const { threadId } = await editor.completeTurn("hi from the editor");
  const { data } = await server.request("thread/list", { searchTerm: "editor" });
  assert.deepEqual(
    data.map(({ id, preview }) => [id, preview]),
    [[threadId, "hi from the editor"]],
  );
  assert.match((await server.refusal("thread/resume", { threadId })).message, /already has an active writer$/);
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  assert.deepEqual(
    thread.turns.map(({ items }) => items.map(({ type }) => type)),
    [["userMessage", "agentMessage"]],
  );
});

test("the text of a buffer is what is judged: a patch for the disk's text does not fit", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  await using editor = await editorClient({ like: server });
  editor.open("a.txt", "something else\n");
  await editor.completeTurn("change");
  assert.match(toolOutputs(api.requests[1])[0] ?? "", /^apply_patch verification failed: /);
});

const zero = { line: 0, character: 0 };
const holdingBash = `bash -c '${holdingLifeline("sleep 600 & sleep 600")}'`;
