// The tools that look: what the agent reads, finds and lists over the real wire is what the person sees in the editor.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editorClient } from "../../support/editor-client.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";
import { vscodeHere } from "../exec/programs.ts";

const call = (name: string, args: Record<string, unknown>) => ({ name, arguments: args });
const read = (path: string, more: Record<string, unknown> = {}) => call("read_file", { path, ...more });
const search = (pattern: string, more: Record<string, unknown> = {}) => call("search_files", { pattern, ...more });
const list = (args: Record<string, unknown> = {}) => call("list_dir", args);
const command = (cmd: string) => call("exec_command", { cmd });
const replies = (...calls: object[]) => responsesApi([{ steps: [{ calls: calls as never }, { text: "ok" }] }]);
const skip = process.platform === "win32" && "POSIX names and links";
const shownCommand = (output: string | undefined) => (output ?? "").replace(/Wall time: [\s\S]*Output:\n/, "");

const editorRoot = vscodeHere();
const searchers: [string, Record<string, string>][] = [
  ["without ripgrep", { PATH: "/nowhere", BELAY_VSCODE_APP_ROOT: "" }],
  ...(editorRoot === undefined
    ? []
    : [["with VS Code's ripgrep", { BELAY_VSCODE_APP_ROOT: editorRoot }] as [string, Record<string, string>]]),
];
if (editorRoot === undefined) {
  test("a search with VS Code's ripgrep", {
    skip: "no VS Code is here: node .ci/setup-vscode.mjs fetches one",
  }, () => {});
}

for (const [how, env] of searchers) {
  test(`${how} the agent finds what the person sees, in odd names too, and nothing that is to stay out`, {
    skip,
  }, async () => {
    await using api = await replies(
      search("needle"),
      search("needle", { glob: "*.ts" }),
      search("needle", { path: "x", ignore_case: true }),
      search("--pre=x"),
      search("ne+dle$", { regex: true, max: 1 }),
      search("(", { regex: true }),
      search("needle", { path: "../" }),
      search("nowhere at all"),
      search("two\nlines"),
    );
    await using server = await testServer({
      api,
      files: {
        ".gitignore": "build\n*.log\n",
        "a.ts": "needle as saved\n",
        "b.ts": "needle in b\n",
        "build/c.ts": "needle built\n",
        "x/d.log": "needle logged\n",
        "x/e": "Needle --pre=x\n",
        "-rf": "needle of -rf\n",
        "new\nline": "needle of new line\n",
        ".hidden": "a needle\n",
        bin: "needle\0",
      },
    });
    const at = (name: string) => join(server.workspace, name);
    symlinkSync(".", at("x/loop"));
    symlinkSync(server.home, at("home"));
    execFileSync("mkfifo", [at("pipe")]);
    const huge = openSync(at("huge"), "w");
    for (let mb = 0; mb < 100; mb++) writeSync(huge, `${"x".repeat(63)}\n`.repeat(16_384));
    writeSync(huge, "needle at the end\n");
    closeSync(huge);
    await using editor = await editorClient({ like: server, env });
    editor.open("a.ts", "one\nneedle not saved yet\n");
    editor.open("new.ts", "needle in a new file");
    await editor.completeTurn("search");
    const outputs = toolOutputs(api.requests[1]);
    const names = [
      "-rf:1: needle of -rf",
      ".hidden:1: a needle",
      "a.ts:2: needle not saved yet",
      "b.ts:1: needle in b",
    ];
    const rest = [
      "huge:1638401: needle at the end",
      "new\\nline:1: needle of new line",
      "new.ts:1: needle in a new file",
    ];
    assert.equal(outputs[0], ["7 matching lines.", ...names, ...rest].join("\n"));
    assert.equal(outputs[1], ["3 matching lines.", ...names.slice(2), ...rest.slice(2)].join("\n"));
    assert.equal(outputs[2], "1 matching lines.\nx/e:1: Needle --pre=x");
    assert.equal(outputs[3], "1 matching lines.\nx/e:1: Needle --pre=x");
    assert.equal(outputs[4], "1 matching lines.\n.hidden:1: a needle");
    assert.match(outputs[5] ?? "", /^search_files failed: the pattern is not understood: /);
    assert.match(outputs[6] ?? "", /^search_files failed: .* is outside the workspace/);
    assert.equal(outputs[7], "No matching lines.");
    assert.match(outputs[8] ?? "", /a pattern is about one line/);
  });
}

test("a command is told about what is not saved, by name, and what it sees; without open buffers nothing is said", {
  skip,
}, async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("cat a; cat ../workspace/x/b")] },
        { calls: [command("true")] },
        { calls: [command("true")] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  const files = Object.fromEntries(["a", "x/b", "c", "d", "e", "f", "g"].map((name) => [name, `${name} saved\n`]));
  mkdirSync(join(server.workspace, "x"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(server.workspace, name), text);
  await using editor = await editorClient({ like: server });
  editor.open("c", "c saved\r\n");
  editor.open("x/b", "b changed\n");
  editor.open("../elsewhere", "not in this folder\n");
  const { thread } = await editor.request("thread/start", { cwd: editor.workspace });
  const threadId = (thread as { id: string }).id;
  const ended = (count: number) =>
    editor.expect(
      () =>
        editor.heard.filter(
          ({ method, params }) =>
            method === "item/completed" && (params as { item: { type: string } }).item.type === "commandExecution",
        ).length === count,
      `command ${count}`,
    );
  await editor.request("turn/start", { threadId, input: [{ type: "text", text: "run" }] });
  await ended(3);
  await editor.expect(({ method }) => method === "turn/completed", "turn/completed");
  const outputs = toolOutputs(api.requests[3]).map(shownCommand);
  const note = "Note: the user has unsaved changes in x/b; commands see the file as it was last saved.\n";
  assert.deepEqual(outputs, [`${note}a saved\nx/b saved\n`, note, note]);
});

test("of many unsaved files five are named; saving or undoing the changes ends that", { skip }, async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [command("true")] }, { text: "ok" }] },
    { steps: [{ calls: [command("true")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  await using editor = await editorClient({ like: server });
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  for (const name of names) editor.open(name, "not on disk\n");
  await editor.completeTurn("run");
  for (const name of names) writeFileSync(join(server.workspace, name), "not on disk\n");
  for (const name of names)
    editor.send({ method: "textDocument/didSave", params: { textDocument: { uri: editor.uri(name) } } });
  await editor.completeTurn("run");
  await editor.expect(() => api.requests.length === 4, "the fourth request");
  const told =
    "Note: the user has unsaved changes in a, b, c, d, e and 2 more; commands see the files as they were last saved.\n";
  assert.deepEqual(
    [api.requests[1], api.requests[3]].map((request) => shownCommand(toolOutputs(request)[0])),
    [told, ""],
  );
});

test("a file that is no text is named for what it is; one that is not UTF-8 is read, and said to be", async () => {
  await using api = await replies(...["png", "bin", "latin", "utf16", "empty", "folder"].map((name) => read(name)));
  await using server = await testServer({ api });
  const at = (name: string) => join(server.workspace, name);
  writeFileSync(at("png"), Buffer.from("89504e470d0a1a0a0000", "hex"));
  writeFileSync(at("bin"), Buffer.alloc(3_000));
  writeFileSync(at("latin"), Buffer.from("gr\u00fc\u00dfe\n", "latin1"));
  writeFileSync(at("utf16"), Buffer.from("\uFEFFeins\r\nzwei\r\n", "utf16le"));
  writeFileSync(at("empty"), "");
  mkdirSync(at("folder"));
  await server.completeTurn("read");
  const look = "Look at it with a command that knows such files.";
  assert.deepEqual(toolOutputs(api.requests[1]), [
    `read_file failed: it is a PNG image (10 bytes), not text. ${look}`,
    `read_file failed: it is a binary file (2.9 KB), not text. ${look}`,
    "[not UTF-8: each byte that is not ASCII is shown as a Latin-1 character; a patch may add ASCII only, and keeps the rest]\n1\tgrüße",
    "[UTF-16: a patch keeps that]\n1\teins\n2\tzwei",
    "1\t",
    "read_file failed: it is a directory. Name a file.",
  ]);
});

test("a file of any size is read in parts, and a long line is cut", async () => {
  await using api = await replies(
    read("huge", { offset: 1_500_000, limit: 2 }),
    read("huge", { offset: 9_000_000 }),
    read("long"),
    read("many"),
    read("many", { offset: 6 }),
  );
  await using server = await testServer({ api });
  const at = (name: string) => join(server.workspace, name);
  const huge = openSync(at("huge"), "w");
  for (let mb = 0; mb < 100; mb++) writeSync(huge, `${"x".repeat(63)}\n`.repeat(16_384));
  closeSync(huge);
  writeFileSync(at("long"), `short\n${"y".repeat(20_000)}\n`);
  writeFileSync(at("many"), `${"z".repeat(7_990)}\n`.repeat(8));
  await server.completeTurn("read");
  const [part, behind, long, many, rest] = toolOutputs(api.requests[1]);
  const x = "x".repeat(63);
  assert.equal(part, `1500000\t${x}\n1500001\t${x}\n… more lines follow; the file has 100.0 MB in all`);
  assert.equal(behind, "… the file has 100.0 MB in all");
  assert.equal(long, `1\tshort\n2\t${"y".repeat(8_000)} … [line cut, 12000 more characters]`);
  assert.match(many ?? "", /^1\tz+\n[^]*\n5\tz+\n… cut here: go on with offset 6$/);
  assert.match(rest ?? "", /^6\tz+\n7\tz+\n8\tz+$/);
});

test("a folder is listed with sizes; what is ignored is named and not looked into, what is denied is not there", {
  skip,
}, async () => {
  await using base = await testServer({
    files: {
      ".gitignore": "build/\n",
      "src/deep/a.ts": "12345",
      "build/x/y": "",
      ".netrc": "secret",
      "b\u202ec\n": "",
    },
  });
  await using api = await replies(
    list(),
    list({ path: "src", depth: 2 }),
    list({ path: "none" }),
    list({ path: ".." }),
    list({ path: "b" }),
  );
  await using server = await testServer({ api, env: { HOME: base.workspace } });
  symlinkSync("/etc", join(base.workspace, "link"));
  mkdirSync(join(base.workspace, ".git"));
  mkdirSync(join(base.workspace, "b"));
  const { thread } = await server.request("thread/start", { cwd: base.workspace });
  await server.completeTurn("list", thread.id);
  const [all, src, none, out, empty] = toolOutputs(api.requests[1]);
  assert.equal(
    all,
    [
      ".git/  (ignored)",
      ".gitignore  7 bytes",
      "b/",

      "build/  (ignored)",
      "b\\u{202e}c\\n  0 bytes",
      "link -> /etc",
      "src/",
    ].join("\n"),
  );
  assert.equal(src, "deep/\ndeep/a.ts  5 bytes");
  assert.match(none ?? "", /^list_dir failed: .*none: it cannot be listed \(ENOENT: no such file or directory\)/);
  assert.match(out ?? "", /^list_dir failed: .* is outside the workspace/);
  assert.equal(empty, "The folder is empty.");
});

test("with the home folder as workspace credentials are not found", { skip }, async () => {
  await using base = await testServer({
    files: { ".netrc": "needle secret\n", ".ssh/id_rsa": "needle key\n", a: "needle\n" },
  });
  for (const [, env] of searchers) {
    await using api = await replies(search("needle"), search("needle", { path: ".ssh" }));
    await using server = await testServer({ api, env: { ...env, HOME: base.workspace } });
    const { thread } = await server.request("thread/start", { cwd: base.workspace });
    await server.completeTurn("search", thread.id);
    const [all, folder] = toolOutputs(api.requests[1]);
    assert.equal(all, "1 matching lines.\na:1: needle");
    assert.match(folder ?? "", /is kept from tools and commands/);
  }
});
