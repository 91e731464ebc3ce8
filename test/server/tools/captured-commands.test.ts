// What real commands of a turn change, as the journal has it when their items are complete.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ChangeJournal } from "../../../server/journal/journal.ts";
import { editorClient } from "../../support/editor-client.ts";
import { gate } from "../../support/lifeline.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { noProfile, makeDirectories, type ServerOptions, testServer } from "../../support/test-server.ts";
import { skip } from "../sandbox/real-sandbox.ts";

const exec = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, ...more },
});
/** One command after the other. */
const inTurn = (...commands: string[]) => [
  { steps: [...commands.map((cmd) => ({ calls: [exec(cmd)] })), { text: "ok" }] },
];
const free: ServerOptions = { sandboxMode: "danger-full-access" };

/** A line for each captured file: "name: before | after", one list for each command that changed something. */
async function captured(server: { home: string; workspace: string }): Promise<string[][]> {
  const root = realpathSync(server.workspace);
  const journals = new ChangeJournal({ home: server.home });
  try {
    const journal = await journals.workspace(root);
    const changes = (await journal.changes()).filter(({ source }) => source.kind === "command");
    const text = async (image: Parameters<typeof journal.bytesOf>[0]) =>
      image.kind === "file" ? Buffer.from((await journal.bytesOf(image)) ?? []).toString("utf8") : image.kind;
    const told = (files: (typeof changes)[number]["files"]) =>
      files.map(async ({ path, before, after, movedFrom }) => {
        const from = movedFrom === null ? "" : ` from ${movedFrom.slice(root.length + 1)}`;
        return `${path.slice(root.length + 1)}: ${await text(before)} | ${await text(after)}${from}`;
      });
    return await Promise.all(changes.map(({ files }) => Promise.all(told(files))));
  } finally {
    await journals.close();
  }
}

test("edits, moves and deletions by commands in the sandbox are captured", { skip }, async () => {
  await using api = await responsesApi(
    inTurn("sed -i s/one/ONE/ a.txt", "mv b.txt sub/c.txt", "rm -rf sub/deep", "cat a.txt"),
  );
  const files = { "a.txt": "one\ntwo\n", "b.txt": "b\n", "sub/deep/d.txt": "d\n", "sub/deep/e/f.txt": "f\n" };
  await using server = await testServer({ api, files });
  await server.completeTurn("go");
  const { diff } = await server.expectNotification("turn/diff/updated");
  assert.match(diff, /-one\n\+ONE\n/);
  assert.deepEqual(await captured(server), [
    ["a.txt: one\ntwo\n | ONE\ntwo\n"],
    ["b.txt: b\n | missing", "sub/c.txt: missing | b\n from b.txt"],
    ["sub/deep/d.txt: d\n | missing", "sub/deep/e/f.txt: f\n | missing"],
  ]);
});

test("the checkout of another branch is captured, and .git is not", async () => {
  await using api = await responsesApi(inTurn("git checkout -q other"));
  await using server = await testServer({ ...free, api, files: { "a.txt": "main\n", "only-main.txt": "m\n" } });
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: server.workspace });
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("commit", "-qm", "1");
  git("checkout", "-qb", "other");
  writeFileSync(join(server.workspace, "a.txt"), "other\n");
  git("rm", "-q", "only-main.txt");
  git("commit", "-qam", "2");
  git("checkout", "-q", "main");
  await server.completeTurn("go");
  assert.deepEqual(await captured(server), [["a.txt: main\n | other\n", "only-main.txt: m\n | missing"]]);
});

test("what a command installs into an ignored folder is not captured", async () => {
  await using api = await responsesApi(
    inTurn("mkdir -p node_modules/x && echo 1 > node_modules/x/index.js && echo '{}' > package-lock.json"),
  );
  await using server = await testServer({ ...free, api, files: { ".gitignore": "node_modules\n" } });
  await server.completeTurn("go");
  assert.deepEqual(await captured(server), [["package-lock.json: missing | {}\n"]]);
});

test("a command that goes on behind its turn has its changes captured when it ends, and a patch meanwhile keeps its own", async () => {
  const patch = "*** Begin Patch\n*** Update File: b.txt\n@@\n-b\n+patched\n*** End Patch\n";
  await using api = await responsesApi([
    {
      steps: [
        { calls: [exec("read x < gate; echo late >> a.txt", { yield_time_ms: 250 })] },
        { calls: [{ name: "apply_patch", input: [patch] }] },
        { text: "ok" },
      ],
    },
  ]);
  const files = { "a.txt": "a\n", "b.txt": "b\n" };
  await using server = await testServer({ ...free, api, files });
  const held = gate(server.workspace);
  const { turnId } = await server.completeTurn("go");
  assert.match(toolOutputs(api.requests[2])[1] ?? "", /b\.txt/);
  assert.deepEqual(await captured(server), []);
  await held.open();
  const { turnId: ofItem } = await server.expectNotification(
    "item/completed",
    ({ item }) => item.type === "commandExecution",
  );
  assert.equal(ofItem, turnId);
  assert.deepEqual(await captured(server), [["a.txt: a\n | a\nlate\n"]]);
});

test("what a person saves in the editor while a command runs is not captured as the command's", async (t) => {
  await using api = await responsesApi([
    { steps: [{ calls: [exec("read x < gate; echo late >> b.txt", { yield_time_ms: 250 })] }, { text: "ok" }] },
  ]);
  const like = makeDirectories({ ...free, api, files: { "a.txt": "a\n", "b.txt": "b\n" } });
  t.after(() => rmSync(like.base ?? "", { recursive: true, force: true }));
  await using editor = await editorClient({ like });
  const held = gate(like.workspace);
  editor.open("a.txt", "a\n");
  await editor.completeTurn("go");
  writeFileSync(join(like.workspace, "a.txt"), "the person's\n");
  editor.send({ method: "textDocument/didSave", params: { textDocument: { uri: editor.uri("a.txt") } } });
  await held.open();
  const isCommand = ({ method, params }: { method?: string; params?: unknown }) =>
    method === "item/completed" && (params as { item: { type: string } }).item.type === "commandExecution";
  await editor.expect(isCommand, "the end of the command");
  assert.deepEqual(await captured(like), [["b.txt: b\n | b\nlate\n"]]);
});

test("what is only looked at, and what a person runs, is not watched", async () => {
  await using api = await responsesApi(inTurn("cat a.txt"));
  await using server = await testServer({ ...free, api, env: noProfile, files: { "a.txt": "a\n" } });
  const { threadId } = await server.completeTurn("go");
  await server.request("thread/shellCommand", { threadId, command: "echo person >> a.txt" });
  await server.expectNotification("turn/completed");
  assert.deepEqual(await captured(server), []);
});

test("nothing that was held for a command is left in the home", async () => {
  await using api = await responsesApi(inTurn("echo more >> a.txt"));
  await using server = await testServer({ ...free, api, files: { "a.txt": "a\n" } });
  await server.completeTurn("go");
  assert.deepEqual(await captured(server), [["a.txt: a\n | a\nmore\n"]]);
  assert.deepEqual(readdirSync(join(server.home, "journal/held")), []);
});
