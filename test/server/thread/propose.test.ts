// Propose only: a patch is kept for the person to decide, the disk does not have it, and the thread reads as if it had.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type ServerOptions, type TestServer, testServer } from "../../support/test-server.ts";
import { skip as noSandbox } from "../sandbox/real-sandbox.ts";

const patch = (...lines: string[]) => ({
  calls: [{ name: "apply_patch", input: ["*** Begin Patch", ...lines, "*** End Patch"] }],
});
const read = (path: string) => ({ calls: [{ name: "read_file", arguments: { path } }] });
const command = (cmd: string) => ({ calls: [{ name: "exec_command", arguments: { cmd } }] });
const done = { text: "ok" };

const text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
const files = { "a.txt": text };
const editTop = patch("*** Update File: a.txt", "@@", "-one", "+ONE");
const editEnd = patch("*** Update File: a.txt", "@@", "-seven", "+SEVEN");
const scenes = [
  { prompt: "top", steps: [editTop, done] },
  { prompt: "end", steps: [editEnd, done] },
  { prompt: "add", steps: [patch("*** Add File: new.txt", "+new"), done] },
  { prompt: "move", steps: [patch("*** Update File: a.txt", "*** Move to: b.txt", "@@", "-two", "+TWO"), done] },
  { prompt: "read a", steps: [read("a.txt"), done] },
  { prompt: "read b", steps: [read("b.txt"), done] },
  {
    prompt: "search",
    steps: [
      { calls: [{ name: "search_files", arguments: { pattern: "one|new", regex: true, ignore_case: true } }] },
      done,
    ],
  },
  { prompt: "look", steps: [command("cat a.txt; ls"), done] },
  { prompt: "write by command", steps: [command("echo made > made.txt"), done] },
  {
    prompt: "ask to write",
    steps: [
      {
        calls: [
          {
            name: "exec_command",
            arguments: {
              cmd: "echo made > made.txt",
              sandbox_permissions: "require_escalated",
              justification: "It makes a file.",
            },
          },
        ],
      },
      done,
    ],
  },
  { prompt: "outside", steps: [patch("*** Add File: ../outside.txt", "+out"), done] },
  { prompt: "envrc", steps: [patch("*** Add File: pkg/.envrc", "+export PATH=evil:$PATH"), done] },
  { prompt: "protected", steps: [patch("*** Add File: .git/hooks/pre-commit", "+#!/bin/sh"), done] },
  { steps: [done] },
];
const propose = {
  config: 'edits = "propose"',
  files,
  sandboxMode: "danger-full-access",
  approvalPolicy: "never",
} as const;
const notWritten = "Proposed: not written until the user keeps it. Your own reads see it; commands do not.";

async function proposing(options: ServerOptions = {}) {
  const api = await responsesApi(scenes);
  const server = await testServer({ api, ...propose, ...options });
  let threadId: string | undefined;
  return {
    api,
    server,
    /** What the tools of a turn told the model. */
    async say(prompt: string, by: TestServer = server) {
      ({ threadId } = await by.completeTurn(prompt, threadId));
      return toolOutputs(api.requests.at(-1)).at(-1) ?? "";
    },
    disk: (path: string) => readFileSync(join(server.workspace, path), "utf8"),
    get threadId() {
      return threadId ?? assert.fail("no turn yet");
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

test("a patch is proposed: the disk stays, the thread's own reads and patches see it, commands do not and are told", async () => {
  await using scene = await proposing();
  assert.equal(await scene.say("top"), `${notWritten}\nM a.txt\n`);
  const item = scene.server.completedItems().find(({ type }) => type === "fileChange");
  assert.deepEqual(item?.type === "fileChange" && [item.status, item.isProposed], ["completed", true]);
  assert.equal(scene.disk("a.txt"), text);
  assert.match(await scene.say("read a"), /1\tONE\n2\ttwo/);
  assert.equal(await scene.say("end"), `${notWritten}\nM a.txt\n`);
  assert.match(await scene.say("read a"), /1\tONE\n[^]*7\tSEVEN/);
  await scene.say("add");
  assert.ok(!existsSync(join(scene.server.workspace, "new.txt")));
  const seen = await scene.say("look");
  assert.match(seen, /one\ntwo/);
  assert.match(seen, /\nProposed and not written, so this command did not see it: a\.txt, new\.txt$/);
});

test("a search finds what is proposed, and not what it takes the place of", async () => {
  await using scene = await proposing();
  await scene.say("top");
  await scene.say("add");
  const found = await scene.say("search");
  assert.match(found, /^2 matching lines/);
  assert.match(found, /ONE[^]*new/);
});

test("a moved file is proposed at its new place and gone from the old one", async () => {
  await using scene = await proposing();
  await scene.say("move");
  assert.match(await scene.say("read b"), /1\tone\n2\tTWO/);
  assert.match(await scene.say("read a"), /no such file/);
  assert.equal(scene.disk("a.txt"), text);
});

test("another process that takes the thread up sees what was proposed", async () => {
  await using scene = await proposing();
  await scene.say("top");
  await scene.server.end();
  await using other = await testServer({ like: scene.server });
  await other.request("thread/resume", { threadId: scene.threadId });
  assert.match(await scene.say("read a", other), /1\tONE/);
});

test("another thread does not see it", async () => {
  await using scene = await proposing();
  await scene.say("top");
  await scene.server.completeTurn("read a");
  assert.match(toolOutputs(scene.api.requests.at(-1)).at(-1) ?? "", /1\tone/);
});

test("a file that was changed elsewhere is put together with its proposal, for this read and the next patch", async () => {
  await using scene = await proposing();
  await scene.say("top");
  writeFileSync(join(scene.server.workspace, "a.txt"), text.replace("four", "vier"));
  assert.match(await scene.say("read a"), /1\tONE\n2\ttwo\n3\tthree\n4\tvier/);
  await scene.say("end");
  assert.match(await scene.say("read a"), /1\tONE\n[^]*4\tvier\n[^]*7\tSEVEN/);
  assert.equal(scene.disk("a.txt"), text.replace("four", "vier"));
});

test("a proposal that does not fit the file any more is dropped, and the model is told once", async () => {
  await using scene = await proposing();
  await scene.say("top");
  writeFileSync(join(scene.server.workspace, "a.txt"), text.replace("one", "eins"));
  const seen = await scene.say("read a");
  assert.match(seen, /1\teins/);
  assert.match(
    seen,
    /\nYour proposal for a\.txt was dropped: the file was changed since, in the same lines\. Read it again\.$/,
  );
  assert.doesNotMatch(await scene.say("read a"), /dropped/);
});

test("what may not be changed is refused, what would be asked for waits for Keep instead, and nobody is asked", async () => {
  await using scene = await proposing({ sandboxMode: "workspace-write" });
  assert.match(await scene.say("outside"), /rejected|not allowed|outside/);
  await using asking = await proposing({ sandboxMode: "workspace-write", approvalPolicy: "untrusted" });
  assert.equal(await asking.say("top"), `${notWritten}\nM a.txt\n`);
  assert.match(await asking.say("protected"), /^Proposed: not written/);
  assert.equal(asking.disk("a.txt"), text);
});

test("a thread can be told to propose, and to write again; what builds on a proposal stays one", async () => {
  await using scene = await proposing({ config: "" });
  const { server } = scene;
  const threadId = await server.startThread({ edits: "propose" });
  await server.completeTurn("top", threadId);
  assert.equal(scene.disk("a.txt"), text);
  const input = [{ type: "text" as const, text: "add", text_elements: [] }];
  await server.request("turn/start", { threadId, input, edits: "write" });
  const { threadSettings } = await server.expectNotification("thread/settings/updated");
  assert.equal(threadSettings.edits, undefined);
  await server.expectNotification("turn/completed", ({ turn }) => turn.status === "completed");
  assert.equal(scene.disk("new.txt"), "new\n");
  await server.completeTurn("end", threadId);
  assert.equal(scene.disk("a.txt"), text);
});

test("without a journal to keep it in nothing is proposed, and the model hears why", async () => {
  await using scene = await proposing();
  writeFileSync(join(scene.server.home, "journal"), "in the way");
  assert.match(await scene.say("top"), /^apply_patch failed: it cannot be proposed: the change journal cannot be /);
  assert.deepEqual(readdirSync(scene.server.workspace), ["a.txt"]);
});

test("what is proposed waits for review; Keep writes it, Undo drops it, and the thread sees what became of it", async () => {
  await using scene = await proposing();
  const { server } = scene;
  await scene.say("top");
  await scene.say("add");
  const cwd = server.workspace;
  const review = async () => (await server.request("belay/review/list", { cwd })).files;
  assert.deepEqual(
    (await review()).map(({ path, state, kind, added, removed }) => [path, state, kind, added, removed]),
    [
      [join(cwd, "a.txt"), "proposed", "update", 1, 1],
      [join(cwd, "new.txt"), "proposed", "add", 1, 0],
    ],
  );
  assert.equal((await server.request("belay/review/keep", { cwd, path: join(cwd, "a.txt") })).outcome, "done");
  assert.equal(scene.disk("a.txt"), text.replace("one", "ONE"));
  assert.equal((await server.request("belay/review/undo", { cwd, path: join(cwd, "new.txt") })).outcome, "done");
  assert.deepEqual(await review(), []);
  assert.match(await scene.say("read a"), /1\tONE/);
  assert.doesNotMatch(await scene.say("look"), /Proposed and not written/);
});

test("while changes are only proposed, no command writes either, unless a person allows that one", {
  skip: noSandbox,
}, async () => {
  await using scene = await proposing({ sandboxMode: "workspace-write", approvalPolicy: "on-request" });
  const { server } = scene;
  const made = join(server.workspace, "made.txt");
  assert.match(await scene.say("write by command"), /made\.txt: Read-only file system/);
  assert.ok(!existsSync(made));
  server.answerApprovals("decline");
  assert.match(await scene.say("ask to write"), /rejected by user/);
  assert.ok(!existsSync(made));
  server.answerApprovals("accept");
  await scene.say("ask to write");
  assert.equal(readFileSync(made, "utf8"), "made\n");
});

test("the model is told that changes are only proposed, and what that means for commands", async () => {
  const told = async (options: ServerOptions) => {
    await using scene = await proposing(options);
    await scene.say("read a");
    return JSON.stringify(scene.api.requests.at(-1));
  };
  const confined = await told({ sandboxMode: "workspace-write" });
  assert.match(confined, /sandbox that cannot write files\.[^<]* every change proposed:[^<]* in no other way/);
  assert.match(
    await told({ sandboxMode: "danger-full-access" }),
    /every change proposed:[^<]*Commands could write all the/,
  );
  assert.doesNotMatch(await told({ config: "", sandboxMode: "workspace-write" }), /proposed/);
});

test("who may only read and is never asked can still propose, but only what they might change", async () => {
  await using scene = await proposing({ sandboxMode: "read-only", approvalPolicy: "never" });
  assert.match(await scene.say("top"), /^Proposed: not written/);
  assert.match(await scene.say("outside"), /outside the workspace, and the approval policy is never to ask/);
  assert.match(await scene.say("protected"), /rejected/);
});

test("a proposal for a place that changes what programs run says so, and is kept by itself only", async () => {
  await using scene = await proposing({ approvalPolicy: "untrusted", sandboxMode: "workspace-write" });
  const { server } = scene;
  const [hook, envrc] = [".git/hooks/pre-commit", "pkg/.envrc"].map((name) => join(server.workspace, name));
  for (const prompt of ["protected", "envrc", "add"]) await scene.say(prompt);
  const { files: rows } = await server.request("belay/review/list", {});
  assert.deepEqual(
    rows.map(({ path, warning }) => [path, warning]),
    [
      [hook, "It can change what programs run."],
      [join(server.workspace, "new.txt"), null],
      [envrc, "Tools may run what it says as soon as the folder is opened."],
    ],
  );
  const all = await server.request("belay/review/keep", {});
  assert.equal(all.outcome, "done");
  assert.match(
    all.message ?? "",
    /^\.git\/hooks\/pre-commit is left as proposed\. It can change what .* \(1 more like it\.\)$/,
  );
  assert.equal(scene.disk("new.txt"), "new\n");
  assert.ok(!existsSync(hook ?? "") && !existsSync(envrc ?? ""));
  assert.equal((await server.request("belay/review/keep", {})).outcome, "nothing");
  assert.equal((await server.request("belay/review/keep", { path: hook })).outcome, "done");
  assert.equal(scene.disk(".git/hooks/pre-commit"), "#!/bin/sh\n");
});
