// Files through the server, over its real wire. Texts and codes are those of the original.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { testServer } from "../../support/test-server.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("what is written is read back, with its mode and through its link", async () => {
  await using server = await testServer({ files: { "script.sh": "old" } });
  const [script, link] = [join(server.workspace, "script.sh"), join(server.workspace, "link")];
  fs.chmodSync(script, 0o750);
  fs.symlinkSync("script.sh", link);
  await server.request("fs/writeFile", { path: link, dataBase64: base64("new") });
  assert.deepEqual(await server.request("fs/readFile", { path: script }), { dataBase64: base64("new") });
  assert.equal(fs.statSync(script).mode & 0o777, 0o750);
  const { createdAtMs: _, modifiedAtMs, ...kind } = await server.request("fs/getMetadata", { path: link });
  assert.deepEqual(kind, { isDirectory: false, isFile: true, isSymlink: true });
  assert.equal(modifiedAtMs, Math.trunc(fs.statSync(script).mtimeMs));
  assert.deepEqual(fs.readdirSync(server.workspace).toSorted(), ["link", "script.sh"]);
});

test("a directory is listed by name, with links as what they lead to", async () => {
  await using server = await testServer({ files: { "b/c": "", a: "" } });
  fs.symlinkSync("b", join(server.workspace, "l"));
  fs.symlinkSync("nowhere", join(server.workspace, "dangling"));
  assert.deepEqual(await server.request("fs/readDirectory", { path: server.workspace }), {
    entries: [
      { fileName: "a", isDirectory: false, isFile: true },
      { fileName: "b", isDirectory: true, isFile: false },
      { fileName: "l", isDirectory: true, isFile: false },
    ],
  });
});

test("removing is recursive and forgiving unless it is asked not to be, and never follows a link", async () => {
  await using server = await testServer({ files: { "kept/f": "", "gone/f": "", "full/f": "" } });
  const at = (name: string) => join(server.workspace, name);
  fs.symlinkSync("kept", at("link"));
  for (const name of ["gone", "link", "missing"]) await server.request("fs/remove", { path: at(name) });
  assert.deepEqual(fs.readdirSync(server.workspace).toSorted(), ["full", "kept"]);
  assert.deepEqual(await server.refusal("fs/remove", { path: at("full"), recursive: false }), {
    code: -32603,
    message: "Directory not empty (os error 39)",
  });
  assert.deepEqual(await server.refusal("fs/remove", { path: at("missing"), force: false }), {
    code: -32603,
    message: "No such file or directory (os error 2)",
  });
  assert.match((await server.refusal("fs/remove", { path: "/" })).message, /the root of a file system$/);
});

test("a copy has links and modes, takes the place of a file, and onto itself changes nothing", async () => {
  await using server = await testServer({ files: { "from/run": "#!", "from/sub/deep": "d", other: "other" } });
  const at = (name: string) => join(server.workspace, name);
  fs.chmodSync(at("from/run"), 0o755);
  fs.symlinkSync("run", at("from/link"));
  await server.request("fs/copy", { sourcePath: at("from"), destinationPath: at("new/to"), recursive: true });
  assert.equal(fs.readlinkSync(at("new/to/link")), "run");
  assert.equal(fs.statSync(at("new/to/run")).mode & 0o777, 0o755);
  assert.equal(fs.readFileSync(at("new/to/sub/deep"), "utf8"), "d");
  await server.request("fs/copy", { sourcePath: at("other"), destinationPath: at("from/run") });
  await server.request("fs/copy", { sourcePath: at("other"), destinationPath: at("other") });
  assert.deepEqual([fs.readFileSync(at("from/run"), "utf8"), fs.readFileSync(at("other"), "utf8")], ["other", "other"]);
});

test("what goes wrong is said in the original's words", async () => {
  await using server = await testServer({ files: { "dir/f": "", f: "", twice: "" } });
  const at = (name: string) => join(server.workspace, name);
  const refusals: [method: string, params: object, code: number, message: string][] = [
    ["fs/readFile", { path: "f" }, -32600, "Invalid request: AbsolutePathBuf deserialized without a base path"],
    ["fs/readFile", { path: at("none") }, -32603, "No such file or directory (os error 2)"],
    ["fs/readFile", { path: at("dir") }, -32600, `path \`${at("dir")}\` is not a file`],
    ["fs/readFile", { path: "/dev/null" }, -32600, "path `/dev/null` is not a file"],
    ["fs/readFile", { path: at("f/x") }, -32603, "Not a directory (os error 20)"],
    ["fs/readFile", { path: at("x\0y") }, -32600, "file name contained an unexpected NUL byte"],
    ["fs/readFile", { path: at("x".repeat(300)) }, -32603, "Filename too long (os error 36)"],
    ["fs/writeFile", { path: at("dir"), dataBase64: "" }, -32603, "Is a directory (os error 21)"],
    [
      "fs/writeFile",
      { path: at("g"), dataBase64: "***" },
      -32600,
      "fs/writeFile requires valid base64 dataBase64: Invalid symbol 42, offset 0.",
    ],
    ["fs/createDirectory", { path: at("dir"), recursive: false }, -32603, "File exists (os error 17)"],
    ["fs/readDirectory", { path: at("f") }, -32603, "Not a directory (os error 20)"],
    [
      "fs/copy",
      { sourcePath: at("dir"), destinationPath: at("d2") },
      -32600,
      "fs/copy requires recursive: true when sourcePath is a directory",
    ],
    [
      "fs/copy",
      { sourcePath: at("dir"), destinationPath: at("dir/in"), recursive: true },
      -32600,
      "fs/copy cannot copy a directory to itself or one of its descendants",
    ],
    [
      "fs/copy",
      { sourcePath: "/dev/null", destinationPath: at("null") },
      -32600,
      "fs/copy only supports regular files, directories, and symlinks",
    ],
  ];
  for (const [method, params, code, message] of refusals) {
    assert.deepEqual(await server.refusal(method, params), { code, message }, method);
  }
});

test("a file larger than an answer can hold is refused, and the server goes on", async () => {
  await using server = await testServer({ files: { huge: "" } });
  const path = join(server.workspace, "huge");
  fs.truncateSync(path, 257 * 1024 * 1024);
  assert.deepEqual(await server.refusal("fs/readFile", { path }), {
    code: -32600,
    message: "file is too large to read: limit is 268435456 bytes",
  });
  await server.request("fs/getMetadata", { path });
});

test("a watched place is told of through deletion and return, a directory of its direct children", async () => {
  await using server = await testServer({ files: { "dir/f": "", "dir/sub/deep": "" } });
  const at = (name: string) => join(server.workspace, name);
  assert.deepEqual(await server.request("fs/watch", { watchId: "late", path: at("new/there") }), {
    path: at("new/there"),
  });
  await server.request("fs/watch", { watchId: "dir", path: at("dir") });
  const changes = (watchId: string) => server.expectNotification("fs/changed", (change) => change.watchId === watchId);
  fs.mkdirSync(at("new"));
  fs.writeFileSync(at("new/there"), "1");
  assert.deepEqual(await changes("late"), { watchId: "late", changedPaths: [at("new/there")] });
  fs.rmSync(at("new"), { recursive: true });
  assert.deepEqual((await changes("late")).changedPaths, [at("new/there")]);
  fs.writeFileSync(at("dir/sub/deep"), "not a child");
  await server.request("fs/writeFile", { path: at("dir/f"), dataBase64: base64("whole") });
  assert.deepEqual(await changes("dir"), { watchId: "dir", changedPaths: [at("dir/f")] });
});

test("a watch has one name, which is free again once it is ended; to end it twice is fine", async () => {
  await using server = await testServer();
  const watch = { watchId: "w1", path: server.workspace };
  await server.request("fs/watch", watch);
  assert.deepEqual(await server.refusal("fs/watch", watch), { code: -32600, message: "watchId already exists: w1" });
  await server.request("fs/unwatch", { watchId: "w1" });
  await server.request("fs/unwatch", { watchId: "w1" });
  await server.request("fs/watch", watch);
});

test("large files that are asked for all at once are all answered", async () => {
  await using server = await testServer();
  const path = join(server.workspace, "large");
  fs.writeFileSync(path, Buffer.alloc(20 * 1024 * 1024, "a"));
  const answers = await Promise.all(Array.from({ length: 6 }, () => server.request("fs/readFile", { path })));
  const expected = Math.ceil((20 * 1024 * 1024) / 3) * 4;
  assert.deepEqual(
    answers.map(({ dataBase64 }) => dataBase64.length),
    answers.map(() => expected),
  );
});
