// A window of several folders: threads in each, changes across them, and folders that come and go.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { answerPanel } from "../../extension/panel/panel-requests.ts";
import type { TestApi } from "../../extension/test-api.ts";
import type { ResultOf } from "../../server/protocol/rows.ts";
import type { clientRequests } from "../../server/protocol/methods.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { choosing, eventOf } from "./belay.ts";
import { withRealServer } from "./real-server.ts";
import { before, changed, clickLens, listed, onDisk, patchScene, turn, twoHunks } from "./review-steps.ts";

export { runSuite as run } from "../support/vscode/suite.ts";

const folders = () => (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
const first = () => folders()[0] ?? assert.fail("the tests need a window of two folders");
const second = () => folders()[1] ?? assert.fail("the tests need a window of two folders");
/** In the window only while a test has it there. */
const third = () => join(dirname(first()), "third");

/** A file of twelve lines. */
function fresh(folder: string, name: string): vscode.Uri {
  const file = join(folder, name);
  writeFileSync(file, before);
  return vscode.Uri.file(file);
}

/** With this folder's file in front, which is where commands start a thread. */
async function lookingAt(folder: string): Promise<void> {
  await vscode.window.showTextDocument(fresh(folder, "in-front.txt"));
}

const asPanel = async <M extends "thread/start" | "thread/resume" | "turn/start">(
  api: TestApi,
  method: M,
  params: object,
) =>
  (await within(patienceMs, method, answerPanel(api.ctx, method, params, new AbortController().signal))) as ResultOf<
    typeof clientRequests,
    M
  >;

/** Says this in a thread, through the relay as the panel does. Resolves with what the turn came to. */
async function prompt(api: TestApi, threadId: string, text: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listening = api.ctx.notifications.on("turn/completed", (ended) => {
    if (ended.threadId === threadId) resolve();
  });
  try {
    await asPanel(api, "turn/start", { threadId, input: [{ type: "text", text }] });
    await within(patienceMs, `the turn “${text}” to end`, promise);
  } finally {
    listening.dispose();
  }
}

/** Changes which folders the window has, behind the first one, whose change would end the extension host. */
async function setMore(api: TestApi, ...more: { uri: vscode.Uri; name?: string }[]): Promise<void> {
  const told = eventOf("the window to have other folders", vscode.workspace.onDidChangeWorkspaceFolders);
  assert.ok(vscode.workspace.updateWorkspaceFolders(1, folders().length - 1, ...more));
  await told;
  await api.ctx.server.running();
}

test("a thread of one folder changes a file of another, which the editor shows, keeps and undoes like its own", async () => {
  const uri = fresh(second(), "across.txt");
  const prompt = `change ${uri.fsPath}`;
  await withRealServer([{ ...twoHunks(uri.fsPath), prompt }], async (api) => {
    await lookingAt(first());
    await turn(api, prompt, uri);
    const found = api.ctx.review.list.all.filter(({ path }) => path === uri.fsPath);
    assert.deepEqual(
      found.map(({ parts, hunks }) => [parts[0].cwd, hunks.length]),
      [[first(), 2]],
    );
    const { document } = await vscode.window.showTextDocument(uri);
    assert.equal(document.getText(), changed);
    await clickLens(uri, 2, "Keep");
    await clickLens(uri, 9, "Undo");
    const expected = before.replace("line 2\n", "LINE 2\n");
    assert.deepEqual([onDisk(uri), document.isDirty], [expected, false]);
    await listed(api, uri, (file) => file === undefined);
  });
});

test(
  "a file that threads of both folders changed stands once in review, and is kept and undone for both",
  async () => {
    const uri = fresh(second(), "shared.txt");
    const change = (prompt: string, ...lines: string[]) =>
      patchScene(prompt, `*** Update File: ${uri.fsPath}`, ...lines);
    const scenes = [
      change("change the top", "@@", " line 0", "-line 1", "+LINE 1", "+one more", " line 2"),
      change("change the end", "@@", " line 8", "-line 9", "+LINE 9", " line 10"),
      change("rewrite the top", "@@", " line 0", "-line 1", "+Line 1", " line 2"),
      change("rewrite the end", "@@", " line 8", "-line 9", "+Line 9", " line 10"),
    ];
    const rows = (api: TestApi) => api.ctx.review.list.all.filter(({ path }) => path === uri.fsPath);
    await withRealServer(scenes, async (api) => {
      const both = async (top: string, end: string) => {
        await lookingAt(first());
        await turn(api, top, uri);
        await lookingAt(second());
        await turn(api, end, uri);
        await listed(api, uri, (file) => file?.hunks.length === 2);
      };
      await both("change the top", "change the end");
      assert.deepEqual(
        rows(api).map(({ parts, hunks }) => [parts.length, hunks.map(({ baseline }) => baseline.start)]),
        [[2, [1, 9]]],
      );
      const baseline = uri.with({ scheme: "belay-review", query: "baseline" });
      assert.equal((await vscode.workspace.openTextDocument(baseline)).getText(), before);
      await vscode.commands.executeCommand("belay.undoFile", uri);
      assert.equal(onDisk(uri), before);
      await listed(api, uri, (file) => file === undefined);
      await both("rewrite the top", "rewrite the end");
      await vscode.window.showTextDocument(uri);
      await clickLens(uri, 9, "Undo");
      assert.equal(onDisk(uri), before.replace("line 1\n", "Line 1\n"));
      await vscode.commands.executeCommand("belay.keepFile", uri);
      await listed(api, uri, (file) => file === undefined);
    });
  },
  { timeoutMs: 60_000 },
);

test("what a command changes in the other folder waits for review too, and is undone with its turn", async () => {
  const uri = fresh(second(), "by-command.txt");
  const cmd = `sed -i 's/line 2$/LINE 2/' ${uri.fsPath}`;
  const scene = {
    prompt: "run sed",
    steps: [{ calls: [{ name: "exec_command", arguments: { cmd } }] }, { text: "Done." }],
  };
  await withRealServer([scene], async (api) => {
    await lookingAt(first());
    const ids = await turn(api, "run sed", uri);
    assert.match(onDisk(uri), /LINE 2/);
    await vscode.commands.executeCommand("belay.undoTurn", ids);
    assert.equal(onDisk(uri), before);
  });
});

test("what is undone all at once is told with the folder that each file is in", async () => {
  const uri = fresh(second(), "named.txt");
  const prompt = `change ${uri.fsPath}`;
  await withRealServer([{ ...twoHunks(uri.fsPath), prompt }], async (api) => {
    await lookingAt(first());
    await turn(api, prompt, uri);
    const { showWarningMessage } = vscode.window;
    let detail: string | undefined;
    try {
      Object.assign(vscode.window, {
        showWarningMessage: async (_: string, options: vscode.MessageOptions, yes: string) => {
          detail = options.detail;
          return yes;
        },
      });
      await vscode.commands.executeCommand("belay.undoAll");
    } finally {
      Object.assign(vscode.window, { showWarningMessage });
    }
    assert.match(detail ?? "", /Web\/named\.txt/);
    assert.equal(onDisk(uri), before);
  });
});

test("a problem is fixed in the folder of its file, and the list has the threads of both, each with its folder", async () => {
  const scenes = ["mend the first", "mend the second"].map((words) => ({
    prompt: words,
    steps: [{ text: "Mended." }],
  }));
  await withRealServer(scenes, async (api) => {
    const { threads, notifications } = api.ctx;
    await vscode.commands.executeCommand("belay.threads.focus");
    for (const [folder, words] of [
      [first(), "mend the first"],
      [second(), "mend the second"],
    ] as const) {
      await lookingAt(folder);
      const ended = Promise.withResolvers<string>();
      const listening = notifications.on("turn/completed", ({ threadId }) => ended.resolve(threadId));
      await vscode.commands.executeCommand("belay.fix", { prompt: words });
      const threadId = await within(patienceMs, "the fix", ended.promise).finally(() => listening.dispose());
      const { thread } = await (await api.ctx.server.running()).request("thread/read", { threadId });
      assert.deepEqual([thread.cwd, thread.environments?.[0]?.runtimeWorkspaceRoots.length], [folder, 2]);
    }
    await threads.list.refresh();
    const { reading } = threads.list;
    assert.ok(reading.kind === "read");
    const rows = reading.lists.recent.threads.map(({ id }) => threads.tree.rowOf(id) ?? assert.fail());
    const shown = rows.map((row) => threads.tree.getTreeItem(row));
    const folderOf = (title: string) => String(shown.find(({ label }) => label === title)?.description);
    assert.match(folderOf("mend the first"), /· first$/);
    assert.match(folderOf("mend the second"), /· Web$/);
  });
});

test("of two threads at work one waits for its person while the other comes to its end", async () => {
  const call = { name: "exec_command", arguments: { cmd: "touch asked" } };
  const scenes = [
    { prompt: "ask me", steps: [{ calls: [call] }, { text: "Asked." }] },
    {
      prompt: "go on",
      steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "pwd > where" } }] }, { text: "Gone." }],
    },
  ];
  await withRealServer(scenes, async (api) => {
    const asking = await asPanel(api, "thread/start", { cwd: first(), approvalPolicy: "untrusted" });
    const going = await asPanel(api, "thread/start", { cwd: second() });
    const waits = Promise.withResolvers<void>();
    const listening = api.ctx.notifications.on("thread/status/changed", ({ threadId, status }) => {
      const isIt = threadId === asking.thread.id && status.type === "active" && status.activeFlags.length > 0;
      if (isIt) waits.resolve();
    });
    const { turn: waiting } = await asPanel(api, "turn/start", {
      threadId: asking.thread.id,
      input: [{ type: "text", text: "ask me" }],
    });
    await within(patienceMs, "the question", waits.promise).finally(() => listening.dispose());
    await prompt(api, going.thread.id, "go on");
    assert.equal(readFileSync(join(second(), "where"), "utf8").trim(), second());
    assert.deepEqual([api.approvals.waiting, api.ctx.turns.runningCount], [1, 1]);
    const client = await api.ctx.server.running();
    await client.request("turn/interrupt", { threadId: asking.thread.id, turnId: waiting.id });
    assert.ok(!existsSync(join(first(), "asked")));
  });
});

test("a folder that joins the window may be changed with the next turn, and one that leaves it no more", async () => {
  const add = (name: string) => patchScene(`add ${name}`, `*** Add File: ${join(third(), name)}`, "+new");
  await withRealServer(["early.txt", "joined.txt", "late.txt"].map(add), async (api) => {
    const { thread } = await asPanel(api, "thread/start", { cwd: first(), sandbox: "workspace-write" });
    const has = async (name: string) => {
      await prompt(api, thread.id, `add ${name}`);
      return existsSync(join(third(), name));
    };
    assert.equal(await has("early.txt"), false);
    const web = { uri: vscode.Uri.file(second()), name: "Web" };
    await setMore(api, web, { uri: vscode.Uri.file(third()) });
    assert.equal(await has("joined.txt"), true);
    const file = await listed(api, vscode.Uri.file(join(third(), "joined.txt")), (found) => found !== undefined);
    assert.equal(file?.kind, "add");
    await setMore(api, web);
    assert.equal(await has("late.txt"), false);
  });
});

test("what waits in the queue of a thread begins in the folders that the window has by then", async () => {
  await withRealServer([], async (api) => {
    const { thread } = await asPanel(api, "thread/start", { cwd: first() });
    const more: string[] = [];
    const changed = Promise.withResolvers<void>();
    const listening = api.ctx.notifications.on("thread/settings/updated", ({ threadId, threadSettings }) => {
      if (threadId !== thread.id) return;
      more.push(...(threadSettings.environments?.[0]?.runtimeWorkspaceRoots ?? []));
      changed.resolve();
    });
    const web = { uri: vscode.Uri.file(second()), name: "Web" };
    await setMore(api, web, { uri: vscode.Uri.file(third()) });
    await within(patienceMs, "the thread to hear of it", changed.promise).finally(() => listening.dispose());
    assert.deepEqual(more, folders());
    await setMore(api, web);
  });
});

test("a thread is taken up with the folders that the window has by then", async () => {
  await withRealServer([{ prompt: "hello", steps: [{ text: "Hello." }] }], async (api) => {
    const client = await api.ctx.server.running();
    const { thread } = await client.request("thread/start", { cwd: first() });
    await client.request("turn/start", { threadId: thread.id, input: [{ type: "text", text: "hello" }] });
    const resumed = await asPanel(api, "thread/resume", { threadId: thread.id });
    assert.deepEqual(resumed.runtimeWorkspaceRoots, folders());
  });
});

test("checkpoints are cleared for the folders of the window together", async () => {
  const uri = fresh(second(), "cleared.txt");
  await withRealServer([{ ...twoHunks("cleared.txt") }], async (api) => {
    await lookingAt(second());
    await turn(api, "change cleared.txt", uri);
    await choosing("Clear for the 2 Open Folders", async () => {
      await vscode.commands.executeCommand("belay.clearCheckpoints");
    });
    assert.equal(onDisk(uri), changed);
    await listed(api, uri, (file) => file === undefined);
  });
});
