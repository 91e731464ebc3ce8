// `belay sandbox`, as a user runs it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runSandboxCommand } from "../../../server/commands/sandbox.ts";
import { fixture } from "../exec/programs.ts";
import { Arena, skip } from "./real-sandbox.ts";

function belaySandbox(arena: Arena, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fixture("sandbox-command.js"), ...args], {
    cwd: arena.workspace,
    env: { PATH: "/usr/bin:/bin", HOME: arena.home, A_TOKEN: "secret" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, stdout, stderr };
}

test("the command gets the terminal's stdio, and its exit code is passed on", { skip }, () => {
  using arena = new Arena();
  const script = "echo out; echo err >&2; exit 7";
  assert.deepEqual(belaySandbox(arena, "--mode", "read-only", "--", "bash", "-c", script), {
    status: 7,
    stdout: "out\n",
    stderr: "err\n",
  });
});

test("a command ended by a signal gives 128 and its number", { skip }, () => {
  using arena = new Arena();
  const { status } = belaySandbox(arena, "--mode", "read-only", "--", "bash", "-c", "kill -TERM $$");
  assert.equal(status, 143);
});

test("a command that does not exist gives 127", { skip }, () => {
  using arena = new Arena();
  assert.equal(belaySandbox(arena, "--mode", "read-only", "--", "no-such-command").status, 127);
});

test("workspace-write writes to the cwd and the directories named, and nowhere else", { skip }, () => {
  using arena = new Arena();
  const script = 'touch made "$HOME/made" ../outside/made; true';
  const options = ["--mode", "workspace-write", "--writable", arena.outside];
  belaySandbox(arena, ...options, "--", "bash", "-c", script);
  const written = ["ws", "outside", "home"].map((directory) => existsSync(join(arena.base, directory, "made")));
  assert.deepEqual(written, [true, true, false]);
});

test("secrets of the environment do not reach the command", { skip }, () => {
  using arena = new Arena();
  const { stdout } = belaySandbox(arena, "--mode", "read-only", "--", "env");
  assert.match(stdout, /^NO_COLOR=1$/m);
  assert.doesNotMatch(stdout, /secret/);
});

test("stopped itself, it clears up behind the command first", { skip }, async () => {
  using arena = new Arena();
  const argv = [fixture("sandbox-command.js"), "--mode", "workspace-write", "--", "bash", "-c", "ls -A; sleep 1000"];
  const env = { PATH: "/usr/bin:/bin", HOME: arena.home };
  const child = spawn(process.execPath, argv, { cwd: arena.workspace, env, stdio: ["ignore", "pipe", "inherit"] });
  const [listed] = await once(child.stdout, "data");
  assert.match(String(listed), /^\.vscode$/m);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [143, null]);
  assert.deepEqual(readdirSync(arena.workspace), [".git"]);
});

async function inProcess(argv: string[], cwd: string) {
  using arena = new Arena();
  const said = { stdout: "", stderr: "" };
  const exitCode = await runSandboxCommand(argv, {
    env: { PATH: "/usr/bin", HOME: arena.home },
    cwd,
    signals: process,
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
  });
  return { exitCode, ...said };
}

test("a sandbox that cannot be set up gives 126 and a sentence, and the command is not run", { skip }, async () => {
  const argv = ["--mode", "workspace-write", "--writable", "/", "--", "touch", "/made"];
  assert.deepEqual(await inProcess(argv, "/var/tmp"), {
    exitCode: 126,
    stdout: "",
    stderr: "belay sandbox: The root directory cannot be a writable root: that would be full access.\n",
  });
});

const usage =
  "Usage: belay sandbox --mode read-only|workspace-write [--cwd DIR] [--writable DIR]... [--network] -- CMD ARG...\n";

for (const [argv, message] of [
  [["--mode", "read-only"], "the command is missing; it follows a --."],
  [["--mode", "anything", "--", "ls"], "--mode must be read-only or workspace-write."],
  [["--", "ls"], "--mode must be read-only or workspace-write."],
  [["--mode", "read-only", "--writable", "x", "--", "ls"], "--writable needs --mode workspace-write."],
] as const) {
  test(`belay sandbox ${argv.join(" ")} explains itself and gives 2`, async () => {
    const stderr = `belay sandbox: ${message}\n${usage}`;
    assert.deepEqual(await inProcess([...argv], "/"), { exitCode: 2, stdout: "", stderr });
  });
}

test("an option that does not exist gives 2, and --help gives the usage", async () => {
  const { exitCode } = await inProcess(["--mod", "read-only", "--", "ls"], "/");
  assert.equal(exitCode, 2);
  assert.deepEqual(await inProcess(["--help"], "/"), { exitCode: 0, stdout: usage, stderr: "" });
});
