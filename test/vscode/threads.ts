// The tree of threads: what it lists, what its commands do, and that it follows what happens to threads.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { stateWords } from "../../server/protocol/thread-words.ts";
import type { TestApi } from "../../extension/test-api.ts";
import type { Node } from "../../extension/threads/thread-tree.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { choosing, inWorkspace } from "./belay.ts";
import { withRealServer } from "./real-server.ts";

const cwd = () => inWorkspace("").fsPath.replace(/\/$/, "");
const scenes = [
  { prompt: "paint the shed", steps: [{ text: "The shed is vermilion now." }] },
  { prompt: "mow the lawn", steps: [{ text: "Mown." }] },
  { prompt: "ask me", steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "touch asked" } }] }] },
];

function labelOf({ ctx: { threads } }: TestApi, node: Node): string {
  const { label } = threads.tree.getTreeItem(node);
  assert.equal(typeof label, "string");
  return label as string;
}

/** The rows on show: titles below the name of their group. */
function rows(api: TestApi): Record<string, string[]> {
  const { tree } = api.ctx.threads;
  const titles = (node: Node) => tree.getChildren(node).map((row) => labelOf(api, row));
  return Object.fromEntries(tree.getChildren().map((root) => [labelOf(api, root), titles(root)]));
}

async function until(api: TestApi, what: string, isSo: () => boolean): Promise<void> {
  if (isSo()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = api.ctx.threads.list.onDidChange(() => isSo() && resolve());
  try {
    await within(patienceMs, what, promise);
  } catch (error) {
    throw new Error(`There is: ${JSON.stringify(rows(api))}`, { cause: error });
  } finally {
    subscription.dispose();
  }
}

async function start(api: TestApi, text: string, params: { approvalPolicy?: "untrusted" } = {}): Promise<string> {
  const client = await api.ctx.server.running();
  const { thread } = await client.request("thread/start", { cwd: cwd(), ...params });
  const ended = new Promise<void>((resolve) => {
    const subscription = api.ctx.notifications.on("turn/completed", ({ threadId }) => {
      if (threadId !== thread.id) return;
      subscription.dispose();
      resolve();
    });
  });
  await client.request("turn/start", { threadId: thread.id, input: [{ type: "text", text }] });
  if (params.approvalPolicy === undefined) await within(patienceMs, `the turn “${text}” to end`, ended);
  return thread.id;
}

/** With the tree in sight, and no threads but those that are started in `body`. */
async function withTree(body: (api: TestApi) => Promise<void>): Promise<void> {
  await withRealServer(scenes, async (api) => {
    const client = await api.ctx.server.running();
    for (const archived of [false, true]) {
      const { data } = await client.request("thread/list", { limit: 100, archived });
      for (const { id } of data) await client.request("thread/delete", { threadId: id });
    }
    await vscode.commands.executeCommand("belay.threads.focus");
    await until(api, "the tree to be read", () => api.ctx.threads.list.reading.kind === "read");
    await api.ctx.threads.list.refresh();
    await body(api);
  });
}

test("the tree lists the threads of the workspace by time, with what is said of each to a screen reader", async () => {
  await withTree(async (api) => {
    assert.deepEqual(rows(api), {});
    const id = await start(api, "paint the shed");
    await start(api, "mow the lawn");
    await until(api, "both threads", () => rows(api)["Today"]?.length === 2);
    assert.deepEqual(rows(api), { Today: ["mow the lawn", "paint the shed"] });
    const { tree } = api.ctx.threads;
    const row = tree.rowOf(id);
    assert.ok(row);
    const item = tree.resolveTreeItem(tree.getTreeItem(row), row);
    assert.equal(item.accessibilityInformation?.label, `paint the shed, ${stateWords.finished}, now`);
    assert.ok(item.tooltip instanceof vscode.MarkdownString);
    assert.match(item.tooltip.value, /\*\*paint.*the.*shed\*\*/);
  });
});

test("a thread can be renamed, pinned, archived and brought back, forked and deleted, from its row", async () => {
  await withTree(async (api) => {
    const id = await start(api, "paint the shed");
    await until(api, "the thread", () => rows(api)["Today"]?.length === 1);
    const run = (command: string) => vscode.commands.executeCommand(command, api.ctx.threads.tree.rowOf(id));
    const { showInputBox, showInformationMessage } = vscode.window;
    try {
      Object.assign(vscode.window, { showInputBox: async () => "  The shed " });
      await run("belay.renameThread");
    } finally {
      Object.assign(vscode.window, { showInputBox });
    }
    await until(api, "the new name", () => rows(api)["Today"]?.[0] === "The shed");
    await run("belay.pinThread");
    await until(api, "the pinned group", () => rows(api)["Pinned"]?.[0] === "The shed");
    assert.deepEqual(rows(api), { Pinned: ["The shed"] });
    await run("belay.unpinThread");
    await until(api, "the thread among the others", () => rows(api)["Today"]?.length === 1);

    const offered = Promise.withResolvers<string>();
    const undo = Promise.withResolvers<string | undefined>();
    try {
      Object.assign(vscode.window, {
        showInformationMessage: (sentence: string) => {
          offered.resolve(sentence);
          return undo.promise;
        },
      });
      await run("belay.archiveThread");
      assert.equal(await offered.promise, "Archived “The shed”.");
      await until(api, "the archive", () => rows(api)["Archived"]?.length === 1);
      assert.deepEqual(rows(api), { Archived: ["The shed"] });
      undo.resolve("Undo");
      await until(api, "the thread to be back", () => rows(api)["Today"]?.length === 1);
    } finally {
      Object.assign(vscode.window, { showInformationMessage });
    }

    await run("belay.forkThread");
    await until(api, "the fork", () => rows(api)["Today"]?.length === 2);
    const questions = await choosing(undefined, async () => void (await run("belay.deleteThread")));
    assert.deepEqual(questions, ["Delete the thread “The shed”?"]);
    await choosing("Delete", async () => void (await run("belay.deleteThread")));
    await until(api, "the thread to be gone", () => api.ctx.threads.tree.rowOf(id) === null);
    assert.equal(rows(api)["Today"]?.length, 1);
  });
});

test("a thread is exported as Markdown where the person wants it", async () => {
  await withTree(async (api) => {
    const id = await start(api, "paint the shed");
    const target = inWorkspace("shed.md");
    const { showSaveDialog } = vscode.window;
    const offered: (vscode.SaveDialogOptions | undefined)[] = [];
    try {
      Object.assign(vscode.window, {
        showSaveDialog: async (options?: vscode.SaveDialogOptions) => {
          offered.push(options);
          return target;
        },
      });
      await vscode.commands.executeCommand("belay.exportThread", id);
    } finally {
      Object.assign(vscode.window, { showSaveDialog });
    }
    assert.match(offered[0]?.defaultUri?.path ?? "", /\/paint-the-shed\.md$/);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(target));
    assert.match(text, /^# paint the shed\n/);
    assert.match(text, /The shed is vermilion now\./);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await vscode.workspace.fs.delete(target);
  });
});

test("while a turn waits for an approval its row says so, and no longer once it is over", async () => {
  await withTree(async (api) => {
    const { list, tree } = api.ctx.threads;
    const id = await start(api, "ask me", { approvalPolicy: "untrusted" });
    const state = () => {
      const row = tree.rowOf(id);
      return row === null ? null : list.stateOf(row.thread);
    };
    await until(api, "the thread to wait", () => state() === "waitsForApproval");
    assert.equal(list.waitingElsewhere, 1);
    const row = tree.rowOf(id);
    assert.ok(row);
    assert.equal(tree.getTreeItem(row).contextValue, "thread active");
    const questions = await choosing(undefined, async () => {
      await vscode.commands.executeCommand("belay.archiveThread", row);
    });
    assert.deepEqual(questions, ["Archive the thread “ask me” while it runs?"]);
    const client = await api.ctx.server.running();
    const { turnId } = api.ctx.turns.current ?? assert.fail("a turn runs");
    await client.request("turn/interrupt", { threadId: id, turnId });
    await until(api, "the turn to be over", () => state() === "finished");
    assert.equal(list.waitingElsewhere, 0);
    list.shown(id);
    assert.equal(state(), "calm");
    list.shown(null);
  });
});

test("keys act on the selected row while VS Code reads the rows anew, and a row it cannot name is not taken for another", async () => {
  await withTree(async (api) => {
    const { threads } = api.ctx;
    const client = await api.ctx.server.running();
    const id = await start(api, "paint the shed");
    await until(api, "the thread", () => threads.tree.rowOf(id) !== null);
    const selected = Promise.withResolvers<void>();
    const subscription = threads.view.onDidChangeSelection(() => threads.selected.length === 1 && selected.resolve());
    const row = threads.tree.rowOf(id);
    assert.ok(row);
    await threads.view.reveal(row, { select: true, focus: true });
    if (threads.selected.length === 0) await within(patienceMs, "the row to be selected", selected.promise);
    subscription.dispose();

    await client.request("thread/name/set", { threadId: id, name: "The shed" });
    await until(api, "the new name", () => rows(api)["Today"]?.[0] === "The shed");
    await vscode.commands.executeCommand("belay.copyThreadId", "selection");
    assert.equal(await vscode.env.clipboard.readText(), id);

    await vscode.env.clipboard.writeText("");
    // What VS Code makes of a row that it has let go of.
    await vscode.commands.executeCommand("belay.copyThreadId", undefined, undefined);
    assert.equal(await vscode.env.clipboard.readText(), "");
  });
});

test("threads of other folders are listed on demand, with their folder", async () => {
  await withTree(async (api) => {
    const client = await api.ctx.server.running();
    await start(api, "paint the shed");
    const { thread } = await client.request("thread/start", { cwd: inWorkspace("src").fsPath });
    await client.request("turn/start", { threadId: thread.id, input: [{ type: "text", text: "mow the lawn" }] });
    await vscode.commands.executeCommand("belay.showAllThreads");
    await until(api, "both", () => rows(api)["Today"]?.length === 2);
    const { tree } = api.ctx.threads;
    const row = tree.rowOf(thread.id);
    assert.ok(row);
    assert.match(String(tree.getTreeItem(row).description), / · src$/);
    await vscode.commands.executeCommand("belay.showWorkspaceThreads");
    await until(api, "one", () => rows(api)["Today"]?.length === 1);
  });
});

test("a search finds what was said, and Enter shows the thread at it", async () => {
  await withTree(async (api) => {
    const id = await start(api, "paint the shed");
    await start(api, "mow the lawn");
    const found = Promise.withResolvers<readonly vscode.QuickPickItem[]>();
    const told = Promise.withResolvers<unknown>();
    const { panel } = api.ctx;
    const [tell, { createQuickPick }] = [panel.tell.bind(panel), vscode.window];
    // Once one is active, which Enter takes.
    const watched = () => {
      const pick = createQuickPick.call(vscode.window);
      pick.onDidChangeActive((active) => active.length > 0 && found.resolve(pick.items));
      return pick;
    };
    try {
      Object.assign(vscode.window, { createQuickPick: watched });
      Object.assign(panel, { tell: (_method: string, params: unknown) => told.resolve(params) });
      const closed = vscode.commands.executeCommand("belay.searchThreads", "vermilion");
      const items = await within(patienceMs, "the thread to be found", found.promise);
      assert.deepEqual(
        items.map(({ label, detail }) => [label, detail]),
        [["paint the shed", "The shed is vermilion now."]],
      );
      await vscode.commands.executeCommand("quickInput.accept");
      const shown = await within(patienceMs, "the panel to be told", told.promise);
      assert.match(JSON.stringify(shown), new RegExp(`\\{"threadId":"${id}","turnId":"`));
      await within(patienceMs, "the search to close", Promise.resolve(closed));
    } finally {
      Object.assign(vscode.window, { createQuickPick });
      Object.assign(panel, { tell });
    }
  });
});
