// Review and undo with the real server, from the patch of a model to the bytes on disk.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import { test } from "../support/vscode/suite.ts";
import { answeringMerge, choosing, inWorkspace } from "./belay.ts";
import { withRealServer } from "./real-server.ts";
import { before, changed, clickLens, listed, onDisk, turn, twoHunks } from "./review-steps.ts";

const accept = () => vscode.commands.executeCommand("belay.acceptMerge");
const reject = () => vscode.commands.executeCommand("belay.rejectMerge");

function fresh(name: string): vscode.Uri {
  const uri = inWorkspace(name);
  writeFileSync(uri.fsPath, before);
  return uri;
}

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
    await answeringMerge(reject, undo);
    assert.equal(onDisk(uri), changed.replace("line 5\n", "mine\nline 5\n"), "nothing is written before the answer");
    await answeringMerge(accept, undo);
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

test("what is only proposed is on no disk until it is kept, change by change, and then nothing is left of it", async () => {
  const uri = fresh("proposed.txt");
  const propose = async (api: TestApi) => {
    await turn(api, "change proposed.txt", uri);
    const file = api.ctx.review.list.find(uri);
    assert.deepEqual([file?.state, file?.hunks.length, onDisk(uri)], ["proposed", 2, before]);
    await vscode.window.showTextDocument(uri);
    await vscode.commands.executeCommand("belay.reviewNextHunk");
    const shown = vscode.window.activeTextEditor;
    assert.deepEqual([shown?.document.getText(), shown?.selection.active.line], [changed, 2]);
    await vscode.commands.executeCommand("belay.keepHunk");
    await vscode.window.showTextDocument(uri);
    await clickLens(uri, 9, "Undo");
    assert.equal(onDisk(uri), before.replace("line 2\n", "LINE 2\n"));
    await listed(api, uri, (found) => found === undefined);
  };
  await withRealServer([twoHunks("proposed.txt")], propose, ['edits = "propose"']);
});
