// A sandbox that does not stand: the command is not run, and that is said of the sandbox, not of the command.
import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { arch } from "node:process";
import { test } from "node:test";
import { ownPart } from "../../../server/exec/process-identity.ts";
import { runProgram } from "../../../server/exec/run.ts";
import type { Program } from "../../../server/sandbox/linux.ts";
import { machineSandbox } from "../../../server/sandbox/machine.ts";
import { commandRunner } from "../../../server/tools/execute.ts";
import { Arena, readOnly, skip, workspaceWrite } from "./real-sandbox.ts";

function stateOf(arena: Arena): string {
  return join(arena.belayHome, "cache", "sandbox");
}

test("whether the command was reached is known, whatever it ends with", { skip }, async () => {
  using arena = new Arena();
  const scripts = [
    "exit 0",
    "exit 1",
    "echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
    "kill -9 $$",
  ];
  for (const script of scripts) assert.equal((await arena.run(script, readOnly)).wasReached, true);
  assert.deepEqual(readdirSync(join(stateOf(arena), "starts")), []);
});

const withArgs = (program: Program, change: (arg: string) => string) => ({
  ...program,
  args: program.args.map(change),
});
const withFilter = ({ files = [], ...program }: Program, path: string): Program => ({
  ...program,
  files: files.map((file) => (/filter-/.test(file.path) ? { ...file, path } : file)),
});

const broken: [string, (program: Program, arena: Arena) => Program][] = [
  ["the helper is gone", (program) => ({ ...program, file: "/usr/bin/no-bwrap" })],
  ["the helper fails", (program) => withArgs(program, (arg) => (arg === "--disable-userns" ? "--no-such" : arg))],
  ["the filter is gone", (program) => withFilter(program, "/no/such/filter")],
  ["the files are not handed over", (program) => ({ ...program, files: [] })],
  [
    "the filter is empty",
    (program, arena) => {
      writeFileSync(join(arena.base, "empty"), "");
      return withFilter(program, join(arena.base, "empty"));
    },
  ],
  [
    "the filter is no program",
    (program, arena) => {
      writeFileSync(join(arena.base, "wrong"), "12345678".repeat(3));
      return withFilter(program, join(arena.base, "wrong"));
    },
  ],
];

for (const [what, damage] of broken) {
  test(`when ${what}, the command is not run, and not taken for one that failed`, { skip }, async () => {
    using arena = new Arena();
    const command = { argv: ["/bin/touch", "made"], cwd: arena.workspace, env: {} };
    const program = await arena.sandbox.translate(command, workspaceWrite, arena.workspace);
    assert.ok(program.kind === "run");
    await runProgram(damage(program, arena));
    assert.deepEqual([program.ended?.(), existsSync(join(arena.workspace, "made"))], [false, false]);
    assert.deepEqual(readdirSync(arena.workspace), [".git"]);
  });
}

test("a filter that was changed is put right before it is used", { skip }, async () => {
  using arena = new Arena();
  await arena.run("true", readOnly);
  const [filter = ""] = readdirSync(stateOf(arena)).filter((name) => name.startsWith("filter-"));
  writeFileSync(join(stateOf(arena), filter), "");
  assert.match((await arena.run("grep ^Seccomp: /proc/self/status", readOnly)).output, /^Seccomp:\t2\n/);
});

test("a start that fails makes the sandbox be asked anew, and people hear what is wrong", async () => {
  using arena = new Arena();
  let works = true;
  const sandbox = machineSandbox({
    platform: "linux",
    arch: "x64",
    userHome: arena.home,
    belayHome: arena.belayHome,
    search: { path: "", roots: [] },
    processes: ownPart(),
    run: async () =>
      works
        ? { exitCode: 0, spawnError: null, output: "" }
        : { exitCode: 1, spawnError: null, output: "bwrap: No permissions to create new namespace\n" },
  });
  if ((await sandbox.status()).kind === "unavailable") return;
  works = false;
  const message = await sandbox.failed("bwrap: No permissions to create new namespace\n");
  assert.match(message, /^The command was not run: the sandbox could not be started \(bwrap: No permissions/);
  assert.match(message, /User namespaces are blocked here/);
  assert.equal((await sandbox.status()).kind, "unavailable");
});

test("of a command in a folder that cannot be entered the sandbox says so, and works for the next one", {
  skip,
}, async () => {
  using arena = new Arena();
  const runner = commandRunner({
    platform: "linux",
    env: { PATH: "/usr/bin:/bin" },
    userHome: arena.home,
    belayHome: arena.belayHome,
    terminals: noTerminals,
  });
  const request = {
    threadId: "t",
    threadCwd: arena.workspace,
    policy: workspaceWrite,
    timeoutMs: 60_000,
    input: "nothing" as const,
    signal: new AbortController().signal,
    onOutput: () => {},
  };
  const run = async (argv: string[], cwd: string) => {
    const started = await runner.start({ ...request, argv, cwd });
    assert.ok(started.kind === "running");
    return started.launchProblem(await started.command.ended);
  };
  // In a private /tmp nothing is there yet.
  const problem = await run(["true"], "/tmp/no-such-folder");
  assert.match(problem ?? "", /^The command was not run: the sandbox could not be started \(bwrap: .*no-such-folder/);
  assert.equal(await run(["true"], arena.workspace), null);
  assert.equal((await runner.sandboxStatus()).kind, "works");
  assert.deepEqual(readdirSync(arena.workspace), [".git"]);
});

test("what killed servers noted of their starts is cleared away", {
  skip: skip || (arch === "x64" ? false : "x64 only"),
}, async () => {
  using arena = new Arena();
  await arena.run("true", readOnly);
  const starts = join(stateOf(arena), "starts");
  writeFileSync(join(starts, "999999999-1-1.1"), "");
  using _other = { [Symbol.dispose]: () => rmSync(starts, { recursive: true, force: true }) };
  const runner = commandRunner({
    ...{ platform: "linux", env: {}, userHome: arena.home, belayHome: arena.belayHome },
    terminals: noTerminals,
  });
  assert.equal((await runner.sandboxStatus()).kind, "works");
  assert.deepEqual(readdirSync(starts), []);
});

const noTerminals = async () => ({ kind: "unavailable" as const, reason: "not asked for here" });
