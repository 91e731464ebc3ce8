// Review and undo with the real server, from the patch of a model to the bytes on disk.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import type { ReviewedFile } from "../../extension/review/review-list.ts";
import { within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { choosing, eventOf, inWorkspace, picking } from "./belay.ts";
import { type Scene, withRealServer } from "./real-server.ts";

const before = Array.from({ length: 12 }, (_, line) => `line ${line}\n`).join("");

function patchScene(prompt: string, ...lines: string[]): Scene {
  const input = ["*** Begin Patch", ...lines, "*** End Patch"];
  return { prompt, steps: [{ calls: [{ name: "apply_patch", input }] }, { text: "Done." }] };
}

/** Changes line 2 and line 9, so there are two hunks. */
function twoHunks(name: string): Scene {
  return patchScene(
    `change ${name}`,
    `*** Update File: ${name}`,
    ...["@@", " line 1", "-line 2", "+LINE 2", " line 3"],
    ...["@@", " line 8", "-line 9", "+LINE 9", " line 10"],
  );
}

const changed = before.replace("line 2\n", "LINE 2\n").replace("line 9\n", "LINE 9\n");

function fresh(name: string): vscode.Uri {
  const uri = inWorkspace(name);
  writeFileSync(uri.fsPath, before);
  return uri;
}

/** Has the model play its part. Resolves when what it changed is listed; with what names the turn for commands. */
async function turn(api: TestApi, prompt: string, uri: vscode.Uri): Promise<{ threadId: string; turnIds: string[] }> {
  const client = await api.ctx.server.running();
  const { threadId, turnId, ended } = await api.ctx.turns.startInNewThread(client, prompt);
  const { status } = await within(20_000, "the turn to end", ended);
  assert.equal(status, "completed");
  await listed(api, uri, (file) => file !== undefined);
  return { threadId, turnIds: [turnId] };
}

async function listed(
  api: TestApi,
  uri: vscode.Uri,
  isIt: (file: ReviewedFile | undefined) => boolean,
): Promise<ReviewedFile | undefined> {
  const { list } = api.ctx.review;
  await list.refresh();
  if (!isIt(list.find(uri))) await eventOf("the list to say so", list.onDidRefresh, () => isIt(list.find(uri)));
  return list.find(uri);
}

async function clickLens(uri: vscode.Uri, line: number, title: string): Promise<void> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 20);
  const lens = lenses.find(({ range, command }) => range.start.line === line && command?.title === title);
  const shown = lenses.map(({ range, command }) => `${range.start.line}: ${command?.title}`).join(", ");
  assert.ok(lens?.command, `no lens "${title}" at ${line}; there are: ${shown}`);
  await vscode.commands.executeCommand(lens.command.command, ...(lens.command.arguments ?? []));
}

const onDisk = (uri: vscode.Uri) => readFileSync(uri.fsPath, "utf8");

test("of two changes in a file one is kept and one is undone", async () => {
  const uri = fresh("two.txt");
  await withRealServer([twoHunks("two.txt")], async (api) => {
    await turn(api, "change two.txt", uri);
    const { document } = await vscode.window.showTextDocument(uri);
    assert.equal(document.getText(), changed);
    await clickLens(uri, 2, "Keep");
    await clickLens(uri, 9, "Undo");
    const expected = before.replace("line 2\n", "LINE 2\n");
    assert.deepEqual([document.getText(), onDisk(uri), document.isDirty], [expected, expected, false]);
    assert.equal(await listed(api, uri, (file) => file === undefined), undefined);
  });
});

test("a turn is undone after the person edited elsewhere in the same file, once they have seen the merge", async () => {
  const uri = fresh("mine.txt");
  await withRealServer([twoHunks("mine.txt")], async (api) => {
    const ids = await turn(api, "change mine.txt", uri);
    const editor = await vscode.window.showTextDocument(uri);
    await editor.edit((builder) => builder.insert(new vscode.Position(5, 0), "mine\n"));
    await editor.document.save();
    const undo = async () => void (await vscode.commands.executeCommand("belay.undoTurn", ids));
    await picking("Cancel", () => undo());
    assert.equal(onDisk(uri), changed.replace("line 5\n", "mine\nline 5\n"), "nothing is written before the answer");
    await picking("Undo with Merge", undo);
    assert.equal(editor.document.getText(), before.replace("line 5\n", "mine\nline 5\n"));
    await vscode.commands.executeCommand("belay.redoTurn", ids);
    assert.equal(editor.document.getText(), changed.replace("line 5\n", "mine\nline 5\n"));
  });
});

test("what is unsaved stays unsaved when a change in it is undone", async () => {
  const uri = fresh("unsaved.txt");
  await withRealServer([twoHunks("unsaved.txt")], async (api) => {
    const editor = await vscode.window.showTextDocument(uri);
    await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), "mine\n"));
    await turn(api, "change unsaved.txt", uri);
    assert.equal(editor.document.getText(), `mine\n${changed}`);
    await clickLens(uri, 3, "Undo");
    await clickLens(uri, 10, "Undo");
    assert.equal(editor.document.getText(), `mine\n${before}`);
    assert.deepEqual([editor.document.isDirty, onDisk(uri)], [true, before]);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  });
});

test("a new server process has the same changes to review, with the prompt they were made for", async () => {
  const uri = fresh("again.txt");
  await withRealServer([twoHunks("again.txt")], async (api) => {
    await turn(api, "change again.txt", uri);
    const known = api.ctx.review.list.find(uri)?.hunks.map(({ id }) => id);
    assert.equal(known?.length, 2);
    await api.ctx.server.stop();
    assert.deepEqual(api.ctx.review.list.all, []);
    await api.ctx.server.running();
    const file = await listed(api, uri, (found) => found !== undefined);
    assert.deepEqual(
      file?.hunks.map(({ id }) => id),
      known,
    );
    await clickLens(uri, 2, "Undo");
    await clickLens(uri, 9, "Keep");
    assert.equal(onDisk(uri), before.replace("line 9\n", "LINE 9\n"));
  });
});

test("clearing checkpoints leaves files as they are, and nothing to review", async () => {
  const uri = fresh("cleared.txt");
  await withRealServer([twoHunks("cleared.txt")], async (api) => {
    await turn(api, "change cleared.txt", uri);
    await choosing("Clear for All Folders", async () => {
      await vscode.commands.executeCommand("belay.clearCheckpoints");
    });
    assert.equal(onDisk(uri), changed);
    await listed(api, uri, (file) => file === undefined);
  });
});
