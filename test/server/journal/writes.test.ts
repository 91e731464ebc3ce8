// Patches over the wire: written down before they are written, planned anew when files overtake them, and told as they are.
import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Change } from "../../../server/journal/change.ts";
import { ChangeJournal } from "../../../server/journal/journal.ts";
import { type EditorClient, editorClient } from "../../support/editor-client.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { limitFiles, noPrlimit } from "../../support/small-disk.ts";
import { testServer, type TestServer } from "../../support/test-server.ts";

const update = (...lines: string[]) => ({
  name: "apply_patch",
  input: ["*** Begin Patch", "*** Update File: a.txt", "@@", ...lines, "*** End Patch"],
});
const patch = (...lines: string[]) => ({ name: "apply_patch", input: ["*** Begin Patch", ...lines, "*** End Patch"] });
const twenty = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join("");

test("what a patch changed is in the journal with every byte, before and after, and with where it comes from", async () => {
  const changes = [
    ...["*** Add File: new/n.txt", "+new", "*** Delete File: gone.txt"],
    ...["*** Update File: a.txt", "*** Move to: b.txt", "@@", "-one", "+1"],
  ];
  await using api = await responsesApi([{ steps: [{ calls: [patch(...changes)] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "\uFEFFone\r\n", "gone.txt": "bye" } });
  const { threadId, turn } = await server.completeTurn("change");
  const { journal, changes: kept } = await journalOf(server);
  const [change] = kept;
  assert.ok(change);
  const { source, state, files } = change;
  assert.deepEqual([source.kind, source.threadId, source.turnId, state], ["patch", threadId, turn.id, "applied"]);
  assert.equal(source.itemId, server.completedItems().find(({ type }) => type === "fileChange")?.id);
  const named = await Promise.all(
    files.map(async ({ path, before, after, movedFrom }) => {
      const [old, now] = await Promise.all([journal.bytesOf(before), journal.bytesOf(after)]);
      return [path, movedFrom, old, now].map((each) => (each instanceof Uint8Array ? each.toString() : each));
    }),
  );
  const at = (name: string) => join(realpathSync(server.workspace), name);
  assert.deepEqual(named, [
    [at("new/n.txt"), null, null, "new\n"],
    [at("gone.txt"), null, "bye", null],
    [at("a.txt"), null, "\uFEFFone\r\n", null],
    [at("b.txt"), at("a.txt"), null, "\uFEFF1\r\n"],
  ]);
  const { diff } = await server.expectNotification("turn/diff/updated");
  assert.match(diff, /rename from a\.txt\nrename to b\.txt/);
});

test("a patch in which a file and a folder take each other's name is written, and one that would cost others a file is not", async () => {
  const calls = [
    patch("*** Add File: x/y", "+2", "*** Delete File: x", "*** Add File: dir", "+2", "*** Delete File: dir/a"),
    patch("*** Add File: theirs", "+2", "*** Delete File: theirs/a"),
  ];
  await using api = await responsesApi([{ steps: [...calls.map((call) => ({ calls: [call] })), { text: "ok" }] }]);
  const files = { x: "1\n", "dir/a": "1\n", "theirs/a": "1\n", "theirs/b": "1\n" };
  await using server = await testServer({ api, files });
  const { threadId, turn } = await server.completeTurn("change");
  const text = (name: string) => readFileSync(join(server.workspace, name), "utf8");
  assert.deepEqual([text("x/y"), text("dir"), text("theirs/a"), text("theirs/b")], ["2\n", "2\n", "1\n", "1\n"]);
  assert.match(
    toolOutputs(api.requests.at(-1)).at(-1) ?? "",
    /theirs cannot be written: it is a directory, and .*theirs\/b is in it/,
  );
  const undone = await server.request("belay/files/restore", {
    ...{ threadId, turnIds: [turn.id], direction: "undo", paths: null, dryRun: false, acceptMerges: false },
  });
  assert.deepEqual([undone.message, text("x"), text("dir/a")], [null, "1\n", "1\n"]);
});

test("what a command made of a folder and of a file is undone where they took each other's name", async () => {
  const cmd = "rm -r sub && echo x > sub && rm file && mkdir file && echo y > file/y";
  const command = { name: "exec_command", arguments: { cmd } };
  await using api = await responsesApi([{ steps: [{ calls: [command] }, { text: "ok" }] }]);
  await using server = await testServer({
    api,
    approvalPolicy: "never",
    sandboxMode: "danger-full-access",
    files: { "sub/a": "a\n", file: "1\n" },
  });
  const { threadId, turn } = await server.completeTurn("change");
  const restore = (direction: "undo" | "redo") =>
    server.request("belay/files/restore", { threadId, turnIds: [turn.id], direction });
  const text = (name: string) => readFileSync(join(server.workspace, name), "utf8");
  assert.equal((await restore("undo")).message, null);
  assert.deepEqual([text("sub/a"), text("file")], ["a\n", "1\n"]);
  assert.equal((await restore("redo")).message, null);
  assert.deepEqual([text("sub"), text("file/y")], ["x\n", "y\n"]);
});

test("the model hears that hard links were parted", { skip: process.platform === "win32" && "no links" }, async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-one", "+1")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\n" } });
  linkSync(join(server.workspace, "a.txt"), join(server.workspace, "b.txt"));
  await server.completeTurn("change");
  assert.match(toolOutputs(api.requests[1])[0] ?? "", /a\.txt had other names \(hard links\), .* with the old text\./);
  assert.equal(readFileSync(join(server.workspace, "b.txt"), "utf8"), "one\n");
});

test("what a command changed is in the diff of its turn, beside what a patch changed", async () => {
  const command = { name: "exec_command", arguments: { cmd: "echo made > made.txt" } };
  await using api = await responsesApi([
    { steps: [{ calls: [update("-one", "+1")] }, { calls: [command] }, { text: "ok" }] },
  ]);
  await using server = await testServer({
    api,
    approvalPolicy: "never",
    sandboxMode: "danger-full-access",
    files: { "a.txt": "one\n" },
  });
  await server.completeTurn("change");
  await server.expectNotification("turn/diff/updated", ({ diff }) => /-one\n\+1\n[^]*b\/made\.txt/.test(diff));
});

test("a file that was changed elsewhere between question and answer gets the change that was approved, and keeps the other", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [update(" line 18", "-line 19", "+last")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": twenty } });
  await server.startTurn("change");
  const { id } = await server.expectRequest("item/fileChange/requestApproval");
  writeFileSync(join(server.workspace, "a.txt"), `mine\n${twenty}`);
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), `mine\n${twenty.replace("line 19", "last")}`);
  assert.deepEqual(states((await journalOf(server)).changes), ["applied"]);
  assert.deepEqual(server.toolStatuses(), ["completed"]);
});

test("a file that was changed next to the change is asked for anew, with what would be written now", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-line 19", "+last")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": twenty } });
  await server.startTurn("change");
  const first = await server.expectRequest("item/fileChange/requestApproval");
  writeFileSync(join(server.workspace, "a.txt"), twenty.replace("line 18", "mine"));
  server.respond(first.id, { decision: "accept" });
  const second = await server.expectRequest("item/fileChange/requestApproval");
  assert.equal(second.params.itemId, first.params.itemId);
  const { changes } = await server.expectNotification("item/fileChange/patchUpdated", ({ changes: [file] }) => {
    return file?.diff.includes(" mine\n") ?? false;
  });
  assert.equal(changes.length, 1);
  server.respond(second.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), twenty.replace("line 18", "mine"));
  assert.deepEqual(server.toolStatuses(), ["declined"]);
});

test("a file whose lines are gone by the time of the answer is not written, and the model hears what is there", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-line 19", "+last")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": twenty } });
  await server.startTurn("change");
  const { id } = await server.expectRequest("item/fileChange/requestApproval");
  writeFileSync(join(server.workspace, "a.txt"), "all new\n");
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests[1])[0] ?? "", /^apply_patch verification failed: /);
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), "all new\n");
  assert.deepEqual(server.toolStatuses(), ["failed"]);
});

test("a buffer that was edited meanwhile is planned anew, and one that never stands still is given up", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [update("-two", "+2")] }, { calls: [update("-three", "+3")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\nthree\n" } });
  await using editor = await editorClient({ like: server });
  editor.open("a.txt", "one\ntwo\nthree\n", 1);
  const versions: unknown[] = [];
  editor.onApplyEdit = ({ edit }) => {
    const [change] = edit.documentChanges;
    versions.push(change && "textDocument" in change ? change.textDocument.version : null);
    if (versions.length === 2) return { applied: true };
    const version = versions.length + 1;
    const contentChanges = [{ text: `${"typed ".repeat(version)}\none\ntwo\nthree\n` }];
    editor.send({
      method: "textDocument/didChange",
      params: { textDocument: { uri: editor.uri("a.txt"), version }, contentChanges },
    });
    return { applied: false, failureReason: "a.txt was edited meanwhile", isStale: true };
  };
  await editor.completeTurn("change");
  assert.deepEqual(versions, [1, 2, 2, 4, 5]);
  const [first, second] = [toolOutputs(api.requests[1])[0], toolOutputs(api.requests[2])[1]];
  assert.match(first ?? "", /^Success/);
  assert.equal(second, "apply_patch failed: a.txt was edited meanwhile");
});

test("what a formatter made of it, what is unsaved and what could not be saved is told to the model", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  await using editor = await editorClient({ like: server });
  editor.onApplyEdit = () => {
    writeFileSync(join(editor.workspace, "a.txt"), "one\n2;\n");
    return { applied: true, files: [{ uri: editor.uri("a.txt"), isSaved: true, text: "one\n2;\n" }] };
  };
  await editor.completeTurn("change");
  assert.equal(
    toolOutputs(api.requests[1])[0],
    "Success. Updated the following files:\nM a.txt\na.txt was changed further when it was saved:\n@@ -1,2 +1,2 @@\n one\n-2\n+2;\n",
  );
  const { journal, changes } = await journalOf(server);
  const [file] = changes[0]?.files ?? [];
  assert.equal(file && (await journal.bytesOf(file.after))?.toString(), "one\n2;\n");
});

test("without a journal that can be written nothing is written, and the model hears cause and cure", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  symlinkSync(server.workspace, join(server.home, "journal"));
  await server.completeTurn("change");
  assert.match(
    toolOutputs(api.requests[1])[0] ?? "",
    /^apply_patch failed: the change journal cannot be .*so nothing was written: it could not be undone\. .*`journal = false`/,
  );
  assert.equal(readFileSync(join(server.workspace, "a.txt"), "utf8"), "one\ntwo\n");
});

test("a journal that is turned off leaves nothing on disk, and the turn's diff is told all the same", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, config: "journal = false", files: { "a.txt": "one\ntwo\n" } });
  await server.completeTurn("change");
  assert.match((await server.expectNotification("turn/diff/updated")).diff, /-two\n\+2\n/);
  assert.equal(existsSync(join(server.home, "journal")), false);
});

test("a deleted thread takes its changes along, and the journal says its size and can be cleared", async () => {
  await using api = await responsesApi([
    { prompt: "first", steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] },
    { prompt: "second", steps: [{ calls: [update("-2", "+II")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  const { threadId } = await server.completeTurn("first");
  await server.completeTurn("second");
  const { bytes, maxBytes } = await server.request("belay/journal/read", {});
  assert.ok(bytes > 500);
  assert.equal(maxBytes, 1024 ** 3);
  assert.equal((await journalOf(server)).changes.length, 2);
  await server.request("thread/delete", { threadId });
  const left = (await journalOf(server)).changes;
  assert.equal(left.length, 1);
  assert.notEqual(left[0]?.source.threadId, threadId);
  await server.request("belay/journal/clear", { cwd: null });
  assert.deepEqual((await journalOf(server)).changes, []);
});

test("a server that is killed at any point of a patch leaves each file old or new, and the next one knows which", async () => {
  const names = Array.from({ length: 12 }, (_, at) => `f${at}.txt`);
  const lines = names.flatMap((name) => [`*** Update File: ${name}`, "@@", "-old", "+new"]);
  for (const killAfterMs of [0, 2, 4, 8, 12, 16, 24, 40]) {
    await using api = await responsesApi([{ steps: [{ calls: [patch(...lines)] }, { text: "ok" }] }]);
    const files = Object.fromEntries(names.map((name) => [name, "old\n"]));
    await using server = await testServer({ api, files });
    server.expectDeath();
    await server.startTurn("change");
    await server.expectNotification("item/started", ({ item }) => item.type === "fileChange");
    // The point where it dies is anywhere, on purpose.
    setTimeout(() => server.child.kill("SIGKILL"), killAfterMs);
    await server.exited;
    const found = names.map((name) => readFileSync(join(server.workspace, name), "utf8"));
    const stamps = names.map((name) => statSync(join(server.workspace, name)).mtimeMs);
    assert.ok(found.every((text) => text === "old\n" || text === "new\n"));
    const { changes } = await journalOf(server);
    const written = new Set(changes.flatMap(({ files: changed }) => changed.map(({ path }) => path)));
    const expected = names.filter((_, at) => found[at] === "new\n");
    assert.deepEqual(
      [...written].toSorted(),
      expected.map((name) => join(realpathSync(server.workspace), name)).toSorted(),
    );
    assert.ok(changes.every(({ state }) => state === "applied"));
    assert.deepEqual(
      names.map((name) => statSync(join(server.workspace, name)).mtimeMs),
      stamps,
    );
    assert.ok(readdirSync(server.workspace).length >= names.length);
  }
});

/** As another process has it. */
async function journalOf({ home, workspace }: TestServer) {
  const all = new ChangeJournal({ home });
  const journal = await all.workspace(workspace);
  const changes = await journal.changes();
  await all.close();
  return { journal, changes };
}

function states(changes: readonly Change[]): string[] {
  return changes.map(({ state }) => state);
}

test("what an editor says of its edit is not taken for what is there", async () => {
  const answers: readonly [onApplyEdit: (path: string, uri: string) => unknown, told: RegExp, after: string | null][] =
    [
      // It says that it did it, and did nothing, or something else.
      [() => ({ applied: true }), /was changed further when it was saved:[^]*\n-2\n\+two/, "one\ntwo\n"],
      [
        (path, uri) => {
          writeFileSync(path, "other\n");
          return {
            applied: true,
            files: [
              { uri, isSaved: true, text: "one\n2\n" },
              { uri: "file:///x", isSaved: true },
            ],
          };
        },
        /was changed further when it was saved:[^]*\+other/,
        "other\n",
      ],
      // It says that it did nothing, and did it.
      [
        (path) => {
          writeFileSync(path, "one\n2\n");
          return { applied: false, failureReason: "no" };
        },
        /^apply_patch failed: no$/,
        "one\n2\n",
      ],
      [() => ({ applied: false, failureReason: "no" }), /^apply_patch failed: no$/, null],
    ];
  for (const [answer, told, after] of answers) {
    await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
    await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
    await using editor = await editorClient({ like: server });
    editor.onApplyEdit = () => answer(join(editor.workspace, "a.txt"), editor.uri("a.txt"));
    await editor.completeTurn("change");
    assert.match(toolOutputs(api.requests[1])[0] ?? "", told);
    const { journal, changes } = await journalOf(server);
    const [file] = changes[0]?.files ?? [];
    assert.equal(changes[0]?.state, after === null ? undefined : "applied");
    assert.equal(file ? (await journal.bytesOf(file.after))?.toString() : null, after);
    assert.equal(file ? (await journal.bytesOf(file.before))?.toString() : null, after === null ? null : "one\ntwo\n");
  }
});

test("an editor that still edits when the turn was stopped already does so with a before-image", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
  await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
  await using editor = await editorClient({ like: server });
  editor.onApplyEdit = () => undefined;
  const { thread } = await editor.request("thread/start", { cwd: editor.workspace });
  const threadId = (thread as { id: string }).id;
  const { turn } = await editor.request("turn/start", { threadId, input: [{ type: "text", text: "change" }] });
  const asked = await editor.expect(({ method }) => method === "workspace/applyEdit", "the edit");
  await editor.request("turn/interrupt", { threadId, turnId: (turn as { id: string }).id });
  await editor.expect(({ method }) => method === "turn/completed", "turn/completed");
  assert.deepEqual((await editor.request("belay/review/list", {}))["files"], []);
  writeFileSync(join(editor.workspace, "a.txt"), "one\n2\n");
  editor.send({ jsonrpc: "2.0", id: asked.id, result: { applied: true } });
  await editor.expect(({ method }) => method === "belay/review/updated", "the news of it");
  const path = join(realpathSync(editor.workspace), "a.txt");
  assert.equal((await editor.request("belay/review/text", { path, side: "baseline" }))["text"], "one\ntwo\n");
});

test("what was written when the disk became full is to review and to undo, here and behind a restart", {
  skip: noPrlimit,
}, async () => {
  for (const isEnded of [false, true]) {
    await using api = await responsesApi([{ steps: [{ calls: [update("-two", "+2")] }, { text: "ok" }] }]);
    await using server = await testServer({ api, files: { "a.txt": "one\ntwo\n" } });
    await using editor = await editorClient({ like: server });
    const file = join(editor.workspace, "a.txt");
    editor.onApplyEdit = () => {
      // Its before-image is on the disk by now; that it was written will not be.
      limitFiles(pidOf(editor), logOf(server).length);
      writeFileSync(file, "one\n2\n");
      return { applied: true };
    };
    await editor.completeTurn("change");
    const listed = async () => {
      const { files } = (await editor.request("belay/review/list", {})) as { files: { path: string }[] };
      return files.map(({ path }) => path);
    };
    assert.deepEqual(await listed(), [realpathSync(file)]);
    const applied = () => /"type":"applied"/.test(logOf(server));
    assert.equal(applied(), false, "the line could not be written");
    if (isEnded) await editor[Symbol.asyncDispose]();
    else {
      limitFiles(pidOf(editor), null);
      await listed();
    }
    const { journal, changes } = await journalOf(server);
    assert.deepEqual([states(changes), applied()], [["applied"], true]);
    const [change] = changes[0]?.files ?? [];
    assert.equal(change && (await journal.bytesOf(change.before))?.toString(), "one\ntwo\n");
  }
});

const pidOf = ({ child }: EditorClient) => child.pid ?? assert.fail("it does not run");

function logOf({ home }: TestServer): string {
  const folders = readdirSync(join(home, "journal")).map((name) => join(home, "journal", name, "changes.jsonl"));
  return folders.map((log) => (existsSync(log) ? readFileSync(log, "utf8") : "")).join("");
}
