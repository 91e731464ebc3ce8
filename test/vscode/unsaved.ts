// What the agent sees is what is in the editor: the sync of documents by the real language client, to the real server.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { inWorkspace } from "./belay.ts";
import { withRealServer } from "./real-server.ts";

const calls = [
  { name: "read_file", arguments: { path: "src/problem.txt" } },
  { name: "search_files", arguments: { pattern: "typed by a person", glob: "*.txt" } },
];
const scenes = [{ prompt: "look", steps: [{ calls }, { text: "Done." }] }];

/** What the two tools told the model. */
async function look(api: TestApi): Promise<(string | undefined)[]> {
  const told = new Map<string, string | undefined>();
  const both = Promise.withResolvers<void>();
  const subscription = api.ctx.notifications.on("item/completed", ({ item }) => {
    if (item.type !== "dynamicToolCall") return;
    const [part] = item.contentItems ?? [];
    told.set(item.tool, part?.type === "inputText" ? part.text : undefined);
    if (told.size === calls.length) both.resolve();
  });
  try {
    const client = await within(patienceMs, "the server to run", api.ctx.server.running());
    const turn = await api.ctx.turns.startInNewThread(client, "look");
    await within(patienceMs, "both tools", both.promise);
    await within(patienceMs, "the turn to end", turn.ended);
    return calls.map(({ name }) => told.get(name));
  } finally {
    subscription.dispose();
  }
}

test("what a person typed and did not save is read and found; once it is saved nothing is said about it", async () => {
  await withRealServer(scenes, async (api) => {
    const uri = inWorkspace("src/problem.txt");
    const editor = await vscode.window.showTextDocument(uri);
    const original = editor.document.getText();
    await editor.edit((builder) => builder.insert(new vscode.Position(0, 0), "typed by a person\n"));
    try {
      const [unsaved, found] = await look(api);
      assert.match(unsaved ?? "", /^\[unsaved changes of the user included[^\n]*\]\n1\ttyped by a person\n/);
      assert.equal(found, "1 matching lines.\nsrc/problem.txt:1: typed by a person");
      await editor.document.save();
      const [saved, again] = await look(api);
      assert.match(saved ?? "", /^1\ttyped by a person\n/);
      assert.equal(again, found);
    } finally {
      const all = new vscode.Range(0, 0, editor.document.lineCount, 0);
      await editor.edit((builder) => builder.replace(all, original));
      await editor.document.save();
    }
  });
});
