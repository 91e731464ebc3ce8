// workspace/applyEdit in the real editor: all or nothing, unsaved text respected, undo works.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belay, eventOf, inWorkspace } from "./belay.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("hex");
const onDisk = (uri: vscode.Uri) => readFileSync(uri.fsPath, "utf8");

/** Replaces the first line, as the server would say it. */
function firstLine(uri: vscode.Uri, newText: string, version: number | null = null) {
  const range = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
  return { textDocument: { uri: uri.toString(), version }, edits: [{ range, newText }] };
}

function edit(expected: [vscode.Uri, string][], ...documentChanges: unknown[]) {
  return {
    label: "Belay",
    edit: { documentChanges },
    expected: Object.fromEntries(expected.map(([uri, text]) => [uri.toString(), digest(text)])),
  };
}

async function fresh(name: string, text: string): Promise<vscode.Uri> {
  const uri = inWorkspace(name);
  writeFileSync(uri.fsPath, text);
  return uri;
}

/** The text after one undo. Leaves the file as it is on disk. */
async function undoIn(uri: vscode.Uri): Promise<string> {
  const { document } = await vscode.window.showTextDocument(uri);
  await vscode.commands.executeCommand("undo");
  const text = document.getText();
  await vscode.commands.executeCommand("workbench.action.files.revert");
  return text;
}

test("a clean file is changed and saved, no editor opens, and one undo brings it back", async () => {
  const { applyEdit } = await belay();
  const uri = inWorkspace("clean.txt");
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  const files = [{ uri: uri.toString(), isSaved: true }];
  assert.deepEqual(await applyEdit(edit([[uri, "one\ntwo\nthree\n"]], firstLine(uri, "ONE\n"))), {
    applied: true,
    files,
  });
  assert.equal(onDisk(uri), "ONE\ntwo\nthree\n");
  assert.deepEqual(
    vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs),
    [],
  );
  assert.equal(await undoIn(uri), "one\ntwo\nthree\n");
});

test("a dirty buffer is changed on top of its unsaved text, and stays unsaved", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("dirty.txt", "one\ntwo\n");
  const editor = await vscode.window.showTextDocument(uri);
  await editor.edit((builder) => builder.insert(new vscode.Position(1, 0), "mine\n"));
  const { document } = editor;
  const result = await applyEdit(edit([[uri, "one\nmine\ntwo\n"]], firstLine(uri, "ONE\n", document.version)));
  assert.deepEqual(result, { applied: true, files: [{ uri: uri.toString(), isSaved: false }] });
  assert.equal(document.getText(), "ONE\nmine\ntwo\n");
  assert.equal(document.isDirty, true);
  assert.equal(onDisk(uri), "one\ntwo\n");
  assert.equal(await undoIn(uri), "one\nmine\ntwo\n");
});

test("line ends of the file stay as they are", async () => {
  const { applyEdit } = await belay();
  const uri = inWorkspace("windows.txt");
  const result = await applyEdit(edit([[uri, "one\ntwo\nthree\n"]], firstLine(uri, "1\n1.5\n")));
  assert.equal(result.applied, true);
  assert.equal(onDisk(uri), "1\r\n1.5\r\ntwo\r\nthree\r\n");
});

test("one stale file of several stops the whole edit, and is named", async () => {
  const { applyEdit } = await belay();
  const good = await fresh("good.txt", "one\ntwo\n");
  const stale = await fresh("stale.txt", "changed by someone\n");
  const result = await applyEdit(
    edit(
      [
        [good, "one\ntwo\n"],
        [stale, "as it was\n"],
      ],
      firstLine(good, "ONE\n"),
      firstLine(stale, "X\n"),
    ),
  );
  assert.deepEqual([result.applied, result.isStale], [false, true]);
  assert.match(
    result.failureReason ?? "",
    /^stale\.txt was changed since Belay read it\. Nothing was changed; read it again/,
  );
  assert.equal(onDisk(good), "one\ntwo\n");
});

test("an edit for another version of the document is refused", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("version.txt", "one\ntwo\n");
  const { version } = await vscode.workspace.openTextDocument(uri);
  const result = await applyEdit(edit([[uri, "one\ntwo\n"]], firstLine(uri, "ONE\n", version + 1)));
  assert.match(result.failureReason ?? "", /^version\.txt was edited or closed/);
});

test("files are created, renamed and deleted together with edits in them", async () => {
  const { applyEdit } = await belay();
  const [created, from, to, gone] = ["new/created.txt", "name.txt", "renamed.txt", "old.txt"].map(inWorkspace) as [
    vscode.Uri,
    vscode.Uri,
    vscode.Uri,
    vscode.Uri,
  ];
  const start = { line: 0, character: 0 };
  const result = await applyEdit(
    edit(
      [
        [from, "to be renamed\n"],
        [gone, "to be deleted\n"],
      ],
      { kind: "create", uri: created.toString(), options: { overwrite: false } },
      {
        textDocument: { uri: created.toString(), version: null },
        edits: [{ range: { start, end: start }, newText: "hello\n" }],
      },
      firstLine(from, "renamed\n"),
      { kind: "rename", oldUri: from.toString(), newUri: to.toString() },
      { kind: "delete", uri: gone.toString() },
    ),
  );
  const files = [created, to].map((uri) => ({ uri: uri.toString(), isSaved: true }));
  assert.deepEqual(result, { applied: true, files });
  assert.deepEqual([onDisk(created), onDisk(to)], ["hello\n", "renamed\n"]);
  assert.deepEqual([existsSync(from.fsPath), existsSync(gone.fsPath)], [false, false]);
  assert.deepEqual(
    vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).map(({ fileName }) => fileName),
    [],
  );
});

test("a file goes, and a folder of its name comes with a file in it, in one edit", async () => {
  const { applyEdit } = await belay();
  const gone = await fresh("name-of-both", "one\n");
  const created = vscode.Uri.joinPath(gone, "in-it.txt");
  const start = { line: 0, character: 0 };
  const result = await applyEdit(
    edit(
      [[gone, "one\n"]],
      { kind: "delete", uri: gone.toString() },
      { kind: "create", uri: created.toString(), options: { overwrite: false } },
      {
        textDocument: { uri: created.toString(), version: null },
        edits: [{ range: { start, end: start }, newText: "two\n" }],
      },
    ),
  );
  assert.deepEqual([result.failureReason, result.applied, onDisk(created)], [undefined, true, "two\n"]);
});

test("one undo takes back a whole change: its texts, its new file and the deleted one, with nothing of it open", async () => {
  const { applyEdit } = await belay();
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  const [one, other, gone] = [
    await fresh("undo-one.txt", "one\n"),
    await fresh("undo-other.txt", "other\n"),
    await fresh("undo-gone.txt", "gone\n"),
  ];
  const created = inWorkspace("undo-created.txt");
  const start = { line: 0, character: 0 };
  const expected: [vscode.Uri, string][] = [
    [one, "one\n"],
    [other, "other\n"],
    [gone, "gone\n"],
  ];
  const { applied } = await applyEdit(
    edit(
      expected,
      firstLine(one, "ONE\n"),
      firstLine(other, "OTHER\n"),
      { kind: "delete", uri: gone.toString() },
      { kind: "create", uri: created.toString(), options: { overwrite: false } },
      {
        textDocument: { uri: created.toString(), version: null },
        edits: [{ range: { start, end: start }, newText: "hello\n" }],
      },
    ),
  );
  assert.ok(applied);
  const deleted = eventOf("the new file to go", vscode.workspace.onDidDeleteFiles, () => !existsSync(created.fsPath));
  const { document } = await vscode.window.showTextDocument(one);
  await vscode.commands.executeCommand("undo");
  await deleted;
  assert.equal(document.getText(), "one\n");
  const texts = await Promise.all(
    expected.map(async ([uri]) => (await vscode.workspace.openTextDocument(uri)).getText()),
  );
  assert.deepEqual(
    texts,
    expected.map(([, text]) => text),
  );
  await vscode.workspace.saveAll();
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
});

test("a new file does not replace one that is there", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("taken.txt", "mine\n");
  const result = await applyEdit(edit([], { kind: "create", uri: uri.toString(), options: { overwrite: false } }));
  assert.match(result.failureReason ?? "", /^taken\.txt exists already/);
  assert.equal(onDisk(uri), "mine\n");
});

test("a file that is gone is named", async () => {
  const { applyEdit } = await belay();
  const uri = inWorkspace("never-was.txt");
  const result = await applyEdit(edit([[uri, "x\n"]], firstLine(uri, "y\n")));
  assert.match(result.failureReason ?? "", /^never-was\.txt cannot be opened as text/);
});

test("a file that is not where the change was approved for stays as it is", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("moved.txt", "one\n");
  const params = edit([[uri, "one\n"]], firstLine(uri, "ONE\n"));
  const result = await applyEdit({ ...params, realPaths: { [uri.toString()]: "/elsewhere/moved.txt" } });
  assert.match(result.failureReason ?? "", /^moved\.txt is not where the change was approved for/);
  assert.equal(onDisk(uri), "one\n");
});

test("what a formatter makes of a file at saving is told, and stays", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("formatted.txt", "one\ntwo\n");
  const formatter = vscode.workspace.onWillSaveTextDocument((event) => {
    if (event.document.uri.toString() !== uri.toString()) return;
    event.waitUntil(Promise.resolve([vscode.TextEdit.insert(new vscode.Position(1, 0), "formatted\n")]));
  });
  try {
    const params = edit([[uri, "one\ntwo\n"]], firstLine(uri, "ONE\n"));
    const result = await applyEdit({ ...params, after: { [uri.toString()]: digest("ONE\ntwo\n") } });
    const text = "ONE\nformatted\ntwo\n";
    assert.deepEqual(result, { applied: true, files: [{ uri: uri.toString(), isSaved: true, text }] });
    assert.equal(onDisk(uri), text);
  } finally {
    formatter.dispose();
  }
});

test("a file that was changed on disk since is not written over, even before VS Code has noticed", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("behind.txt", "one\ntwo\n");
  await vscode.workspace.openTextDocument(uri);
  writeFileSync(uri.fsPath, "somebody else's\n");
  const result = await applyEdit(edit([[uri, "one\ntwo\n"]], firstLine(uri, "ONE\n")));
  assert.deepEqual([result.applied, result.isStale], [false, true]);
  assert.equal(onDisk(uri), "somebody else's\n");
});

test("a cursor stays at its place in a line that is changed behind it", async () => {
  const { applyEdit } = await belay();
  const uri = await fresh("cursor.txt", "one two\nlast\n");
  const editor = await vscode.window.showTextDocument(uri);
  editor.selection = new vscode.Selection(0, 2, 0, 2);
  const range = { start: { line: 0, character: 4 }, end: { line: 0, character: 7 } };
  const change = { textDocument: { uri: uri.toString(), version: null }, edits: [{ range, newText: "2\n2.5" }] };
  assert.equal((await applyEdit(edit([[uri, "one two\nlast\n"]], change))).applied, true);
  assert.deepEqual([editor.selection.active.line, editor.selection.active.character], [0, 2]);
  assert.equal(onDisk(uri), "one 2\n2.5\nlast\n");
});

test("a file with unsaved changes is renamed with them, and they stay unsaved", async () => {
  const { applyEdit } = await belay();
  const [from, to] = [await fresh("dirty-name.txt", "one\ntwo\n"), inWorkspace("dirty-renamed.txt")];
  const editor = await vscode.window.showTextDocument(from);
  await editor.edit((builder) => builder.insert(new vscode.Position(1, 0), "mine\n"));
  const result = await applyEdit(
    edit([[from, "one\nmine\ntwo\n"]], firstLine(from, "ONE\n"), {
      kind: "rename",
      oldUri: from.toString(),
      newUri: to.toString(),
    }),
  );
  assert.deepEqual(result, { applied: true, files: [{ uri: to.toString(), isSaved: false }] });
  const document = await vscode.workspace.openTextDocument(to);
  assert.deepEqual([document.getText(), document.isDirty], ["ONE\nmine\ntwo\n", true]);
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand("workbench.action.files.revert");
});
