// The native diff for a file change: the side that is not on disk is worked out, or the file itself is shown.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import { test } from "../support/vscode/suite.ts";
import { belayWith, inWorkspace, say } from "./belay.ts";

const hunks = "@@ -1,2 +1,2 @@\n-old\n+new\n same\n";

function turnWith(path: string, status: string) {
  const change = { path, kind: { type: "update", move_path: null }, diff: hunks };
  const item = { type: "fileChange", id: "change-1", changes: [change], status };
  const ended = { error: null, startedAt: 1, completedAt: 2, durationMs: 1 };
  return { turns: [{ id: "turn-1", items: [item], itemsView: "full", status: "completed", ...ended }] };
}

async function showDiff(name: string, text: string, status: string): Promise<TestApi> {
  const api = await belayWith("puppet");
  const file = inWorkspace(name);
  writeFileSync(file.fsPath, text);
  await say(api, turnWith(file.fsPath, status));
  await api.ctx.diffs.show(await api.ctx.server.running(), {
    threadId: "thread-1",
    itemId: "change-1",
    path: file.fsPath,
  });
  return api;
}

async function sides(): Promise<string[]> {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  assert.ok(input instanceof vscode.TabInputTextDiff, "a diff editor is on show");
  const documents = await Promise.all(
    [input.original, input.modified].map((uri) => vscode.workspace.openTextDocument(uri)),
  );
  return documents.map((document) => document.getText());
}

test("a change that was made is shown against the text before it, moved lines included", async () => {
  await showDiff("applied.txt", "above\nnew\nsame\n", "completed");
  assert.deepEqual(await sides(), ["above\nold\nsame\n", "above\nnew\nsame\n"]);
});

test("a change that waits for approval is shown against the file as it is", async () => {
  await showDiff("proposed.txt", "old\nsame\n", "inProgress");
  assert.deepEqual(await sides(), ["old\nsame\n", "new\nsame\n"]);
});

test("where the file was changed since, the file itself is shown", async () => {
  await showDiff("changed.txt", "something else\n", "completed");
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  assert.ok(input instanceof vscode.TabInputText);
  assert.equal(input.uri.fsPath, inWorkspace("changed.txt").fsPath);
});
