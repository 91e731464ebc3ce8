// Review in the real editor, against what a server says: lenses, the list, going from change to change, merges and
// conflicts. With the real server: reviewing.ts.
import assert from "node:assert/strict";
import { readFileSync, unlinkSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { ReviewFile, ReviewHunk } from "../../server/protocol/review.ts";
import type { TestApi } from "../../extension/test-api.ts";
import { test } from "../support/vscode/suite.ts";
import {
  answeringMerge,
  belayWith,
  choosing,
  eventOf,
  expectRequest,
  inWorkspace,
  picking,
  reached,
  say,
} from "./belay.ts";

const turns = [{ threadId: "thread-1", turnId: "turn-1" }];

function hunk(id: string, start: number, count = 1): ReviewHunk {
  return { id, baseline: { start, count }, current: { start, count }, turns, isEdited: false };
}

function reviewed(name: string, hunks: ReviewHunk[], more: Partial<ReviewFile> = {}): ReviewFile {
  const path = inWorkspace(name).fsPath;
  const facts = { movedFrom: null, kind: "update" as const, state: "written" as const, added: 1, removed: 1 };
  return { path, ...facts, hunks, isText: true, turns, warning: null, cannotUndo: null, ...more };
}

/** A server that has these files to review, and ten lines in each. */
async function withReview(...files: ReviewFile[]): Promise<TestApi> {
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  const api = await belayWith("puppet");
  const text = Array.from({ length: 10 }, (_, line) => `line ${line}\n`).join("");
  for (const { path, kind } of files) if (kind !== "delete") writeFileSync(path, text);
  await say(
    api,
    { answer: "belay/review/list", with: { files } },
    { answer: "belay/review/text", with: { text: text.replaceAll("line", "old") } },
    {
      answer: "thread/turns/list",
      with: { data: [turnOf("Make the tests pass")], nextCursor: null, backwardsCursor: null },
    },
  );
  await api.ctx.review.list.refresh();
  return api;
}

function turnOf(prompt: string) {
  const message = {
    type: "userMessage",
    id: "item-1",
    clientId: null,
    content: [{ type: "text", text: prompt, text_elements: [] }],
  };
  const ended = { error: null, startedAt: 1, completedAt: 2, durationMs: 1 };
  return { id: "turn-1", items: [message], itemsView: "summary", status: "completed", ...ended };
}

async function lensesIn(uri: vscode.Uri): Promise<string[]> {
  await vscode.workspace.openTextDocument(uri);
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 20);
  // Those that had to be resolved come last.
  lenses.sort((a, b) => a.range.start.line - b.range.start.line);
  return lenses.map(({ range, command }) => `${range.start.line}: ${command?.title}`);
}

function place(): string {
  const editor = vscode.window.activeTextEditor;
  return `${vscode.workspace.asRelativePath(editor?.document.uri ?? "")}:${editor?.selection.active.line}`;
}

test("each change to review has Keep, Undo and the prompt it was made for above it", async () => {
  await withReview(reviewed("lenses.txt", [hunk("a", 1), { ...hunk("b", 5), isEdited: true }]));
  const lenses = await lensesIn(inWorkspace("lenses.txt"));
  assert.deepEqual(lenses, [
    ...["1: Keep", "1: Undo", "1: “Make the tests pass”"],
    ...["5: Keep", "5: Undo with Your Edits", "5: “Make the tests pass”"],
  ]);
});

test("what cannot be undone is not offered to be", async () => {
  await withReview(reviewed("kept-only.txt", [hunk("a", 1)], { cannotUndo: "It was not captured." }));
  assert.deepEqual(await lensesIn(inWorkspace("kept-only.txt")), ["1: Keep", "1: “Make the tests pass”"]);
});

test("files that are not to review are not asked about, however much is typed in them", async () => {
  const api = await withReview(reviewed("pending.txt", [hunk("a", 1)]));
  const other = inWorkspace("other.txt");
  writeFileSync(other.fsPath, "mine\n");
  const whole = await expectRequest<{ path: string | null }>(api, "belay/review/list");
  assert.equal(whole.path, null);
  assert.deepEqual(await lensesIn(other), []);
  await lensesIn(inWorkspace("pending.txt"));
  let asked: string | null | undefined = null;
  // The whole list may be asked for again, when VS Code has noticed that files were made.
  while (asked === null || asked === undefined) {
    asked = (await expectRequest<{ path: string | null }>(api, "belay/review/list")).path;
  }
  assert.equal(asked, inWorkspace("pending.txt").fsPath, "the first question about a file is about the pending one");
});

test("review goes from change to change through all files and around, in both directions", async () => {
  await withReview(reviewed("a.txt", [hunk("a1", 1), hunk("a2", 6, 0)]), reviewed("b.txt", [hunk("b1", 3)]));
  const places: string[] = [];
  for (const direction of ["Next", "Next", "Next", "Next", "Previous", "Previous"]) {
    await vscode.commands.executeCommand(`belay.review${direction}Hunk`);
    places.push(place());
  }
  assert.deepEqual(places, ["a.txt:1", "a.txt:6", "b.txt:3", "a.txt:1", "b.txt:3", "a.txt:6"]);
});

test("what going to the next change has found out is shown everywhere, too", async () => {
  const [first, second] = [hunk("first", 1), hunk("second", 5)];
  const api = await withReview(reviewed("told.txt", [first, second]));
  await vscode.window.showTextDocument(inWorkspace("told.txt"));
  const { list } = api.ctx.review;
  const told = eventOf("all to hear of it", list.onDidChange, () => list.all[0]?.hunks.length === 1);
  await say(api, { answer: "belay/review/list", with: { files: [reviewed("told.txt", [second])] } });
  await vscode.commands.executeCommand("belay.reviewNextHunk");
  await list.refresh();
  await told;
});

test("Keep and Undo at the cursor act on the change that the server has there now", async () => {
  const api = await withReview(reviewed("cursor.txt", [hunk("first", 1), hunk("second", 5, 2)]));
  const done = { outcome: "done", files: [], message: null };
  await say(api, { answer: "belay/review/keep", with: done }, { answer: "belay/review/undo", with: done });
  const editor = await vscode.window.showTextDocument(inWorkspace("cursor.txt"));
  editor.selection = new vscode.Selection(6, 0, 6, 0);
  await vscode.commands.executeCommand("belay.keepHunk");
  editor.selection = new vscode.Selection(1, 0, 1, 0);
  await vscode.commands.executeCommand("belay.undoHunk");
  const kept = await expectRequest<{ path: string; hunkId: string }>(api, "belay/review/keep");
  const undone = await expectRequest<{ path: string; hunkId: string }>(api, "belay/review/undo");
  assert.deepEqual([kept.hunkId, undone.hunkId], ["second", "first"]);
  assert.equal(kept.path, inWorkspace("cursor.txt").fsPath);
});

test("all changes open in one editor, also of files that are new, deleted or only proposed; it closes with the last", async () => {
  const api = await withReview(
    reviewed("added.txt", [hunk("a", 0)], { kind: "add" }),
    reviewed("deleted.txt", [hunk("b", 0)], { kind: "delete" }),
    reviewed("proposed.txt", [hunk("c", 0)], { state: "proposed" }),
  );
  await vscode.commands.executeCommand("belay.reviewChanges");
  const { activeTab } = vscode.window.tabGroups.activeTabGroup;
  assert.match(activeTab?.label ?? "", /^Belay: Changes to Review/);
  const closed = eventOf(
    "the diff to close",
    vscode.window.tabGroups.onDidChangeTabs,
    (tabs) => tabs.closed.length > 0,
  );
  await say(api, { answer: "belay/review/list", with: { files: [] } });
  await api.ctx.review.list.refresh();
  await closed;
});

test("beside a file that was kept stands the same text, not an empty one that VS Code would offer to go back to", async () => {
  const api = await withReview(reviewed("kept.txt", [hunk("a", 1)]));
  const file = inWorkspace("kept.txt");
  await vscode.commands.executeCommand("belay.reviewFile", file);
  const left = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "belay-review");
  assert.match(left?.getText() ?? "", /^old 0\n/);
  const same = eventOf(
    "the left side to be the file",
    vscode.workspace.onDidChangeTextDocument,
    ({ document }) => document === left && document.getText().startsWith("line 0\n"),
  );
  await say(api, { answer: "belay/review/list", with: { files: [] } });
  await api.ctx.review.list.refresh();
  await same;
});

test("what a person does to a file that waits for review is asked about, typed or on disk", async () => {
  const api = await withReview(reviewed("typed.txt", [hunk("a", 1)]), reviewed("moved.txt", [hunk("b", 1)]));
  const { list } = api.ctx.review;
  const answer = async (...files: ReviewFile[]) => say(api, { answer: "belay/review/list", with: { files } });
  await answer(reviewed("moved.txt", [hunk("b", 1)]));
  const first = eventOf("the list to lose the first", list.onDidChange, () => list.all.length === 1);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(inWorkspace("typed.txt"), new vscode.Position(0, 0), "mine\n");
  await vscode.workspace.applyEdit(edit);
  await first;
  await answer();
  const second = eventOf("the list to be empty", list.onDidChange, () => list.all.length === 0);
  unlinkSync(inWorkspace("moved.txt").fsPath);
  await second;
  await vscode.workspace.saveAll();
});

test("a merge is shown before it is written, and written only when the person says so", async () => {
  const api = await withReview(reviewed("merged.txt", [hunk("a", 1)]));
  const path = inWorkspace("merged.txt").fsPath;
  const file = { path, movedTo: null, outcome: "merged", reason: null, diff: "", merged: "as it would be\n" };
  await say(api, { answer: "belay/review/undo", with: { outcome: "needsMerge", files: [file], message: null } });
  const undo = async () => void (await vscode.commands.executeCommand("belay.undoFile", vscode.Uri.file(path)));
  const asked = () => expectRequest<{ acceptMerges: boolean }>(api, "belay/review/undo");
  const ways = {
    cancel: () => vscode.commands.executeCommand("belay.rejectMerge"),
    close: () => vscode.commands.executeCommand("workbench.action.closeActiveEditor"),
  };
  for (const way of [ways.cancel, ways.close]) {
    await answeringMerge(() => {
      assert.equal(vscode.window.activeTextEditor?.document.getText(), "as it would be\n");
      return way();
    }, undo);
    assert.equal((await asked()).acceptMerges, false);
    assert.deepEqual(mergeTabs(), [], "the merge closes with the answer");
  }
  await answeringMerge(async () => {
    await say(api, { answer: "belay/review/undo", with: { outcome: "done", files: [file], message: null } });
    await vscode.commands.executeCommand("belay.acceptMerge");
  }, undo);
  assert.deepEqual([(await asked()).acceptMerges, (await asked()).acceptMerges], [false, true]);
  assert.deepEqual(mergeTabs(), []);
});

test("merges of several files stand in one editor, to be accepted together or not at all", async () => {
  const { api, files, shown } = await withMerges("one.txt", "two.txt");
  const written = files.map(({ path }) => readFileSync(path, "utf8"));
  for (const answer of ["belay.rejectMerge", "belay.acceptMerge"]) {
    const undone = undoAll();
    await shown();
    if (answer === "belay.acceptMerge")
      await say(api, { answer: "belay/review/undo", with: { outcome: "done", files, message: null } });
    await vscode.commands.executeCommand(answer);
    await undone;
    assert.deepEqual(mergesTabs(), []);
  }
  const asked = async () => (await expectRequest<{ acceptMerges: boolean }>(api, "belay/review/undo")).acceptMerges;
  assert.deepEqual([await asked(), await asked(), await asked()], [false, false, true]);
  assert.deepEqual(
    files.map(({ path }) => readFileSync(path, "utf8")),
    written,
    "the server alone writes",
  );
});

test("merges of several files wait while another file is looked at beside them, and to close them is to say no", async () => {
  const { api, shown } = await withMerges("one.txt", "two.txt");
  const undone = undoAll();
  await shown();
  await vscode.commands.executeCommand("workbench.action.moveEditorToNextGroup");
  await vscode.window.showTextDocument(inWorkspace("one.txt"), { preview: true });
  await vscode.commands.executeCommand("workbench.action.openPreviousRecentlyUsedEditorInGroup");
  assert.deepEqual(mergesTabs(), ["2 files were changed since (now ↔ merged) (2 files)"]);
  await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  await undone;
  // The next one is that of another question.
  await say(api, { answer: "belay/review/undo", with: { outcome: "done", files: [], message: null } });
  await undoAll();
  const asked = async () => (await expectRequest<{ acceptMerges: boolean }>(api, "belay/review/undo")).acceptMerges;
  assert.deepEqual([await asked(), await asked()], [false, false]);
});

const undoAll = () => choosing("Undo All", async () => void (await vscode.commands.executeCommand("belay.undoAll")));

/** A server that asks about merges of these files. `shown` resolves once they are. */
async function withMerges(...names: string[]) {
  const api = await withReview(...names.map((name) => reviewed(name, [hunk(name, 1)])));
  const files = names.map((name) => {
    const merged = `${name} as it would be\n`;
    return { path: inWorkspace(name).fsPath, movedTo: null, outcome: "merged", reason: null, diff: "", merged };
  });
  await say(api, { answer: "belay/review/undo", with: { outcome: "needsMerge", files, message: null } });
  return { api, files, shown: () => mergedEditor(files.map(({ merged }) => merged)) };
}

/** Resolves once the editor of several files is in front, to stay, and has each of these texts on its right side. */
async function mergedEditor(texts: readonly string[]): Promise<void> {
  const isThere = () => {
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === "belay-merge");
    const shown = new Set(open.map((document) => document.getText()));
    const isKept = activeTab?.isPreview === false && mergesTabs().includes(activeTab.label);
    return isKept && texts.every((text) => shown.has(text));
  };
  const either = new vscode.EventEmitter<void>();
  const looking = [
    vscode.window.tabGroups.onDidChangeTabs(() => either.fire()),
    vscode.workspace.onDidOpenTextDocument(() => either.fire()),
    either,
  ];
  await eventOf("the merges to be on show", either.event, isThere).finally(() =>
    looking.forEach((each) => each.dispose()),
  );
}

function mergesTabs(): string[] {
  const labels = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map(({ label }) => label);
  return labels.filter((label) => label.includes("files were changed since"));
}

function mergeTabs(): string[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.scheme === "belay-merge")
    .map(({ label }) => label);
}

test("files that stand in the way are listed with their reasons, and one of them can be looked at", async () => {
  const api = await withReview(reviewed("conflict.txt", [hunk("a", 1)]));
  const path = inWorkspace("conflict.txt").fsPath;
  const file = {
    path,
    movedTo: null,
    outcome: "conflict",
    reason: "Line 2 was changed since.",
    diff: "",
    merged: null,
  };
  await say(api, { answer: "belay/review/undo", with: { outcome: "conflict", files: [file], message: null } });
  const rows = await picking("conflict.txt", async () => {
    await vscode.commands.executeCommand("belay.undoFile", vscode.Uri.file(path));
  });
  assert.deepEqual(rows, ["$(warning) conflict.txt: Line 2 was changed since."]);
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  assert.ok(input instanceof vscode.TabInputTextDiff && input.modified.fsPath === path);
});

test("undoing everything says of how many files, and Escape undoes nothing", async () => {
  const api = await withReview(reviewed("a.txt", [hunk("a", 1)]), reviewed("b.txt", [hunk("b", 1)]));
  await say(api, { answer: "belay/review/undo", with: { outcome: "done", files: [], message: null } });
  const undoAll = async () => void (await vscode.commands.executeCommand("belay.undoAll"));
  const questions = await choosing(undefined, undoAll);
  assert.deepEqual(questions, ["Undo all of Belay's changes in 2 files?"]);
  await choosing("Undo All", undoAll);
  const asked = await expectRequest<{ path?: string }>(api, "belay/review/undo");
  assert.equal(asked.path, undefined);
});

test("clearing checkpoints says how much they take, and asks for which folder", async () => {
  const api = await withReview();
  await say(
    api,
    { answer: "belay/journal/read", with: { bytes: 12_345_678, maxBytes: 1_000_000_000 } },
    { answer: "belay/journal/clear", with: { freedBytes: 12_000_000 } },
  );
  const folder = vscode.workspace.workspaceFolders?.[0];
  const questions = await choosing(`Clear for ${folder?.name}`, async () => {
    await vscode.commands.executeCommand("belay.clearCheckpoints");
  });
  assert.deepEqual(questions, ["Belay's checkpoints take 12 MB of at most 1.0 GB. Clear them?"]);
  assert.deepEqual(await expectRequest(api, "belay/journal/clear"), { cwd: folder?.uri.fsPath });
});

test("when the server ends its changes are not shown any more, and the next one shows them again", async () => {
  const api = await withReview(reviewed("restart.txt", [hunk("a", 1)]));
  const uri = inWorkspace("restart.txt");
  assert.equal((await lensesIn(uri)).length, 3);
  await api.ctx.server.stop();
  assert.deepEqual(await lensesIn(uri), []);
  void api.ctx.server.running();
  await reached(api, "running");
  const again = eventOf("the changes to be listed again", api.ctx.review.list.onDidChange);
  await say(
    api,
    { answer: "belay/review/list", with: { files: [reviewed("restart.txt", [hunk("a", 1)])] } },
    { notify: "belay/review/updated", params: { cwd: inWorkspace("").fsPath } },
  );
  await again;
  assert.equal((await lensesIn(uri)).length, 3);
});
