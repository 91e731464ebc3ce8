// A thread works in several folders: each has its instructions, may be written, and keeps what must not be.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toldText, toolOutputs } from "../../support/responses-api.ts";
import { makeDirectories, type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";
import { skip } from "../sandbox/real-sandbox.ts";

const experimental = { experimentalApi: true };

/** Directories of a server, and a second folder beside its workspace. */
function places(options: ServerOptions, inSecond: Record<string, string> = {}) {
  const directories = makeDirectories(options);
  const base = directories.base ?? assert.fail();
  const second = join(base, "second");
  mkdirSync(join(second, ".git"), { recursive: true });
  for (const [file, text] of Object.entries(inSecond)) writeFileSync(join(second, file), text);
  return { like: directories, base, second, [Symbol.dispose]: () => rmSync(base, { recursive: true }) };
}

async function start(server: TestServer, roots: readonly string[]) {
  return server.request("thread/start", { cwd: server.workspace, runtimeWorkspaceRoots: [...roots] });
}

async function turn(server: TestServer, threadId: string, text: string, more: object = {}): Promise<void> {
  await server.request("turn/start", { threadId, input: [{ type: "text", text }], ...more });
  await server.expectNotification("turn/completed");
}

test("the model is told of all folders and of the instructions in each", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  using at = places({ api, files: { "AGENTS.md": "Rule of the first." } }, { "AGENTS.md": "Rule of the second." });
  const { like, second } = at;
  await using server = await testServer({ initialize: experimental, like });
  const started = await start(server, [server.workspace, second]);
  assert.deepEqual(started.runtimeWorkspaceRoots, [server.workspace, second]);
  assert.deepEqual(started.thread.environments?.[0]?.runtimeWorkspaceRoots, [server.workspace, second]);
  const own = started.instructionSources.filter((path) => path.endsWith("AGENTS.md"));
  assert.deepEqual(own, [join(server.workspace, "AGENTS.md"), join(second, "AGENTS.md")]);
  await turn(server, started.thread.id, "go");
  const told = toldText(api.requests[0] ?? assert.fail());
  for (const part of ["Rule of the first.", "Rule of the second.", `- ${second}`]) assert.ok(told.includes(part), part);
});

test("a folder that joins later is told behind what was said, with its instructions, and survives a restart", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  using at = places({ api, files: { "AGENTS.md": "Rule of the first." } }, { "AGENTS.md": "Rule of the second." });
  const { like, second } = at;
  await using server = await testServer({ initialize: experimental, like });
  const threadId = await server.startThread();
  await turn(server, threadId, "one");
  await turn(server, threadId, "two", { runtimeWorkspaceRoots: [second] });
  await turn(server, threadId, "three");
  const [first, next, last] = api.requests.map((request) => JSON.stringify(request.input));
  assert.ok(!first?.includes("Rule of the second."));
  assert.ok(next?.startsWith(first?.slice(0, -1) ?? "?"), "what was said before stays as it was");
  assert.equal(next?.split("Rule of the second.").length, 2);
  assert.equal(next?.split("Rule of the first.").length, 2);
  assert.ok(last?.startsWith(next?.slice(0, -1) ?? "?"));
  assert.equal(last?.split("Rule of the second.").length, 2);
  await server[Symbol.asyncDispose]();
  await using again = await testServer({ initialize: experimental, like });
  const resumed = await again.request("thread/resume", { threadId });
  assert.deepEqual(resumed.runtimeWorkspaceRoots, [server.workspace, second]);
});

test("files of a second folder are edited without a question, and its protected ones are not", async () => {
  const steps = (path: string) => [
    { calls: [{ name: "apply_patch", input: ["*** Begin Patch", `*** Add File: ${path}`, "+new", "*** End Patch"] }] },
    { text: "ok" },
  ];
  await using api = await responsesApi([
    { prompt: "edit", steps: steps("../second/a.txt") },
    { prompt: "hook", steps: steps("../second/.git/hooks/pre-commit") },
    { prompt: "elsewhere", steps: steps("../a.txt") },
  ]);
  using at = places({ api, approvalPolicy: "never" });
  const { like, second, base } = at;
  await using server = await testServer({ initialize: experimental, like });
  const { thread } = await start(server, [second]);
  await turn(server, thread.id, "edit");
  assert.equal(readFileSync(join(second, "a.txt"), "utf8"), "new\n");
  await turn(server, thread.id, "hook");
  assert.ok(!existsSync(join(second, ".git/hooks")));
  await turn(server, thread.id, "elsewhere");
  assert.ok(!existsSync(join(base, "a.txt")));
});

test("what a command writes in a second folder is confined, captured and undone like in the first", {
  skip,
}, async () => {
  const cmd = "echo after > ../second/kept.txt; echo here > here.txt; echo x > ../second/.git/config || echo refused";
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "exec_command", arguments: { cmd } }] }, { text: "ok" }] },
  ]);
  using at = places({ api, sandboxMode: "workspace-write" }, { "kept.txt": "before\n" });
  const { like, second } = at;
  await using server = await testServer({ initialize: experimental, like });
  const { thread } = await start(server, [second]);
  await turn(server, thread.id, "go");
  assert.match(toolOutputs(api.requests.at(-1)).at(-1) ?? "", /refused/);
  assert.equal(readFileSync(join(second, "kept.txt"), "utf8"), "after\n");
  const { turns } = await server.request("belay/files/turns", { threadId: thread.id });
  const turnId = turns[0]?.turnId ?? assert.fail();
  const undone = await server.request("belay/files/restore", {
    threadId: thread.id,
    turnIds: [turnId],
    direction: "undo",
  });
  assert.equal(undone.outcome, "done");
  assert.equal(readFileSync(join(second, "kept.txt"), "utf8"), "before\n");
  assert.ok(!existsSync(join(server.workspace, "here.txt")));
});

test("folders must be absolute, and need the experimental capability", async () => {
  await using plain = await testServer({});
  const gated = await plain.refusal("thread/start", { runtimeWorkspaceRoots: [plain.workspace] });
  assert.equal(gated.message, "thread/start.runtimeWorkspaceRoots requires experimentalApi capability");
  await using server = await testServer({ initialize: experimental });
  const refused = await server.refusal("thread/start", { runtimeWorkspaceRoots: ["relative"] });
  assert.match(refused.message, /AbsolutePathBuf deserialized without a base path/);
});
