// What a policy means on a machine, as a table over fake file systems.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import { type RestrictedPolicy, resolvePolicy } from "../../../server/sandbox/policy.ts";
import { type FakeEntry, fakeContext } from "./fake-files.ts";

const readOnly: SandboxPolicy = { type: "readOnly", networkAccess: false };

function workspaceWrite(...writableRoots: string[]): SandboxPolicy {
  const excluded = { excludeTmpdirEnvVar: false, excludeSlashTmp: false };
  return { type: "workspaceWrite", writableRoots, networkAccess: false, ...excluded };
}

const nothing: RestrictedPolicy = {
  kind: "restricted",
  cwd: "/ws",
  writableRoots: [],
  visibleInTmp: [],
  pinnedPaths: [],
  protectedPaths: [],
  placeholders: [],
  deniedPaths: [],
  networkAccess: false,
  privateTmp: null,
};

function resolvedWhole(policy: SandboxPolicy, entries: Record<string, FakeEntry>, changes = {}): RestrictedPolicy {
  const resolution = resolvePolicy(policy, fakeContext(entries, changes));
  assert.ok(resolution.kind === "resolved" && resolution.policy.kind === "restricted", JSON.stringify(resolution));
  return resolution.policy;
}

/** But for the placeholders, which have a test of their own. */
function resolved(policy: SandboxPolicy, entries: Record<string, FakeEntry>, changes = {}): RestrictedPolicy {
  return { ...resolvedWhole(policy, entries, changes), placeholders: [] };
}

function refusal(policy: SandboxPolicy, entries: Record<string, FakeEntry>, changes = {}): string {
  const resolution = resolvePolicy(policy, fakeContext(entries, changes));
  assert.ok(resolution.kind === "refused", JSON.stringify(resolution));
  return resolution.message;
}

test("read-only has no writable root, and protects nothing because nothing can be written", () => {
  assert.deepEqual(resolved(readOnly, { "/ws/.git": "directory" }), nothing);
});

test("workspace-write without roots means the thread's cwd alone", () => {
  assert.deepEqual(resolved(workspaceWrite(), {}), { ...nothing, writableRoots: ["/ws"] });
});

test("roots are made real, sorted parents first, and listed once", () => {
  const entries: Record<string, FakeEntry> = { "/b/deep": "directory", "/link": { link: "b" } };
  assert.deepEqual(resolved(workspaceWrite("/b/deep", "/link", "/b"), entries), {
    ...nothing,
    writableRoots: ["/b", "/b/deep", "/ws"],
  });
});

test("a workspace opened through a symlink is writable where it really is", () => {
  const policy = resolved(workspaceWrite(), { "/link": { link: "/ws" } }, { cwd: "/link" });
  assert.deepEqual(policy, { ...nothing, writableRoots: ["/ws"] });
});

test("a root that does not exist is left out, and a cwd that does not exist is refused", () => {
  assert.deepEqual(resolved(workspaceWrite("/gone"), {}), { ...nothing, writableRoots: ["/ws"] });
  assert.equal(refusal(workspaceWrite(), {}, { cwd: "/gone" }), "The working directory /gone does not exist.");
});

for (const [root, message] of [
  ["sub", "The writable root sub is not an absolute path."],
  ["/", "The root directory cannot be a writable root: that would be full access."],
  ["/proc/sys", "The writable root /proc/sys lies in /proc, which is the kernel's."],
  ["/slash", "The root directory cannot be a writable root: that would be full access."],
] as const) {
  test(`the writable root ${root} is refused`, () => {
    const entries: Record<string, FakeEntry> = { "/proc/sys": "directory", "/slash": { link: "/" } };
    assert.equal(refusal(workspaceWrite(root), entries), message);
  });
}

test("what becomes code elsewhere is protected in every root where it exists", () => {
  const entries: Record<string, FakeEntry> = {
    "/ws/.git": "directory",
    "/ws/.vscode": "directory",
    "/ws/src/.git": "directory",
    "/other/.belay": "directory",
    "/other/.mcp.json": { text: "{}" },
  };
  assert.deepEqual(resolved(workspaceWrite("/other"), entries), {
    ...nothing,
    writableRoots: ["/other", "/ws"],
    pinnedPaths: ["/ws/src"],
    protectedPaths: ["/other/.belay", "/other/.mcp.json", "/ws/.git", "/ws/.vscode", "/ws/src/.git"],
  });
});

test("repositories inside the workspace are protected where they are, to three levels, and not in node_modules", () => {
  const entries: Record<string, FakeEntry> = {
    "/ws/a/.git": { text: "gitdir: ../store/a\n" },
    "/ws/store/a": "directory",
    "/ws/a/b/c/.git": "directory",
    "/ws/a/b/c/d/.git": "directory",
    "/ws/node_modules/x/.git": "directory",
  };
  const { pinnedPaths, protectedPaths } = resolved(workspaceWrite(), entries);
  assert.deepEqual(pinnedPaths, ["/ws/a", "/ws/a/b", "/ws/a/b/c", "/ws/store"]);
  assert.deepEqual(protectedPaths, ["/ws/a/.git", "/ws/a/b/c/.git", "/ws/store/a"]);
});

test("a nested .git that is a link protects what it leads to, and refuses nothing", () => {
  const entries: Record<string, FakeEntry> = { "/ws/a/.git": { link: "../real/a.git" }, "/ws/real/a.git": "directory" };
  const { pinnedPaths, protectedPaths } = resolved(workspaceWrite(), entries);
  assert.deepEqual([pinnedPaths, protectedPaths], [["/ws/real"], ["/ws/real/a.git"]]);
});

test("what lies between two roots, or above a denied path, cannot be moved away", () => {
  const entries: Record<string, FakeEntry> = { "/ws/packages/a": "directory", "/ws/.config/gh": "directory" };
  const { pinnedPaths } = resolved(workspaceWrite("/ws/packages/a"), entries, { home: "/ws" });
  assert.deepEqual(pinnedPaths, ["/ws/.config", "/ws/packages"]);
});

test("a gitfile protects the git directory it names and the common one, where they are writable", () => {
  const entries: Record<string, FakeEntry> = {
    "/ws/.git": { text: "gitdir: store/worktrees/ws\n" },
    "/ws/store/worktrees/ws/commondir": { text: "../..\n" },
  };
  assert.deepEqual(resolved(workspaceWrite(), entries).protectedPaths, [
    "/ws/.git",
    "/ws/store",
    "/ws/store/worktrees/ws",
  ]);
});

test("a gitfile that names a directory outside the roots protects only itself", () => {
  const entries: Record<string, FakeEntry> = {
    "/ws/.git": { text: "gitdir: /repo/.git/modules/ws" },
    "/repo/.git/modules/ws": "directory",
  };
  assert.deepEqual(resolved(workspaceWrite(), entries).protectedPaths, ["/ws/.git"]);
});

test("a protected name that is a symlink refuses write mode, says why, and still allows read-only", () => {
  const entries: Record<string, FakeEntry> = { "/ws/.git": { link: "realgit" }, "/ws/realgit": "directory" };
  assert.equal(
    refusal(workspaceWrite(), entries),
    "/ws/.git is a symbolic link, so it cannot be protected while commands may write. " +
      "Replace it by what it points at, or use the read-only sandbox.",
  );
  assert.deepEqual(resolved(readOnly, entries), nothing);
});

test("credentials, our own state and host service sockets that exist are denied under their real paths", () => {
  const entries: Record<string, FakeEntry> = {
    "/home/ada/.ssh": { link: "/vault/ssh" },
    "/vault/ssh": "directory",
    "/home/ada/.netrc": { text: "" },
    "/home/ada/.aws": { link: "/gone" },
    "/home/ada/.belay": "directory",
    "/run/docker.sock": "socket",
  };
  assert.deepEqual(resolved(readOnly, entries).deniedPaths, [
    { path: "/home/ada/.belay", kind: "directory" },
    { path: "/home/ada/.netrc", kind: "file" },
    { path: "/run/docker.sock", kind: "file" },
    { path: "/vault/ssh", kind: "directory" },
  ]);
});

test("a denied path inside another denied one is covered by it", () => {
  const entries: Record<string, FakeEntry> = { "/home/ada/.ssh/belay": "directory" };
  assert.deepEqual(resolved(readOnly, entries, { belayHome: "/home/ada/.ssh/belay" }).deniedPaths, [
    { path: "/home/ada/.ssh", kind: "directory" },
  ]);
});

test("a workspace inside a denied directory is refused", () => {
  const entries: Record<string, FakeEntry> = { "/home/ada/.config/gh/ws": "directory" };
  assert.equal(
    refusal(readOnly, entries, { cwd: "/home/ada/.config/gh/ws" }),
    "/home/ada/.config/gh/ws lies in /home/ada/.config/gh, which commands may not read. Work in another directory.",
  );
});

test("a read-only workspace in /tmp stays visible, and what the private /tmp hides is not denied again", () => {
  const entries: Record<string, FakeEntry> = { "/tmp/ws": "directory", "/tmp/home/.ssh": "directory" };
  assert.deepEqual(resolved(readOnly, entries, { cwd: "/tmp/ws", home: "/tmp/home" }), {
    ...nothing,
    cwd: "/tmp/ws",
    visibleInTmp: ["/tmp/ws"],
  });
});

test("full access and an external sandbox restrict nothing, whatever the machine looks like", () => {
  const unrestricted = { kind: "resolved", policy: { kind: "unrestricted" } };
  const gone = fakeContext({}, { cwd: "/gone" });
  assert.deepEqual(resolvePolicy({ type: "dangerFullAccess" }, gone), unrestricted);
  assert.deepEqual(resolvePolicy({ type: "externalSandbox", networkAccess: "restricted" }, gone), unrestricted);
});

test("of the protected names that a root lacks, three get a placeholder, in the order of what they would do", () => {
  const missing = (entries: Record<string, FakeEntry>) => resolvedWhole(workspaceWrite(), entries).placeholders;
  assert.deepEqual(missing({}), ["/ws/.codex", "/ws/.git", "/ws/.vscode", "/ws/HEAD"]);
  assert.deepEqual(missing({ "/ws/.git": "directory" }), ["/ws/.codex", "/ws/.mcp.json", "/ws/.vscode"]);
  assert.deepEqual(resolvedWhole(readOnly, {}).placeholders, []);
});

test("hooks that git is told of and that are not there yet cannot be made", () => {
  const config = { text: "[core]\n\thooksPath = .husky/_\n" };
  const missing = (entries: Record<string, FakeEntry>) =>
    resolvedWhole(workspaceWrite(), {
      ...{ "/ws/.git": "directory", "/ws/.vscode": "directory", "/ws/.codex": "directory" },
      ...{ "/ws/.mcp.json": "directory", "/ws/.belay": "directory", ...entries },
    }).placeholders;
  assert.deepEqual(missing({ "/ws/.git/config": config }), ["/ws/.husky"]);
  assert.deepEqual(missing({ "/ws/.git/config": config, "/ws/.husky/x": { text: "" } }), ["/ws/.husky/_"]);
  assert.deepEqual(missing({ "/ws/.git/config": config, "/ws/.husky/_": "directory" }), []);
  assert.deepEqual(missing({ "/home/ada/.gitconfig": { text: "[core]\nhooksPath=.hooks" } }), ["/ws/.hooks"]);
  assert.deepEqual(missing({ "/home/ada/.gitconfig": { text: "[core]\nhooksPath=~/hooks" } }), []);
});

test("what the configuration of git includes is protected like itself", () => {
  const config = { text: '[include]\n\tpath = ../.gitconfig\n[includeIf "gitdir:/ws/"]\n\tpath = "../more"\n' };
  const entries: Record<string, FakeEntry> = {
    "/ws/.git/config": config,
    "/ws/.gitconfig": { text: "[include]\npath = conf/third" },
    "/ws/more": { text: "" },
    "/ws/conf/third": { text: "[core]\nhooksPath = hooks" },
    "/ws/hooks": "directory",
  };
  const { protectedPaths } = resolved(workspaceWrite(), entries);
  assert.deepEqual(protectedPaths, ["/ws/.git", "/ws/.gitconfig", "/ws/conf/third", "/ws/hooks", "/ws/more"]);
  assert.match(
    refusal(workspaceWrite(), { "/ws/.git/config": config, "/ws/more": { text: "" } }),
    /^Git is told to read \/ws\/\.gitconfig, which does not exist.*Make it, even empty/,
  );
  assert.deepEqual(
    resolved(workspaceWrite(), { "/ws/.git/config": { text: "[include]\npath=/home/ada/x" } }).protectedPaths,
    ["/ws/.git"],
  );
});

test("hooks that a repository keeps among its files are protected like those in its .git", () => {
  const config = { text: '[core]\n\thooksPath = .husky/_\n[core] HOOKSPATH = "lib/my hooks"\n\thookspath = .\n' };
  const hooks = { "/ws/.husky/_/pre-commit": { text: "" }, "/ws/lib/my hooks/x": { text: "" } };
  const { protectedPaths, pinnedPaths } = resolved(workspaceWrite(), { "/ws/.git/config": config, ...hooks });
  assert.deepEqual(
    { protectedPaths, pinnedPaths },
    { protectedPaths: ["/ws/.git", "/ws/.husky/_", "/ws/lib/my hooks"], pinnedPaths: ["/ws/.husky", "/ws/lib"] },
  );
});
