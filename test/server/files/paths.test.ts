// What a spelled path means, and every disguise in which a path could pass for another.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readlink, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isProtected, realTarget, resolveInside } from "../../../server/files/paths.ts";
import { isInside } from "../../../server/util/inside.ts";
import fc from "../../support/properties.ts";

const resolved: Record<string, string> = {
  "a.txt": "/ws/a.txt",
  "./a//b/../c.txt": "/ws/a/c.txt",
  "../x": "/x",
  "/etc/passwd": "/etc/passwd",
  "a b.txt": "/ws/a b.txt",
  "%2e%2e/x": "/ws/%2e%2e/x",
  "日本.md": "/ws/日本.md",
};
for (const [spelled, path] of Object.entries(resolved)) {
  test(`"${spelled}" in /ws means ${path}`, { skip: process.platform === "win32" && "POSIX paths" }, () => {
    assert.deepEqual(resolveInside("/ws", spelled), { ok: true, path });
  });
}

const refused: Record<string, string> = {
  "": "the path is empty",
  "  ": "the path is empty",
  "a\0.txt": 'the path "a\\u{0}.txt" has control characters; spell it without them',
  "a\nb": 'the path "a\\u{A}b" has control characters; spell it without them',
  "a\u202Etxt.exe": 'the path "a\\u{202E}txt.exe" has control characters; spell it without them',
  "a\uD800": 'the path "a\\u{D800}" has control characters; spell it without them',
  "src/": 'the path "src/" names a directory; name a file',
};
for (const [spelled, message] of Object.entries(refused)) {
  test(`the path ${JSON.stringify(spelled)} is refused`, () => {
    assert.deepEqual(resolveInside("/ws", spelled), { ok: false, message });
  });
}

const inside: readonly [root: string, path: string, expected: boolean][] = [
  ["/ws", "/ws", true],
  ["/ws", "/ws/a/b", true],
  ["/ws", "/ws/..a", true],
  ["/ws", "/ws-evil", false],
  ["/ws", "/ws-evil/a", false],
  ["/ws", "/", false],
  ["/ws/", "/ws/a", true],
  ["/ws", "/ws/../etc", false],
  ["/ws/a", "/ws/ab", false],
  ["/", "/etc", true],
];
for (const [root, path, expected] of inside) {
  test(`${path} is ${expected ? "" : "not "}inside ${root}`, () => {
    assert.equal(isInside(root, path), expected);
  });
}

test("a file that is not there yet lands where its linked ancestor really is", async (t) => {
  const root = await linkedTree(t);
  assert.equal(await target(join(root, "ws/link/deep/new.txt")), join(root, "outside/deep/new.txt"));
});

test("a link whose target is missing lands at that target", async (t) => {
  const root = await linkedTree(t);
  assert.equal(await target(join(root, "ws/dangling")), join(root, "outside/none"));
  assert.equal(await target(join(root, "ws/dangling/below")), join(root, "outside/none/below"));
});

test("an existing file lands at its real path", async (t) => {
  const root = await linkedTree(t);
  assert.equal(await target(join(root, "ws/file-link")), join(root, "ws/file"));
  assert.equal(await target(join(root, "ws/file/below")), join(root, "ws/file/below"));
});

test("a loop of links has no answer", async (t) => {
  const root = await linkedTree(t);
  await assert.rejects(target(join(root, "ws/loop")), { code: "ELOOP" });
});

test("an ancestor that may not be looked into has no answer", async () => {
  const denied = () => Promise.reject(Object.assign(new Error("denied"), { code: "EACCES" }));
  await assert.rejects(realTarget("/ws/a", { realpath: denied, readlink: denied }), { code: "EACCES" });
});

test("names that only look like protected ones are free", () => {
  for (const name of [
    ".gitignore",
    "git",
    ".github/a",
    "a.git",
    ".vscode-test/a",
    "mcp.json",
    "code-workspace",
    ".belayrc",
  ]) {
    assert.equal(isProtected("/ws", `/ws/${name}`), false, name);
  }
});

test("a protected name in the root's own path, or outside of the root, does not count", () => {
  assert.equal(isProtected("/home/.vscode/ext", "/home/.vscode/ext/a"), false);
  assert.equal(isProtected("/ws", "/other/.git/config"), false);
});

const disguises: readonly string[] = [
  ".git/config",
  "a/b/.git",
  ".GIT/hooks/pre-commit",
  ".Git./config",
  ".git ../config",
  ".git . .",
  ".g\u200cit/config",
  ".git::$INDEX_ALLOCATION/config",
  "GIT~1/config",
  "a\\.git\\config",
  ".v\u017Fcode/settings.json",
  ".VSCode/Settings.json",
  "sub/.belay/rules",
  ".mcp.json",
  ".MCP.JSON ",
  "x.code-workspace",
  "a/X.Code-Workspace.",
  "PROJEC~1.COD",
];
for (const spelled of disguises) {
  test(`${JSON.stringify(spelled)} is protected`, () => {
    assert.equal(isProtected("/ws", `/ws/${spelled}`), true);
  });
}

test("every spelling of a protected name, at any depth, is found", () => {
  const name = fc.constantFrom(".git", ".vscode", ".belay", ".mcp.json", "my.code-workspace");
  const ignorable = fc.constantFrom("", "", "", "\u200c", "\u200d", "\ufeff", "\u206a");
  const spelling = name.chain((plain) =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.boolean(), ignorable), { minLength: plain.length, maxLength: plain.length }),
        fc.constantFrom("", ".", " ", ". .", "...", "::$DATA", " :x"),
      )
      .map(([marks, suffix]) => {
        const letters = [...plain].map((letter, index) => {
          const [upper, mark] = marks[index] ?? [false, ""];
          return (upper ? letter.toUpperCase() : letter) + mark;
        });
        return letters.join("") + suffix;
      }),
  );
  const folder = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  fc.assert(
    fc.property(
      fc.array(folder, { maxLength: 3 }),
      spelling,
      fc.array(folder, { maxLength: 3 }),
      (above, spelled, below) => {
        assert.equal(isProtected("/ws", ["/ws", ...above, spelled, ...below].join("/")), true);
      },
    ),
  );
});

test("isInside agrees with a comparison of components", () => {
  const component = fc.constantFrom("a", "ab", "a-b", "..a", "b");
  const path = fc.array(component, { maxLength: 4 });
  fc.assert(
    fc.property(path, path, (root, other) => {
      assert.equal(
        isInside(`/${root.join("/")}`, `/${other.join("/")}`),
        root.every((part, index) => other[index] === part),
      );
    }),
  );
});

function target(path: string): Promise<string> {
  return realTarget(path, { realpath, readlink });
}

async function linkedTree(t: { after(run: () => Promise<void>): void }): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "belay-paths-")));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, "ws"));
  await mkdir(join(root, "outside"));
  await writeFile(join(root, "ws/file"), "");
  await symlink("../outside", join(root, "ws/link"));
  await symlink("link/none", join(root, "ws/dangling"));
  await symlink("file", join(root, "ws/file-link"));
  await symlink("loop", join(root, "ws/loop"));
  return root;
}
