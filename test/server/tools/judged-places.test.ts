// Where file tools and commands really reach: links, credentials and other folders, as the model, the person and the
// disk see it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { editorClient } from "../../support/editor-client.ts";
import { testServer } from "../../support/test-server.ts";

const ASK_COMMAND = "item/commandExecution/requestApproval";
const ASK_CHANGE = "item/fileChange/requestApproval";
const patch = (...lines: string[]) => ({
  name: "apply_patch",
  input: ["*** Begin Patch", ...lines, "*** End Patch"],
});
const update = (path: string, from = "old", to = "new") =>
  patch(`*** Update File: ${path}`, "@@", `-${from}`, `+${to}`);
const command = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, ...more },
});
const escalated = { sandbox_permissions: "require_escalated", justification: "it must" };
const read = (path: string) => ({ name: "read_file", arguments: { path } });
const replies = (...calls: object[]) => responsesApi([{ steps: [{ calls: calls as never }, { text: "ok" }] }]);
const skip = process.platform === "win32" && "POSIX links";

test("who is asked about a new text for a file that is there sees the lines that go", async () => {
  await using api = await replies(patch("*** Add File: a", "+kept", "+new"), patch("*** Add File: b", "+all"));
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { a: "kept\nold\n" } });
  server.answerApprovals("decline");
  await server.completeTurn("write");
  const changes = server.completedItems().flatMap((item) => (item.type === "fileChange" ? item.changes : []));
  const shown = new Map(changes.map(({ path, kind, diff }) => [basename(path), [kind, diff]]));
  assert.deepEqual(shown.get("a"), [{ type: "update", move_path: null }, "@@ -1,2 +1,2 @@\n kept\n-old\n+new\n"]);
  assert.deepEqual(shown.get("b"), [{ type: "add" }, "all\n"]);
});

for (const approvalPolicy of ["on-request", "never"] as const) {
  test(`under ${approvalPolicy} a patch outside tells the model neither lines nor what is there`, {
    skip,
  }, async () => {
    const kinds = ["secret", "binary", "folder", "none", "../workspace/link"].map((name) => `../out/${name}`);
    await using api = await replies(
      ...kinds.flatMap((path) => [update(path, "guess"), patch(`*** Delete File: ${path}/x`)]),
      ...kinds.map((path) => patch("*** Update File: a", `*** Move to: ${path}`, "@@", "-wrong", "+x")),
    );
    await using server = await testServer({ api, approvalPolicy, files: { a: "inside\n" } });
    const out = outside(server.workspace);
    writeFileSync(join(out, "secret"), "aws_secret_access_key = SECRET\n");
    writeFileSync(join(out, "binary"), "\0");
    mkdirSync(join(out, "folder"));
    symlinkSync("../out/secret", join(server.workspace, "link"));
    await server.completeTurn("probe");
    const outputs = toolOutputs(api.requests[1]).map((text) =>
      text.replaceAll(/\/\S+(?=,| is)| leads to [^,]+/g, "PATH"),
    );
    assert.equal(outputs.length, 15);
    const told =
      approvalPolicy === "never"
        ? ["rejected: "]
        : [
            "apply_patch verification failed: The patch does not fit PATH, which is outside the workspace. Look at it with exec_command.",
          ];
    if (approvalPolicy === "on-request") assert.deepEqual(new Set(outputs), new Set(told));
    for (const output of outputs)
      assert.doesNotMatch(output, /SECRET|guess|wrong|inside|no such|binary file|directory/);
    if (approvalPolicy === "never") for (const output of outputs) assert.match(output, /^rejected: /);
  });
}

test("a place that cannot be reached is told the same way when it is outside", { skip }, async () => {
  await using api = await replies(update("../out/loop"), update("loop"));
  await using server = await testServer({ api });
  for (const folder of [outside(server.workspace), server.workspace]) symlinkSync("loop", join(folder, "loop"));
  await server.completeTurn("probe");
  const [far, near] = toolOutputs(api.requests[1]);
  assert.match(far ?? "", /The patch does not fit .*, which is outside the workspace\./);
  assert.match(near ?? "", /a path leads through links that cannot be followed$/);
});

for (const sandboxMode of ["read-only", "workspace-write"] as const) {
  test(`under ${sandboxMode} a link out of the repository is asked for by its real place, each time`, {
    skip,
  }, async () => {
    await using api = await replies(update("NOTES.md"));
    await using server = await testServer({ api, sandboxMode });
    const out = outside(server.workspace);
    writeFileSync(join(out, "bashrc"), "old\n");
    symlinkSync("../out/bashrc", join(server.workspace, "NOTES.md"));
    await server.startTurn("change");
    const { id, params } = await server.expectRequest(ASK_CHANGE);
    assert.equal(params.explanation?.because, `NOTES.md leads to ${out}/bashrc, outside the workspace`);
    assert.deepEqual(
      params.changes.map(({ path, realPath }) => [path, realPath]),
      [[join(server.workspace, "NOTES.md"), join(out, "bashrc")]],
    );
    assert.deepEqual(params.availableDecisions, ["accept", "decline", "cancel"]);
    server.respond(id, { decision: "decline" });
    await server.expectNotification("turn/completed");
  });
}

test("what a person allows for the thread about a place outside counts once", { skip }, async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [update("../out/a", "1", "2")] }, { calls: [update("../out/a", "2", "3")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  const out = outside(server.workspace);
  writeFileSync(join(out, "a"), "1\n");
  await server.startTurn("change");
  server.respond((await server.expectRequest(ASK_CHANGE)).id, { decision: "acceptForSession" });
  server.respond((await server.expectRequest(ASK_CHANGE)).id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.equal(readFileSync(join(out, "a"), "utf8"), "2\n");
});

test("to allow the edits of a file for the thread is not to allow its deletion or its renaming", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [update("a", "1", "2")] },
        { calls: [update("a", "2", "3")] },
        { calls: [patch("*** Delete File: a")] },
        { calls: [patch("*** Update File: a", "*** Move to: b", "@@", "-3", "+4")] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { a: "1\n" } });
  await server.startTurn("change");
  server.respond((await server.expectRequest(ASK_CHANGE)).id, { decision: "acceptForSession" });
  for (const type of ["delete", "update"]) {
    const again = await server.expectRequest(ASK_CHANGE);
    assert.equal(again.params.changes[0]?.kind.type, type);
    server.respond(again.id, { decision: "decline" });
  }
  await server.expectNotification("turn/completed");
  assert.deepEqual(server.toolStatuses(), ["completed", "completed", "declined", "declined"]);
});

test("with the home folder as workspace the file tools leave credentials alone", { skip }, async () => {
  await using base = await testServer();
  const asked = ["*** Add File: .ssh/authorized_keys", "*** Update File: .netrc"];
  await using api = await replies(
    ...[".netrc", "link", "a"].map(read),
    patch(asked[0] ?? "", "+key"),
    patch(asked[1] ?? "", "@@", "-secret", "+x"),
    patch(asked[1] ?? "", "@@", "-guess", "+x"),
  );
  await using server = await testServer({ api, env: { HOME: base.workspace }, like: configured(base, api.url) });
  writeFileSync(join(base.workspace, ".netrc"), "secret\n");
  writeFileSync(join(base.workspace, "a"), "text\n");
  symlinkSync(".netrc", join(base.workspace, "link"));
  const becauses: string[] = [];
  server.answer(ASK_CHANGE, (params) => {
    becauses.push((params["explanation"] as { because: string }).because);
    return { decision: "decline" };
  });
  await server.completeTurn("read");
  const at = (name: string) => join(base.workspace, name);
  const kept = "is kept from tools and commands, as credentials are. Ask the user.";
  const rejected = "patch rejected: rejected by user. Nothing was done.";
  assert.deepEqual(toolOutputs(api.requests[1]), [
    `read_file failed: ${at(".netrc")} ${kept}`,
    `read_file failed: ${at("link")} ${kept}`,
    "1\ttext",
    rejected,
    rejected,
    `apply_patch verification failed: The patch does not fit ${at(".netrc")}, which is outside the workspace. Look at it with exec_command.`,
  ]);
  assert.deepEqual(becauses.toSorted(), [
    `${at(".netrc")} is kept from commands, as credentials are`,
    `${at(".ssh/authorized_keys")} is kept from commands, as credentials are`,
  ]);
});

test("the editor is not sent an edit whose way was changed while the approval waited", { skip }, async () => {
  await using api = await replies(patch("*** Add File: in/new", "+x"));
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const [inside, out] = [join(server.workspace, "in"), outside(server.workspace)];
  mkdirSync(inside);
  await using editor = await editorClient({ like: server });
  editor.onApproval = () => {
    renameSync(inside, join(server.workspace, "elsewhere"));
    symlinkSync(out, inside);
    return { decision: "accept" };
  };
  await editor.completeTurn("change");
  assert.equal(editor.heard.filter(({ method }) => method === "workspace/applyEdit").length, 0);
  assert.deepEqual(readdirSync(out), []);
  assert.match(
    toolOutputs(api.requests[1])[0] ?? "",
    /is not where the change was approved for\. Nothing was written\./,
  );
});

test("a command is shown, allowed and run with the real folder, and with its full path when it is not the thread's", {
  skip,
}, async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("env pwd", { workdir: "link" })] },
        { calls: [command("env pwd", { workdir: "../out/workspace" })] },
        { calls: [command("env pwd", { workdir: "." })] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const real = join(outside(server.workspace), "workspace");
  mkdirSync(real);
  symlinkSync(real, join(server.workspace, "link"));
  await server.startTurn("run");
  const first = await server.expectRequest(ASK_COMMAND);
  assert.deepEqual([first.params.cwd, first.params.explanation?.location], [real, real]);
  // It covers the second call, which spells the same folder differently.
  server.respond(first.id, { decision: "acceptForSession" });
  const third = await server.expectRequest(ASK_COMMAND);
  assert.deepEqual([third.params.cwd, third.params.explanation?.location], [server.workspace, "workspace"]);
  server.respond(third.id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  const outputs = api.requests.slice(1).map((request) => toolOutputs(request).at(-1)?.split("Output:\n")[1]);
  assert.deepEqual(outputs, [`${real}\n`, `${real}\n`, `${server.workspace}\n`]);
});

test("a command whose folder was replaced by a link while its approval waited does not run", { skip }, async () => {
  await using api = await replies(
    command("touch ran", { workdir: "build", ...escalated }),
    command("touch ran", { workdir: "missing" }),
  );
  await using server = await testServer({ api });
  const [build, out] = [join(server.workspace, "build"), outside(server.workspace)];
  mkdirSync(build);
  await server.startTurn("run");
  const { id } = await server.expectRequest(ASK_COMMAND);
  renameSync(build, join(server.workspace, "b2"));
  symlinkSync(out, build);
  server.respond(id, { decision: "accept" });
  await server.expectNotification("turn/completed");
  assert.deepEqual(toolOutputs(api.requests[1]), [
    `exec_command failed: ${build} leads to another folder than when the command was prepared: ${out}, not ${build}. Nothing was run.`,
    `exec_command failed: there is no folder ${join(server.workspace, "missing")} to run in. Nothing was run.`,
  ]);
  assert.deepEqual([server.toolStatuses(), existsSync(join(out, "ran"))], [["failed", "failed"], false]);
});

test("files that the kernel makes up are not read, and do not hold the turn", {
  skip: process.platform !== "linux" && "only Linux has these files",
}, async () => {
  const files = ["/proc/kmsg", "/proc/self/pagemap", "/dev/zero", "/sys/kernel/notes"];
  await using api = await replies(...files.map((path) => patch(`*** Delete File: ${path}`)), read("kmsg"));
  await using server = await testServer({ api, sandboxMode: "danger-full-access" });
  symlinkSync("/proc/kmsg", join(server.workspace, "kmsg"));
  await server.completeTurn("delete");
  const outputs = toolOutputs(api.requests[1]);
  for (const [at, path] of files.entries()) {
    assert.equal(
      outputs[at],
      `apply_patch verification failed: Cannot change ${path}: it belongs to the kernel, not to a disk. Look at it with a command.`,
    );
  }
  assert.match(outputs.at(-1) ?? "", /is outside the workspace/);
});

/** A folder beside the workspace; it goes with the server's. */
function outside(workspace: string): string {
  const folder = join(workspace, "../out");
  mkdirSync(folder);
  return folder;
}

/** The directories of another server, with its model at `url`. */
function configured(base: { home: string; workspace: string }, url: string): { home: string; workspace: string } {
  const file = join(base.home, "config.toml");
  writeFileSync(file, readFileSync(file, "utf8").replace(/base_url = ".*"/, `base_url = "${url}"`));
  return base;
}
