// The folders of a client's window: what a thread gets of them, and what no list of folders can give it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { makeDirectories, type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";
import { skip } from "../sandbox/real-sandbox.ts";

const initialize = { experimentalApi: true };
type Api = Awaited<ReturnType<typeof responsesApi>>;

/** Directories of a server, and folders with a repository each beside its workspace. */
function places(options: ServerOptions, ...names: string[]) {
  const like = makeDirectories(options);
  const base = like.base ?? assert.fail();
  for (const name of names) mkdirSync(join(base, name, ".git"), { recursive: true });
  return {
    like,
    base,
    path: (...parts: string[]) => join(base, ...parts),
    [Symbol.dispose]: () => rmSync(base, { recursive: true }),
  };
}

const command = (cmd: string, more: object = {}) => ({
  calls: [{ name: "exec_command", arguments: { cmd, ...more } }],
});
const patch = (...lines: string[]) => ({
  calls: [{ name: "apply_patch", input: ["*** Begin Patch", ...lines, "*** End Patch"] }],
});
const add = (path: string) => patch(`*** Add File: ${path}`, "+new");
const done = { text: "ok" };

async function turn(server: TestServer, threadId: string, text: string, more: object = {}): Promise<string> {
  const { turn: started } = await server.request("turn/start", {
    threadId,
    input: [{ type: "text", text }],
    ...more,
  });
  await server.expectNotification("turn/completed", ({ turn: ended }) => ended.id === started.id);
  return started.id;
}

const lastOutput = (api: Api) => toolOutputs(api.requests.at(-1)).at(-1) ?? "";

test("a thread has the folders of the window that its own is one of, at every turn those of then", async () => {
  await using api = await responsesApi([{ steps: [done] }]);
  using at = places({ api }, "second", "third");
  await using server = await testServer({ initialize, like: at.like });
  const own = server.workspace;
  const [second, third] = [at.path("second"), at.path("third")];
  const { thread, runtimeWorkspaceRoots } = await server.request("thread/start", { cwd: own, windowFolders: [own] });
  assert.deepEqual(runtimeWorkspaceRoots, [own]);
  const rootsWith = async (windowFolders: string[]) => {
    await turn(server, thread.id, "go", { windowFolders });
    const read = await server.request("thread/read", { threadId: thread.id });
    return read.thread.environments?.[0]?.runtimeWorkspaceRoots;
  };
  assert.deepEqual(await rootsWith([own, second]), [own, second]);
  assert.deepEqual(await rootsWith([own, second, third]), [own, second, third]);
  assert.deepEqual(await rootsWith([third, own]), [own, third]);
  assert.ok(toldText(api.requests.at(-1) ?? assert.fail()).includes(`- ${third}`));
  assert.deepEqual(await rootsWith([own]), [own]);
});

test("a thread from elsewhere gets nothing of a window, and keeps of its folders what the window has", async () => {
  await using api = await responsesApi([{ steps: [done] }]);
  using at = places({ api }, "second", "third");
  await using server = await testServer({ initialize, like: at.like });
  const [second, third] = [at.path("second"), at.path("third")];
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: [second, third] });
  await turn(server, thread.id, "go");
  const resumed = await server.request("thread/resume", { threadId: thread.id, windowFolders: [third, at.base] });
  assert.deepEqual(resumed.runtimeWorkspaceRoots, [server.workspace, third]);
});

test("a folder given twice, or with another spelling, is one", async () => {
  await using server = await testServer({ initialize });
  const { workspace } = server;
  const roots = [workspace, `${workspace}/`, `${workspace}/a/..`, "/x", "/x/"];
  const started = await server.request("thread/start", { runtimeWorkspaceRoots: roots });
  assert.deepEqual(started.runtimeWorkspaceRoots, [workspace, "/x"]);
});

test("a thread that has the root of the disk as a folder may write no more for it, by patches and by commands", {
  skip,
}, async () => {
  await using api = await responsesApi([
    { prompt: "patch", steps: [add("../outside.txt"), done] },
    { prompt: "command", steps: [command("touch ../outside.txt"), done] },
  ]);
  using at = places({ api, approvalPolicy: "never", sandboxMode: "workspace-write" });
  await using server = await testServer({ initialize, like: at.like });
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: ["/"] });
  await turn(server, thread.id, "patch");
  assert.match(lastOutput(api), /outside the workspace/);
  await turn(server, thread.id, "command");
  assert.match(lastOutput(api), /root directory cannot be a writable root/);
  assert.ok(!existsSync(at.path("outside.txt")));
});

test("a folder that is not there gives nothing, also when a command makes it", { skip }, async () => {
  await using api = await responsesApi([
    { prompt: "make", steps: [command("mkdir ../later && touch ../later/a || echo refused"), done] },
    { prompt: "link", steps: [command("ln -s ../elsewhere inner && echo linked"), done] },
    { prompt: "through", steps: [command("touch inner/a || echo refused"), done] },
  ]);
  using at = places({ api, approvalPolicy: "never", sandboxMode: "workspace-write" }, "elsewhere");
  await using server = await testServer({ initialize, like: at.like });
  const roots = [at.path("later"), join(server.workspace, "inner")];
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: roots });
  await turn(server, thread.id, "make");
  assert.match(lastOutput(api), /refused/);
  await turn(server, thread.id, "link");
  assert.match(lastOutput(api), /linked/);
  await turn(server, thread.id, "through");
  assert.match(lastOutput(api), /nobody allowed to be written/);
  assert.ok(!existsSync(at.path("elsewhere", "a")));
});

test("a folder in another, and one that is a link, are written, watched and undone once", { skip }, async () => {
  await using api = await responsesApi([
    {
      steps: [
        command("echo after > inner/a.txt; echo after > ../alias/b.txt; echo x > inner/.git/config || echo no"),
        done,
      ],
    },
  ]);
  using at = places({ api, sandboxMode: "workspace-write" }, "second");
  symlinkSync(at.path("second"), at.path("alias"));
  writeFileSync(at.path("second", "b.txt"), "before\n");
  await using server = await testServer({ initialize, like: at.like });
  const inner = join(server.workspace, "inner");
  mkdirSync(join(inner, ".git"), { recursive: true });
  writeFileSync(join(inner, "a.txt"), "before\n");
  const roots = [inner, at.path("alias"), at.path("second")];
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: roots });
  const turnId = await turn(server, thread.id, "go");
  assert.match(lastOutput(api), /no/);
  const { files } = await server.request("belay/review/list", { windowFolders: roots });
  assert.deepEqual(
    new Map(files.map(({ path, warning }) => [path, warning])),
    new Map([at.path("second", "b.txt"), join(inner, "a.txt")].map((path) => [realpathSync(path), null])),
  );
  assert.equal(files.length, 2);
  const undone = await server.request("belay/files/restore", {
    threadId: thread.id,
    turnIds: [turnId],
    direction: "undo",
  });
  assert.equal(undone.outcome, "done");
  assert.deepEqual(
    [readFileSync(join(inner, "a.txt"), "utf8"), readFileSync(at.path("second", "b.txt"), "utf8")],
    ["before\n", "before\n"],
  );
});

test("what is protected in one folder is not opened by having a place in it as another", { skip }, async () => {
  await using api = await responsesApi([
    { prompt: "patch", steps: [add(".vscode/tasks.json"), done] },
    { prompt: "command", steps: [command("touch .vscode/tasks.json || echo refused"), done] },
  ]);
  using at = places({ api, approvalPolicy: "never", sandboxMode: "workspace-write" });
  await using server = await testServer({ initialize, like: at.like });
  const inside = join(server.workspace, ".vscode");
  mkdirSync(inside);
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: [inside] });
  await turn(server, thread.id, "patch");
  assert.match(lastOutput(api), /change what programs run/);
  await turn(server, thread.id, "command");
  assert.match(lastOutput(api), /refused/);
  assert.ok(!existsSync(join(inside, "tasks.json")));
});

test("what git keeps of a repository is not written for being a folder of the thread", { skip }, async () => {
  await using api = await responsesApi([
    { prompt: "patch", steps: [add("../second/.git/hooks/pre-commit"), done] },
    { prompt: "command", steps: [command("touch ../second/.git/hooks/pre-commit"), done] },
  ]);
  using at = places({ api, approvalPolicy: "never", sandboxMode: "workspace-write" }, "second");
  await using server = await testServer({ initialize, like: at.like });
  const { thread } = await server.request("thread/start", { runtimeWorkspaceRoots: [at.path("second", ".git")] });
  await turn(server, thread.id, "patch");
  assert.match(lastOutput(api), /change what programs run/);
  await turn(server, thread.id, "command");
  assert.match(lastOutput(api), /lies in a \.git/);
  assert.ok(!existsSync(at.path("second", ".git", "hooks")));
});

test("a command in the background keeps the rights that it began with", { skip }, async () => {
  const waits =
    "while [ ! -e go ]; do read -t 0.05 < <(:); sleep 0.05; done; touch ../second/a || echo refused; touch told";
  await using api = await responsesApi([
    { prompt: "wait", steps: [command(waits, { yield_time_ms: 250 }), done] },
    { prompt: "next", steps: [command("touch ../second/b go && echo both"), done] },
  ]);
  using at = places({ api, approvalPolicy: "never", sandboxMode: "workspace-write" }, "second");
  await using server = await testServer({ initialize, like: at.like });
  const own = server.workspace;
  const { thread } = await server.request("thread/start", { windowFolders: [own] });
  await turn(server, thread.id, "wait");
  const ended = server.expectNotification(
    "item/completed",
    ({ item }) => item.type === "commandExecution" && item.aggregatedOutput?.includes("refused") === true,
  );
  await turn(server, thread.id, "next", { windowFolders: [own, at.path("second")] });
  assert.match(lastOutput(api), /both/);
  await ended;
  assert.deepEqual(
    ["a", "b"].map((name) => existsSync(at.path("second", name))),
    [false, true],
  );
});

test("what is only proposed in another folder is on no disk until it is kept, and what is dangerous there says so", async () => {
  await using api = await responsesApi([
    { prompt: "file", steps: [add("../second/a.txt"), done] },
    { prompt: "hook", steps: [add("../second/.vscode/tasks.json"), done] },
  ]);
  using at = places({ api }, "second");
  await using server = await testServer({ initialize, like: at.like });
  const windowFolders = [server.workspace, at.path("second")];
  const { thread } = await server.request("thread/start", { windowFolders, edits: "propose" });
  await turn(server, thread.id, "file");
  await turn(server, thread.id, "hook");
  const file = at.path("second", "a.txt");
  const tasks = at.path("second", ".vscode", "tasks.json");
  assert.deepEqual([existsSync(file), existsSync(tasks)], [false, false]);
  const { files } = await server.request("belay/review/list", { windowFolders });
  assert.deepEqual(
    files.map(({ path, warning }) => [path, warning]),
    [
      [realpathSync(at.path("second")) + "/.vscode/tasks.json", "It can change what programs run."],
      [realpathSync(at.path("second")) + "/a.txt", null],
    ],
  );
  const kept = await server.request("belay/review/keep", { windowFolders });
  assert.deepEqual([kept.outcome, existsSync(file), existsSync(tasks)], ["done", true, false]);
  assert.match(kept.message ?? "", /tasks\.json is left as proposed/);
});

test("two threads of two folders change one file: each is undone without what the other did, or not at all", async () => {
  const lines = Array.from({ length: 12 }, (_, at) => `line ${at}`);
  const change = (path: string, from: string, to: string) =>
    patch(`*** Update File: ${path}`, "@@", `-${from}`, `+${to}`);
  await using api = await responsesApi([
    { prompt: "early", steps: [change("../second/a.txt", "line 2", "EARLY"), done] },
    { prompt: "late", steps: [change("a.txt", "line 9", "LATE"), done] },
    { prompt: "over", steps: [change("a.txt", "EARLY", "OVER"), done] },
  ]);
  using at = places({ api }, "second");
  const second = at.path("second");
  const file = join(second, "a.txt");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await using server = await testServer({ initialize, like: at.like });
  const windowFolders = [server.workspace, second];
  const one = await server.request("thread/start", { cwd: server.workspace, windowFolders });
  const other = await server.request("thread/start", { cwd: second, windowFolders });
  const early = await turn(server, one.thread.id, "early");
  const late = await turn(server, other.thread.id, "late");
  const has = (...words: string[]) => words.map((word) => readFileSync(file, "utf8").includes(word));
  const restore = (threadId: string, turnId: string, direction: "undo" | "redo", acceptMerges: boolean) =>
    server.request("belay/files/restore", { threadId, turnIds: [turnId], direction, acceptMerges });
  assert.equal((await restore(one.thread.id, early, "undo", false)).outcome, "needsMerge");
  assert.deepEqual(has("EARLY", "LATE"), [true, true]);
  assert.equal((await restore(one.thread.id, early, "undo", true)).outcome, "done");
  assert.deepEqual(has("EARLY", "line 2", "LATE"), [false, true, true]);
  assert.equal((await restore(one.thread.id, early, "redo", true)).outcome, "done");
  await turn(server, other.thread.id, "over");
  assert.equal((await restore(one.thread.id, early, "undo", true)).outcome, "conflict");
  assert.deepEqual(has("OVER", "LATE"), [true, true]);
  assert.equal((await restore(other.thread.id, late, "undo", true)).outcome, "done");
  assert.deepEqual(has("OVER", "line 9", "LATE"), [true, true, false]);
});

test("who gives a thread their home as a folder is told what that means, however it is spelled", async () => {
  using at = places({});
  const home = at.path("home");
  mkdirSync(join(home, "project"), { recursive: true });
  symlinkSync(home, at.path("alias"));
  await using server = await testServer({ initialize, like: at.like, env: { HOME: home } });
  const told = () => server.expectNotification("warning", ({ message }) => message.includes("that is your home"));
  const { thread } = await server.request("thread/start", {
    windowFolders: [server.workspace],
    sandbox: "workspace-write",
  });
  const added = told();
  await server.request("thread/settings/update", {
    threadId: thread.id,
    windowFolders: [server.workspace, at.path("alias")],
  });
  await added;
  await server.request("thread/start", { cwd: home, sandbox: "workspace-write" });
  await told();
});
