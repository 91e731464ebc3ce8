// Review and undo over the real wire: what a turn changed is listed, kept, undone and made again.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editorHash } from "../../../server/files/editor-edit.ts";
import type { ApplyEditParams } from "../../../server/protocol/apply-edit.ts";
import { editorClient } from "../../support/editor-client.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const patch = (...lines: string[]) => ({
  name: "apply_patch",
  input: ["*** Begin Patch", ...lines, "*** End Patch"],
});
const text = (changed: Record<number, string> = {}) =>
  Array.from({ length: 12 }, (_, at) => `${changed[at + 1] ?? `line ${at + 1}`}\n`).join("");
const first = patch(
  "*** Update File: a.txt",
  ...["@@", "-line 2", "+TWO", " line 3", "@@", "-line 9", "+NINE", " line 10"],
  ...["*** Add File: new.txt", "+new"],
);
const second = patch("*** Update File: a.txt", "@@", "-line 6", "+SIX", " line 7");
const twoTurns = [
  { prompt: "one", steps: [{ calls: [first] }, { text: "ok" }] },
  { prompt: "two", steps: [{ calls: [second] }, { text: "ok" }] },
];
const read = (server: { workspace: string }, name: string) => readFileSync(join(server.workspace, name), "utf8");
const at = (server: { workspace: string }, name: string) => join(server.workspace, name);

async function afterTwoTurns(server: TestServer) {
  const one = await server.completeTurn("one");
  const two = await server.completeTurn("two", one.threadId);
  return { threadId: one.threadId, one: one.turnId, two: two.turnId };
}

test("what two turns changed is listed with its turns, and one hunk is kept, another undone", async () => {
  await using api = await responsesApi(twoTurns);
  await using server = await testServer({ api, files: { "a.txt": text() } });
  const { threadId, one, two } = await afterTwoTurns(server);
  const { files } = await server.request("belay/review/list", {});
  assert.deepEqual(
    files.map(({ path, kind, state, added, removed }) => ({ path, kind, state, added, removed })),
    [
      { path: at(server, "a.txt"), kind: "update", state: "written", added: 3, removed: 3 },
      { path: at(server, "new.txt"), kind: "add", state: "written", added: 1, removed: 0 },
    ],
  );
  const [a] = files;
  assert.deepEqual(
    a?.hunks.map(({ turns }) => turns),
    [one, two, one].map((turnId) => [{ threadId, turnId }]),
  );
  const path = at(server, "a.txt");
  assert.equal((await server.request("belay/review/text", { path, side: "baseline" })).text, text());
  const kept = await server.request("belay/review/keep", { path, hunkId: a?.hunks[0]?.id });
  assert.deepEqual(kept, { outcome: "done", files: [], message: null });
  await server.expectNotification("belay/review/updated", ({ cwd }) => cwd === server.workspace);
  const undone = await server.request("belay/review/undo", { path, hunkId: a?.hunks[1]?.id });
  assert.equal(undone.outcome, "done");
  assert.equal(read(server, "a.txt"), text({ 2: "TWO", 9: "NINE" }));
  await server.expectNotification("belay/files/updated", ({ turns }) =>
    turns.some(({ turnId, state }) => turnId === two && state === "undone"),
  );
  const left = await server.request("belay/review/list", { path });
  assert.deepEqual(
    left.files[0]?.hunks.map(({ id }) => id),
    [a?.hunks[2]?.id],
  );
  const stale = await server.request("belay/review/undo", { path, hunkId: a?.hunks[1]?.id });
  assert.equal(stale.outcome, "failed");
});

test("turns are undone and made again, also after a restart and without loading the thread", async () => {
  await using api = await responsesApi(twoTurns);
  await using server = await testServer({ api, files: { "a.txt": text() } });
  const { threadId, one, two } = await afterTwoTurns(server);
  await server.end();
  await using again = await testServer({ like: server });
  const { turns } = await again.request("belay/files/turns", { threadId });
  assert.deepEqual(
    turns.map(({ turnId, paths, added, removed, state }) => ({ turnId, paths, added, removed, state })),
    [
      { turnId: one, paths: [at(server, "a.txt"), at(server, "new.txt")], added: 3, removed: 2, state: "applied" },
      { turnId: two, paths: [at(server, "a.txt")], added: 1, removed: 1, state: "applied" },
    ],
  );
  const { diff } = await again.request("belay/files/diff", { threadId, turnId: two });
  assert.match(diff, /^diff --git a\/a\.txt b\/a\.txt\n[^]*-line 6\n\+SIX\n/);
  const asked = { threadId, turnIds: [one], direction: "undo" as const };
  const plan = await again.request("belay/files/restore", { ...asked, dryRun: true });
  assert.deepEqual([plan.outcome, plan.files.map(({ outcome }) => outcome)], ["needsMerge", ["merged", "exact"]]);
  assert.equal((await again.request("belay/files/restore", asked)).outcome, "needsMerge");
  assert.equal(read(server, "a.txt"), text({ 2: "TWO", 6: "SIX", 9: "NINE" }));
  assert.equal((await again.request("belay/files/restore", { ...asked, acceptMerges: true })).outcome, "done");
  assert.equal(read(server, "a.txt"), text({ 6: "SIX" }));
  assert.ok(!existsSync(at(server, "new.txt")));
  assert.equal((await again.request("belay/files/restore", { ...asked, direction: "redo" })).outcome, "done");
  const all = { threadId, fromTurnId: one, direction: "undo" } as const;
  assert.equal((await again.request("belay/files/restore", all)).outcome, "done");
  assert.equal(read(server, "a.txt"), text());
  assert.deepEqual((await again.request("belay/review/list", {})).files, []);
});

test("a file that was changed in the same lines since is a conflict, and nothing is written", async () => {
  await using api = await responsesApi(twoTurns);
  await using server = await testServer({ api, files: { "a.txt": text() } });
  const { threadId, one } = await afterTwoTurns(server);
  writeFileSync(at(server, "a.txt"), text({ 2: "mine", 6: "SIX", 9: "NINE" }));
  const result = await server.request("belay/files/restore", { threadId, turnIds: [one], direction: "undo" });
  assert.equal(result.outcome, "conflict");
  assert.equal(
    result.message,
    "Nothing was changed. a.txt is in the way: line 2 was changed since. Do the other files one by one, and keep what is in the way.",
  );
  assert.equal(read(server, "a.txt"), text({ 2: "mine", 6: "SIX", 9: "NINE" }));
  assert.ok(existsSync(at(server, "new.txt")));
});

test("two folders do not see each other's reviews; a thread whose folder is gone says so", async () => {
  await using api = await responsesApi(twoTurns);
  await using server = await testServer({ api, files: { "a.txt": text(), "other/b.txt": "b\n" } });
  const { threadId } = await afterTwoTurns(server);
  assert.deepEqual((await server.request("belay/review/list", { cwd: at(server, "other") })).files, []);
  assert.equal((await server.request("belay/review/list", { cwd: server.workspace })).files.length, 2);
  await server.end();
  await using again = await testServer({ like: { home: server.home, workspace: join(server.workspace, "other") } });
  for (const name of ["a.txt", "new.txt"]) rmSync(at(server, name));
  assert.deepEqual((await again.request("belay/review/list", {})).files, []);
  const unknown = await again.refusal("belay/files/turns", { threadId: "01997000-0000-7000-8000-000000000000" });
  assert.match(unknown.message, /not/);
  assert.equal((await again.request("belay/files/turns", { threadId })).turns.length, 2);
});

test("while a turn of the thread runs nothing of it is undone", async () => {
  await using api = await responsesApi([
    ...twoTurns,
    { prompt: "slow", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "touch b.txt" } }] }] },
  ]);
  await using server = await testServer({
    ...{ api, files: { "a.txt": text() }, approvalPolicy: "untrusted" as const },
  });
  server.answer("item/fileChange/requestApproval", () => ({ decision: "accept" }));
  const { threadId, one } = await afterTwoTurns(server);
  const { turnId } = await server.startTurn("slow", threadId);
  const question = await server.expectRequest("item/commandExecution/requestApproval");
  const result = await server.request("belay/files/restore", { threadId, turnIds: [one], direction: "undo" });
  assert.equal(result.outcome, "failed");
  assert.match(result.message ?? "", /turn of this thread is running/);
  server.respond(question.id, { decision: "cancel" });
  await server.expectNotification("turn/completed", ({ turn }) => turn.id === turnId);
});

test("with an editor the undo goes through it, also into what is not saved", async () => {
  await using api = await responsesApi(twoTurns);
  await using server = await testServer({ api, files: { "a.txt": text() } });
  const { threadId, one } = await afterTwoTurns(server);
  await server.end();
  await using editor = await editorClient({ like: server });
  const dirty = text({ 2: "TWO", 6: "SIX", 9: "NINE", 12: "typed" });
  editor.open("a.txt", dirty);
  const { files } = (await editor.request("belay/review/list", {})) as { files: { hunks: unknown[] }[] };
  assert.deepEqual(
    files.map(({ hunks }) => hunks.length),
    [3, 1],
  );
  const edits: ApplyEditParams[] = [];
  editor.onApplyEdit = (params) => {
    edits.push(params);
    return { applied: true, files: [{ uri: editor.uri("a.txt"), isSaved: false }] };
  };
  const result = await editor.request("belay/files/restore", {
    ...{ threadId, turnIds: [one], direction: "undo", acceptMerges: true },
  });
  assert.deepEqual([result["outcome"], result["message"]], ["done", null]);
  assert.equal(edits.length, 1);
  assert.equal(edits[0]?.expected[editor.uri("a.txt")], editorHash(dirty));
  const [change] = edits[0]?.edit.documentChanges ?? [];
  assert.deepEqual(change && "edits" in change ? change.edits.map(({ newText }) => newText) : [], ["line 2", "line 9"]);
});

test("a path that is none is refused with a reason, and a folder without a journal gets none by being cleared", async () => {
  await using server = await testServer();
  for (const path of ["", "a.txt", "..", "/a\0b"]) {
    for (const [method, params] of [
      ["belay/review/list", { path }],
      ["belay/review/list", { cwd: path }],
      ["belay/review/text", { path, side: "baseline" }],
      ["belay/review/keep", { cwd: path }],
      ["belay/review/undo", { path }],
      ["belay/journal/clear", { cwd: path }],
      ["belay/files/restore", { threadId: "t", direction: "undo", paths: [path] }],
    ] as const) {
      const { message } = await server.refusal(method, params);
      assert.match(message, /a path must be absolute here, and without NULs/, `${method} ${JSON.stringify(params)}`);
    }
  }
  for (const cwd of ["/", "/nowhere", server.home]) {
    assert.deepEqual(await server.request("belay/journal/clear", { cwd }), { freedBytes: 0 });
    assert.deepEqual((await server.request("belay/review/list", { cwd })).files, []);
  }
  assert.deepEqual(existsSync(join(server.home, "journal")), false);
});
