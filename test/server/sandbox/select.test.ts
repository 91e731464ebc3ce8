// How a command is started under a policy: as it is, in the sandbox, or not at all.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import type { Launcher } from "../../../server/sandbox/launcher.ts";
import { linuxSandbox } from "../../../server/sandbox/linux.ts";
import { type SandboxFacts, sandboxCommand } from "../../../server/sandbox/select.ts";
import { fakeContext } from "./fake-files.ts";

const command = { argv: ["ls", "-l"], cwd: "/ws", env: { A: "1" } };
const readOnly: SandboxPolicy = { type: "readOnly", networkAccess: false };
const launcher: Launcher = { kind: "bubblewrap", helper: "/usr/bin/bwrap", filter: "/state/f", report: "/state/r" };
const facts: SandboxFacts = {
  status: { kind: "works", layer: "bubblewrap, seccomp" },
  launcher,
  context: fakeContext({}),
};
const broken: SandboxFacts = { ...facts, status: { kind: "unavailable", reason: "No helper.", cure: "Install it." } };

const unrestricted: SandboxPolicy[] = [
  { type: "dangerFullAccess" },
  { type: "externalSandbox", networkAccess: "restricted" },
];

for (const policy of unrestricted) {
  test(`${policy.type} starts the command as it is, even where no sandbox works`, () => {
    assert.deepEqual(sandboxCommand(command, policy, broken), {
      kind: "run",
      file: "ls",
      args: ["-l"],
      cwd: "/ws",
      env: { A: "1" },
    });
  });
}

test("a restricted policy starts the command in the sandbox", () => {
  const sandboxed = sandboxCommand(command, readOnly, facts);
  const policy = {
    kind: "restricted" as const,
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
  assert.deepEqual(sandboxed, { kind: "run", ...linuxSandbox(command, policy, launcher) });
});

test("the cwd of a command is made real, and does not become a writable root", () => {
  const context = fakeContext({ "/elsewhere": "directory", "/link": { link: "/elsewhere" } });
  const policy: SandboxPolicy = {
    type: "workspaceWrite",
    writableRoots: [],
    networkAccess: false,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  };
  const sandboxed = sandboxCommand({ ...command, cwd: "/link" }, policy, { ...facts, context });
  assert.ok(sandboxed.kind === "run");
  assert.equal(sandboxed.args[sandboxed.args.indexOf("--chdir") + 1], "/elsewhere");
  const writable = sandboxed.args.filter((_, index) => sandboxed.args[index - 1] === "--bind");
  assert.deepEqual(writable, ["/ws"]);
});

const refusals: [string, Parameters<typeof sandboxCommand>, string][] = [
  [
    "where the sandbox does not work, with cause and cure",
    [command, readOnly, broken],
    "The command was not run: the sandbox is not available. No helper. Install it.",
  ],
  [
    "without a helper",
    [command, readOnly, { ...facts, launcher: null }],
    "The command was not run: bubblewrap (bwrap) was not found.",
  ],
  ["without a command", [{ ...command, argv: [] }, readOnly, facts], "The command is empty."],
  [
    "in a directory that does not exist",
    [{ ...command, cwd: "/gone" }, readOnly, facts],
    "The working directory /gone does not exist.",
  ],
  [
    "in a relative directory",
    [{ ...command, cwd: "sub" }, readOnly, facts],
    "The working directory sub is not an absolute path.",
  ],
];

for (const [name, args, message] of refusals) {
  test(`a command is refused ${name}`, () => {
    assert.deepEqual(sandboxCommand(...args), { kind: "refuse", message });
  });
}
