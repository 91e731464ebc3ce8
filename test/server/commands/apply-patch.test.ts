// `belay apply-patch` as it is called: what it writes and says, and that a patch it refuses changes nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { tree } from "../../support/tree.ts";

const main = new URL("../../../server/main.ts", import.meta.url).pathname;

test("adds, changes, moves and deletes files, and says so, new ones first", async (t) => {
  const root = await tree(t, { "ws/a.txt": "1\r\n2\r\n", "ws/b.txt": "b\n", "ws/c.txt": "c\n" });
  const body = [
    ...["*** Delete File: c.txt", "*** Update File: a.txt", "@@", "-2", "+3"],
    ...["*** Update File: ./b.txt", "*** Move to: sub/../moved/b.txt", "*** Add File: new/d.txt", "+d"],
  ];
  assert.deepEqual(applyPatch(body, join(root, "ws")), {
    status: 0,
    stdout: "Success. Updated the following files:\nA new/d.txt\nM a.txt\nM moved/b.txt\nD c.txt\n",
    stderr: "",
  });
  assert.deepEqual(await snapshot(root), { "ws/a.txt": "1\r\n3\r\n", "ws/moved/b.txt": "b\n", "ws/new/d.txt": "d\n" });
});

test("keeps what is not UTF-8 byte for byte, and refuses to add to it what is not ASCII", async (t) => {
  const root = await tree(t, { "ws/latin1": Buffer.from([0x63, 0xe9, 0x0a, 0x78, 0x0a]) });
  assert.equal(applyPatch(["*** Update File: latin1", "@@", "-x", "+y"], join(root, "ws")).status, 0);
  assert.deepEqual([...(await fs.readFile(join(root, "ws/latin1")))], [0x63, 0xe9, 0x0a, 0x79, 0x0a]);
  assert.deepEqual(applyPatch(["*** Update File: latin1", "@@", "-y", "+é"], join(root, "ws")), {
    status: 1,
    stdout: "",
    stderr: `belay apply-patch: Cannot change ${join(root, "ws/latin1")}: it is not UTF-8, and what is not, takes only ASCII in added lines. Leave other characters out, or convert the file with a command first.\n`,
  });
});

test("a patch that is no patch, a folder that is none and a wrong option say what to do", async (t) => {
  const root = await tree(t, { "ws/a": "1\n" });
  const cwd = join(root, "ws");
  const stderrOf = (args: readonly string[], input: string | Buffer) => belay(args, input);
  assert.deepEqual(stderrOf(["--cwd", cwd], "hello"), {
    status: 1,
    stdout: "",
    stderr: 'belay apply-patch: invalid patch at line 1: found "hello", expected "*** Begin Patch"\n',
  });
  assert.deepEqual(stderrOf(["--cwd", cwd], Buffer.from([0xff])), {
    status: 1,
    stdout: "",
    stderr: "belay apply-patch: the patch is not UTF-8 text.\n",
  });
  assert.deepEqual(stderrOf(["--cwd", join(cwd, "a")], ""), {
    status: 1,
    stdout: "",
    stderr: `belay apply-patch: ${join(cwd, "a")} is not a folder. Name one with --cwd.\n`,
  });
  const wrong = stderrOf(["--force"], "");
  assert.deepEqual([wrong.status, wrong.stdout, wrong.stderr.includes("Usage: belay apply-patch")], [2, "", true]);
});

const protectedSpellings = [
  ...[
    ".git/config",
    "./.git/config",
    "a/../.git/config",
    ".git//config",
    ".GIT/config",
    ".git./config",
    ".git /config",
  ],
  ...[".gi\u200ct/config", "GIT~1/config", ".git::$INDEX_ALLOCATION/config", ".vscode\\settings.json", "a/.belay/x"],
  ...[
    ".Codex/config.toml",
    ".mcp.json",
    ".MCP.JSON.",
    "x.code-workspace",
    "X.CODE-WORKSPACE ",
    "linked/config",
    "hooks",
  ],
];
const outside = ["../out", "a/../../out", "/etc/belay-test", "away/out", "away/../../out", "deep/link"];
for (const [what, spellings, reason] of [
  ["a protected path", protectedSpellings, "protected"],
  ["a path outside the folder", outside, "outside the folder"],
] as const) {
  test(`${what} is refused in any spelling, as a file and as the target of a move, and nothing changes`, async (t) => {
    const root = await tree(t, {
      "ws/a/f": "1\n",
      "ws/.git/config": "c\n",
      "ws/deep/x": "",
      "other/x": "",
      out: "o\n",
    });
    await fs.symlink(".git", join(root, "ws/linked"));
    await fs.symlink(".git/hooks", join(root, "ws/hooks"));
    await fs.symlink("../other", join(root, "ws/away"));
    await fs.symlink("../../other/new", join(root, "ws/deep/link"));
    const before = await snapshot(root);
    const fine = ["*** Add File: fine", "+1"];
    for (const [index, path] of spellings.entries()) {
      // In turn, because each is a process; every way with every spelling is in the test of judged places.
      const ways = [
        [...fine, `*** Add File: ${path}`, "+x"],
        [...fine, "*** Update File: a/f", `*** Move to: ${path}`],
        [...fine, `*** Update File: ${path}`, "@@", "-c", "+d"],
        [`*** Delete File: ${path}`],
      ];
      const { status, stdout, stderr } = applyPatch(ways[index % ways.length] ?? [], join(root, "ws"));
      assert.deepEqual([status, stdout], [1, ""], `${path}: ${stderr}`);
      assert.ok(stderr.includes(reason), `${path}: ${stderr}`);
    }
    assert.deepEqual(await snapshot(root), before);
  });
}

test("a path with control or direction characters is refused by what it is", async (t) => {
  const root = await tree(t, { "ws/a": "1\n" });
  for (const path of ["a\u202eb", "a\u0007b", "\u2066x"]) {
    const { status, stderr } = applyPatch([`*** Add File: ${path}`, "+x"], join(root, "ws"));
    assert.equal(status, 1);
    assert.match(stderr, /has control characters; spell it without them/);
  }
  assert.deepEqual(await snapshot(root), { "ws/a": "1\n" });
});

test("when one file of many does not fit, none is changed", async (t) => {
  const root = await tree(t, { "ws/a": "1\n", "ws/b": "1\n" });
  const body = [
    "*** Update File: a",
    "@@",
    "-1",
    "+2",
    "*** Add File: n",
    "+1",
    "*** Update File: b",
    "@@",
    "-2",
    "+3",
  ];
  const { status, stderr } = applyPatch(body, join(root, "ws"));
  assert.equal(status, 1);
  assert.match(stderr, /Failed to find expected lines in .*\/b:\n2\n[^]*1: 1\n$/);
  assert.deepEqual(await snapshot(root), { "ws/a": "1\n", "ws/b": "1\n" });
});

function applyPatch(body: readonly string[], cwd: string) {
  return belay(["--cwd", cwd], ["*** Begin Patch", ...body, "*** End Patch", ""].join("\n"));
}

function belay(args: readonly string[], input: string | Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "apply-patch", ...args], {
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Every file below `root` with its text. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map(async (path) => [relative(root, path), await fs.readFile(path, "utf8")]));
  return Object.fromEntries(texts) as Record<string, string>;
}
