// Reading and writing real files: what is refused, that a set of changes is one, and what survives a write.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { type FileWrite, writeFilesAtomically } from "../../../server/files/disk.ts";
import { removeFolders, takeBack, type Undo } from "../../../server/files/disk-commit.ts";
import type { Encoding } from "../../../server/files/encoding.ts";
import { readTextFile } from "../../../server/files/disk-read.ts";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { planPatch } from "../../../server/files/patch-plan.ts";
import fc from "../../support/properties.ts";
import { tree } from "../../support/tree.ts";

const reads: readonly [name: string, bytes: Uint8Array, expected: object][] = [
  ["UTF-8 is read with its byte order mark and its line endings", Buffer.from("\uFEFFé\r\n"), text("\uFEFFé\r\n")],
  ["an empty file is an empty text", Buffer.from(""), text("")],
  ["Latin-1 is read as bytes", Buffer.from([0x63, 0xe9]), text("c\u00e9", "bytes")],
  ["a surrogate in UTF-8 is read as bytes", Buffer.from([0xed, 0xa0, 0x80]), text("\u00ed\u00a0\u0080", "bytes")],
  ["a NUL is refused", Buffer.from("a\0b"), refused("it is a binary file. Edit it with a command.")],
  [
    "more than 64 MB is refused",
    Buffer.alloc(64 * 1024 * 1024 + 1, "a"),
    refused("it is larger than 64 MB. Edit it with a command."),
  ],
];
for (const [name, bytes, expected] of reads) {
  test(name, async (t) => {
    const root = await tree(t, {});
    await fs.writeFile(join(root, "a"), bytes);
    assert.deepEqual(await readTextFile(join(root, "a")), expected);
  });
}

test("a directory is refused, and what is not there is missing, also below a file", async (t) => {
  const root = await tree(t, { a: "" });
  assert.deepEqual(await readTextFile(root), { ...refused("it is a directory. Name a file."), isFolder: true });
  assert.deepEqual(await readTextFile(join(root, "no")), { kind: "missing" });
  assert.deepEqual(await readTextFile(join(root, "a/b")), { kind: "missing" });
});

test("what is opened is asked about by its real path, and left unread when that is not permitted", {
  skip: process.platform === "win32" && "POSIX links",
}, async (t) => {
  const root = await tree(t, { "out/secret": "s", "in/a": "1" });
  await fs.symlink("../out/secret", join(root, "in/link"));
  const asked: string[] = [];
  const permits = (path: string) => (asked.push(relative(root, path)), path.startsWith(join(root, "in/")));
  const moved = refused("it was moved, or a link leads elsewhere, while it was read. Look again.");
  assert.deepEqual(await readTextFile(join(root, "in/a"), permits), text("1"));
  assert.deepEqual(await readTextFile(join(root, "in/link"), permits), moved);
  assert.deepEqual(asked, ["in/a", "out/secret"]);
});

test("a file of the kernel is refused, and a pipe or a socket is not waited for", {
  skip: process.platform !== "linux" && "only Linux has these files",
}, async (t) => {
  const root = await tree(t, {});
  await fs.symlink("/proc/kmsg", join(root, "link"));
  const kernel = refused("it belongs to the kernel, not to a disk. Look at it with a command.");
  for (const path of ["/proc/kmsg", "/proc/self/pagemap", "/dev/tty", "/sys/kernel/notes", join(root, "link")]) {
    assert.deepEqual(await readTextFile(path), kernel, path);
  }
  spawnSync("mkfifo", [join(root, "pipe")]);
  assert.deepEqual(await readTextFile(join(root, "pipe")), refused("it is not a regular file. Name a file."));
});

test("files are added with their directories, changed, moved and deleted", async (t) => {
  const root = await tree(t, { "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
  const result = await writeFilesAtomically([
    write(root, "new/deep/file.txt", null, "new\n"),
    write(root, "a.txt", "a\n", "A\n"),
    write(root, "b.txt", "b\n", "B\n", "moved/b.txt"),
    write(root, "c.txt", "c\n", null),
  ]);
  assert.deepEqual(
    result.ok && result.paths,
    ["new/deep/file.txt", "a.txt", "b.txt", "moved/b.txt", "c.txt"].map((path) => join(root, path)),
  );
  assert.deepEqual(await snapshot(root), { "a.txt": "A\n", "moved/b.txt": "B\n", "new/deep/file.txt": "new\n" });
});

test("a file keeps its mode, also when it moves, and a new one takes the usual mode", {
  skip: process.platform === "win32" && "POSIX modes",
}, async (t) => {
  const root = await tree(t, { a: "1", b: "1" });
  await fs.chmod(join(root, "a"), 0o755);
  await fs.chmod(join(root, "b"), 0o640);
  await writeFilesAtomically([
    write(root, "a", "1", "2"),
    write(root, "b", "1", "2", "c"),
    write(root, "n", null, "2"),
  ]);
  const modes = await Promise.all(["a", "c", "n"].map(async (path) => (await fs.stat(join(root, path))).mode & 0o777));
  assert.deepEqual(modes, [0o755, 0o640, 0o666 & ~process.umask()]);
});

test("a symbolic link stays one, and its target is written", async (t) => {
  const root = await tree(t, { "real/a": "1" });
  await fs.symlink("real/a", join(root, "link"));
  await fs.symlink("real/none", join(root, "dangling"));
  const result = await writeFilesAtomically([write(root, "link", "1", "2"), write(root, "dangling", null, "3")]);
  assert.deepEqual(result.ok && result.paths, [join(root, "real/a"), join(root, "real/none")]);
  assert.deepEqual(await snapshot(root), {
    "real/a": "2",
    "real/none": "3",
    link: "-> real/a",
    dangling: "-> real/none",
  });
});

test("another name of the same file, a hard link, keeps the old text", async (t) => {
  const root = await tree(t, { a: "1" });
  await fs.link(join(root, "a"), join(root, "b"));
  await writeFilesAtomically([write(root, "a", "1", "2")]);
  assert.deepEqual(await snapshot(root), { a: "2", b: "1" });
});

const preflights: readonly [name: string, writes: (root: string) => FileWrite[], message: string][] = [
  [
    "a file that changed since",
    (root) => [write(root, "b", "old", "2")],
    "ROOT/b is no longer what it was when the change was prepared. Read it again.",
  ],
  [
    "a file that is gone",
    (root) => [write(root, "no", "1", "2")],
    "ROOT/no is no longer what it was when the change was prepared. Read it again.",
  ],
  [
    "a file that has appeared since",
    (root) => [write(root, "b", null, "2")],
    "ROOT/b is no longer what it was when the change was prepared. Read it again.",
  ],
  ["a move onto a file", (root) => [write(root, "b", "1", "2", "a")], "ROOT/a is there already. Choose another name."],
  [
    "the deletion of a symbolic link",
    (root) => [write(root, "link", "1", null)],
    "ROOT/link is a symbolic link. Remove it with a command.",
  ],
  [
    "a directory",
    (root) => [write(root, "dir", null, "2")],
    "ROOT/dir cannot be written: it is a directory, and ROOT/dir/x is in it.",
  ],
  [
    "one file by two names",
    (root) => [write(root, "b", "1", "2"), write(root, "link", "1", "3")],
    "ROOT/b would be written twice, through a symbolic link.",
  ],
];
for (const [name, writes, message] of preflights) {
  test(`${name} is refused, and no other file of the set is touched`, async (t) => {
    const root = await tree(t, { a: "1", b: "1", "dir/x": "" });
    await fs.symlink("b", join(root, "link"));
    const before = await snapshot(root);
    const result = await writeFilesAtomically([
      write(root, "a", "1", "2"),
      write(root, "n", null, "n"),
      ...writes(root),
    ]);
    const stale = message.includes("no longer what it was") ? { isStale: true } : {};
    assert.deepEqual(result, {
      ok: false,
      message: `${message.replaceAll("ROOT", root)} Nothing was written.`,
      ...stale,
    });
    assert.deepEqual(await snapshot(root), before);
  });
}

test("a path that leads elsewhere than was approved is refused", async (t) => {
  const root = await tree(t, { "ws/a": "1", "other/a": "1" });
  await fs.rm(join(root, "ws/a"));
  await fs.symlink("../other/a", join(root, "ws/a"));
  const permits = (path: string): boolean => path.startsWith(join(root, "ws/"));
  assert.deepEqual(await writeFilesAtomically([write(root, "ws/a", "1", "2")], { permits }), {
    ok: false,
    message: `${join(root, "other/a")} is not where the change was approved for. Nothing was written.`,
  });
});

test("a file that may not be written is refused although its directory would allow to replace it", {
  skip: process.getuid?.() === 0 && "root may write everything",
}, async (t) => {
  const root = await tree(t, { a: "1" });
  await fs.chmod(join(root, "a"), 0o444);
  const result = await writeFilesAtomically([write(root, "a", "1", "2")]);
  assert.ok(!result.ok && result.message.includes("EACCES"));
  assert.deepEqual(await snapshot(root), { a: "1" });
});

test("when a later file fails, the earlier ones are put back, and nothing is left behind", async (t) => {
  const root = await tree(t, { a: "\uFEFF1\r\n", b: "1", c: "1", wall: "" });
  await fs.chmod(join(root, "a"), 0o751);
  const before = await snapshot(root);
  const result = await writeFilesAtomically([
    write(root, "a", "\uFEFF1\r\n", "2"),
    write(root, "b", "1", null),
    write(root, "c", "1", "2", "deep/er/c"),
    write(root, "n", null, "2"),
    write(root, "wall/x", null, "2"),
  ]);
  assert.deepEqual(result, {
    ok: false,
    message: `Could not write ${join(root, "wall/x")}: ENOTDIR: not a directory. Nothing was changed: the files written before it are as they were.`,
  });
  assert.deepEqual(await snapshot(root), before);
  assert.deepEqual(await fs.readdir(root), ["a", "b", "c", "wall"]);
  assert.equal((await fs.stat(join(root, "a"))).mode & 0o777, 0o751);
});

test("a set that was written is taken back to the last byte, and what others changed since stays theirs", async (t) => {
  const root = await tree(t, { a: "\uFEFF1\r\n", b: "1", c: "1", d: "1" });
  await fs.chmod(join(root, "a"), 0o751);
  const before = await snapshot(root);
  const writes = [
    write(root, "a", "\uFEFF1\r\n", "2"),
    write(root, "b", "1", null),
    write(root, "c", "1", "2", "deep/er/c"),
    write(root, "new/n", null, "2"),
  ];
  const first = await writeFilesAtomically(writes);
  assert.equal(first.ok && (await first.takeBack()), null);
  assert.deepEqual(await snapshot(root), before);
  assert.deepEqual(await fs.readdir(root), ["a", "b", "c", "d"]);
  assert.equal((await fs.stat(join(root, "a"))).mode & 0o777, 0o751);

  const second = await writeFilesAtomically(writes);
  await fs.writeFile(join(root, "a"), "theirs");
  await fs.writeFile(join(root, "b"), "theirs");
  const left = `${join(root, "b")} (another file is there by now), ${join(root, "a")} (it was changed since)`;
  assert.equal(second.ok && (await second.takeBack()), `These could not be put back and are left changed: ${left}.`);
  assert.deepEqual(await snapshot(root), { ...before, a: "theirs", b: "theirs" });
});

test("what somebody writes while the set is staged is not written over, and the set is taken back", async (t) => {
  const root = await tree(t, { a: "1", b: "1" });
  const permits = (path: string) => (path.endsWith("/b") && writeFileSync(path, "theirs"), true);
  const result = await writeFilesAtomically([write(root, "a", "1", "2"), write(root, "b", "1", "2")], { permits });
  assert.deepEqual(result, {
    ok: false,
    message: `Could not write ${join(root, "b")}: it was changed at that moment. Nothing was changed: the files written before it are as they were.`,
    isStale: true,
  });
  assert.deepEqual(await snapshot(root), { a: "1", b: "theirs" });
  assert.deepEqual(await fs.readdir(root), ["a", "b"]);
});

test("bytes are written as they are, and a text in the encoding of its file or not at all", async (t) => {
  const root = await tree(t, { a: "1", b: "1" });
  const bytes = new Uint8Array([0, 255, 254]);
  const wide = { ...write(root, "b", "1", "\uFEFFé"), encoding: "utf16be" as const };
  const both = await writeFilesAtomically([{ ...write(root, "a", "1", ""), after: bytes }, wide]);
  assert.ok(both.ok);
  assert.deepEqual([...(await fs.readFile(join(root, "a")))], [...bytes]);
  assert.deepEqual([...(await fs.readFile(join(root, "b")))], [0xfe, 0xff, 0, 0xe9]);
  assert.deepEqual(await writeFilesAtomically([{ ...write(root, "n", null, "日"), encoding: "bytes" }]), {
    ok: false,
    message: `${join(root, "n")} is bytes that are not UTF-8, which cannot spell its new text. Nothing was written.`,
  });
});

test("the paths that a plan shows are exactly the paths that change on disk, and the texts are those of the plan", async (t) => {
  const names = ["a", "b", "c", "d/e", "d/f"];
  const fate = fc.constantFrom("none", "add", "delete", "update", "move", "move+update");
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: names.length, maxLength: names.length }), async (fates) => {
      fc.pre(fates.some((each) => each !== "none"));
      const root = await tree(t, Object.fromEntries(names.map((name, index) => [name, `${name}\r\nline ${index}`])));
      const body = names.map((name, index) => section(name, fates[index] ?? "none", index)).join("");
      const before = await snapshot(root);
      const parsed = parsePatch(`*** Begin Patch\n${body}*** End Patch`);
      assert.ok(parsed.ok);
      const planned = await planPatch(parsed.patch, { cwd: root, read: readTextFile });
      assert.ok(planned.ok);
      const result = await writeFilesAtomically(planned.plan);
      const after = await snapshot(root);
      const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
        (path) => before[path] !== after[path],
      );
      const shown = planned.plan.flatMap(({ path, change }) =>
        change.kind === "update" && change.movePath !== null ? [path, change.movePath] : [path],
      );
      assert.deepEqual(changed.map((path) => join(root, path)).toSorted(), shown.toSorted());
      assert.deepEqual(result.ok && result.paths, shown);
      for (const { path, change, after: text } of planned.plan) {
        const to = change.kind === "update" ? (change.movePath ?? path) : path;
        assert.equal(after[relative(root, to)], text ?? undefined);
      }
    }),
    { numRuns: 40 },
  );
});

function section(name: string, fate: string, index: number): string {
  const chunk = `@@\n ${name}\n-line ${index}\n+changed\n+more\n`;
  switch (fate) {
    case "none":
      return "";
    case "add":
      return `*** Add File: ${name}-new/file\n+added\n`;
    case "delete":
      return `*** Delete File: ${name}\n`;
    default: {
      const move = fate.startsWith("move") ? `*** Move to: moved/${name}\n` : "";
      return `*** Update File: ${name}\n${move}${fate === "move" ? "" : chunk}`;
    }
  }
}

function write(root: string, name: string, before: string | null, after: string | null, move?: string): FileWrite {
  const movePath = move === undefined ? null : join(root, move);
  const change: FileWrite["change"] =
    before === null ? { kind: "add" } : after === null ? { kind: "delete" } : { kind: "update", movePath };
  const beforeHash = before === null ? null : createHash("sha256").update(before).digest("hex");
  return { path: join(root, name), change, after, beforeHash };
}

/** Every file below `root` with its text, every link with its target. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found[relative(root, path)] = `-> ${await fs.readlink(path)}`;
    else if (entry.isFile()) found[relative(root, path)] = await fs.readFile(path, "utf8");
  }
  return found;
}

function text(content: string, encoding: Encoding = "utf8"): object {
  return { kind: "text", text: content, encoding, version: null, dirty: false };
}

function refused(reason: string): object {
  return { kind: "refused", reason };
}

test("of changes that are made at the same time, one is written, and the others are refused as stale", async (t) => {
  const root = await tree(t, { old: "old" });
  for (const name of ["old", "new"]) {
    const path = join(root, name);
    const isNew = name === "new";
    const change = isNew ? ({ kind: "add" } as const) : ({ kind: "update", movePath: null } as const);
    const beforeHash = isNew ? null : createHash("sha256").update("old").digest("hex");
    const texts = ["one", "two", "three", "four"];
    const results = await Promise.all(
      texts.map((after) => writeFilesAtomically([{ path, change, after, beforeHash }])),
    );
    const written = texts.filter((_, at) => results[at]?.ok);
    assert.deepEqual([await fs.readFile(path, "utf8")], written);
    assert.ok(results.every((result) => result.ok || result.isStale));
  }
  assert.deepEqual((await fs.readdir(root)).toSorted(), ["new", "old"]);
});

const nameTurns: readonly [
  name: string,
  before: Record<string, string>,
  writes: readonly (readonly [path: string, before: string | null, after: string | null, to?: string])[],
  after: Record<string, string>,
][] = [
  [
    "a file gives its name to a folder",
    { x: "1", b: "1" },
    [
      ["x/deep/y", null, "2"],
      ["x/z", null, "3"],
      ["x", "1", null],
      ["b", "1", "2"],
    ],
    { "x/deep/y": "2", "x/z": "3", b: "2" },
  ],
  [
    "a folder gives its name to a file",
    { "x/deep/y": "1", "x/z": "1", b: "1" },
    [
      ["x", null, "2"],
      ["x/deep/y", "1", null],
      ["x/z", "1", "2", "w"],
      ["b", "1", null],
    ],
    { x: "2", w: "2" },
  ],
  ["a file moves into a folder of its name", { x: "1" }, [["x", "1", "2", "x/y"]], { "x/y": "2" }],
  ["a file moves out of a folder to its name", { "x/y": "1" }, [["x/y", "1", "2", "x"]], { x: "2" }],
];
for (const [name, files, writes, after] of nameTurns) {
  test(`${name}, is back to the last byte when it is taken back, and stays as it was when a file behind it fails`, async (t) => {
    const root = await tree(t, { ...files, wall: "" });
    const before = await shape(root);
    const set = writes.map(([path, old, now, to]) => write(root, path, old, now, to));
    const failed = await writeFilesAtomically([...set, write(root, "wall/n", null, "n")]);
    assert.deepEqual([failed.ok, await shape(root)], [false, before]);
    const written = await writeFilesAtomically(set);
    assert.deepEqual(
      [written, await snapshot(root)],
      [
        { ...written, ok: true },
        { ...after, wall: "" },
      ],
    );
    assert.equal(written.ok && (await written.takeBack()), null);
    assert.deepEqual(await shape(root), before);
    // What fails behind the first steps takes them back, too.
    const permits = (path: string) => (path.endsWith("/late") && writeFileSync(path, "theirs"), true);
    const stale = await writeFilesAtomically([...set, write(root, "late", null, "n")], { permits });
    await fs.rm(join(root, "late"));
    assert.deepEqual([stale.ok || stale.isStale, await shape(root)], [true, before]);
  });
}

test("a folder with something in it that the set does not know stays, with all that is in it", async (t) => {
  const root = await tree(t, { "x/y": "1", "x/theirs": "t", "e/y": "1" });
  await fs.mkdir(join(root, "e/empty"));
  const before = await shape(root);
  for (const [folder, other] of [
    ["x", "x/theirs"],
    ["e", "e/empty"],
  ] as const) {
    const set = [write(root, `${folder}/y`, "1", null), write(root, folder, null, "2")];
    assert.deepEqual(await writeFilesAtomically(set), {
      ok: false,
      message: `${join(root, folder)} cannot be written: it is a directory, and ${join(root, other)} is in it. Nothing was written.`,
    });
    assert.deepEqual(await shape(root), before);
  }
});

test("a folder into which somebody puts something as it goes stays, and the folders in it come back", {
  skip: process.platform === "win32" && "POSIX modes",
}, async (t) => {
  const root = await tree(t, { "x/c": "theirs" });
  await fs.mkdir(join(root, "x/a/b"), { recursive: true });
  await fs.chmod(join(root, "x/a"), 0o750);
  const before = await shape(root);
  const undo: Undo[] = [];
  await assert.rejects(removeFolders(join(root, "x"), undo), /x\/c was put there at that moment/);
  assert.equal(await takeBack(undo), null);
  assert.deepEqual([await shape(root), (await fs.stat(join(root, "x/a"))).mode & 0o777], [before, 0o750]);
});

/** Folders, too. */
async function shape(root: string): Promise<object> {
  const entries = await fs.readdir(root, { recursive: true });
  return { ...(await snapshot(root)), entries: entries.toSorted() };
}
