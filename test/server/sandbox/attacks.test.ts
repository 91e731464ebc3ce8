// Attacks on the real sandbox. Each is also run without it: one that fails there proves nothing here.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import { processesTagged } from "../exec/programs.ts";
import { Arena, readOnly, skip, unrestricted, workspaceWrite } from "./real-sandbox.ts";

interface Attack {
  name: string;
  /** Run before, outside the sandbox. */
  prepare?: string;
  script: string;
  wrapper?: string[];
  succeeded: (arena: Arena, output: string) => boolean;
}

const overwrote = (path: string) => (arena: Arena) => readFileSync(join(arena.base, path), "utf8") !== "original";
const made = (path: string) => (arena: Arena) => existsSync(join(arena.base, path));
const printed = (text: string) => (_: Arena, output: string) => output.includes(text);

const attacks: Attack[] = [
  { name: "writing outside", script: 'echo x > "$OUT/new"', succeeded: made("outside/new") },
  { name: "writing outside by ..", script: "echo x > ../outside/file", succeeded: overwrote("outside/file") },
  {
    name: "writing through a symlink in the workspace",
    prepare: 'ln -s ../outside "$WS/link"',
    script: "echo x > link/file",
    succeeded: overwrote("outside/file"),
  },
  {
    name: "writing through a symlink it makes itself",
    script: 'ln -s "$OUT/file" l 2>/dev/null && echo x > l || echo x > "$OUT/file"',
    succeeded: overwrote("outside/file"),
  },
  {
    name: "writing through a hard link",
    script: 'ln "$OUT/file" h && echo x > h',
    succeeded: overwrote("outside/file"),
  },
  {
    name: "writing through /proc/self/root",
    script: 'echo x > "/proc/self/root$OUT/file"',
    succeeded: overwrote("outside/file"),
  },
  {
    name: "writing through a descriptor it inherited",
    wrapper: ["/bin/bash", "-c", 'exec 37<"$OUT"; exec "$@"', "wrapper"],
    script: "echo x > /proc/self/fd/37/new",
    succeeded: made("outside/new"),
  },
  { name: "writing the git configuration", script: "echo x > .git/config", succeeded: overwrote("ws/.git/config") },
  {
    name: "replacing the git directory",
    script: "mv .git old && mkdir .git && echo x > .git/config",
    succeeded: overwrote("ws/.git/config"),
  },
  {
    name: "planting a git hook",
    script: "mkdir -p .git/hooks; echo x > .git/hooks/h",
    succeeded: made("ws/.git/hooks/h"),
  },
  {
    name: "writing the configuration of a repository inside the workspace",
    prepare: 'mkdir -p "$WS/lib/a/.git"; printf original > "$WS/lib/a/.git/config"',
    script: "echo x > lib/a/.git/config",
    succeeded: overwrote("ws/lib/a/.git/config"),
  },
  {
    name: "moving a repository inside the workspace away and putting another in its place",
    prepare: 'mkdir -p "$WS/lib/a/.git"; printf original > "$WS/lib/a/.git/config"',
    script: "{ mv lib old || mv lib/a lib/old; }; mkdir -p lib/a/.git; echo x > lib/a/.git/config",
    succeeded: overwrote("ws/lib/a/.git/config"),
  },
  {
    name: "writing a file that the git configuration includes",
    prepare: 'printf "[include]\npath = ../shared.config\n" > "$WS/.git/config"; touch "$WS/shared.config"',
    script: "mv shared.config old; rm -f shared.config; echo x > shared.config",
    succeeded: ({ workspace }) => readFileSync(join(workspace, "shared.config"), "utf8") !== "",
  },
  {
    name: "planting hooks where git looks for them and nothing is yet",
    prepare: 'printf "[core]\nhooksPath = .husky/_\n" > "$WS/.git/config"',
    script: "mkdir -p .husky/_; echo x > .husky/_/pre-commit",
    succeeded: made("ws/.husky/_/pre-commit"),
  },
  {
    name: "making the workspace itself a repository, without a .git",
    prepare: 'rm -r "$WS/.git"',
    script: "mkdir -p objects refs; echo ref: refs/heads/x > HEAD",
    succeeded: made("ws/HEAD"),
  },
  { name: "reading a private key", script: 'cat "$HOME/.ssh/id"', succeeded: printed("SSH-SECRET") },
  { name: "reading a credential file", script: 'cat "$HOME/.netrc"', succeeded: printed("NETRC-SECRET") },
  { name: "reading our own state", script: 'cat "$HOME/.belay/key"', succeeded: printed("BELAY-SECRET") },
  {
    name: "reading a private key through the link that leads to it",
    prepare: 'mv "$HOME/.ssh" "$OUT/keys" && ln -s "$OUT/keys" "$HOME/.ssh"',
    script: 'cat "$OUT/keys/id"',
    succeeded: printed("SSH-SECRET"),
  },
  {
    name: "uncovering a denied directory",
    script: 'umount "$HOME/.ssh"; chmod 700 "$HOME/.ssh"; mv "$HOME/.ssh" "$HOME/s"; cat "$HOME"/{.ssh,s}/id',
    succeeded: printed("SSH-SECRET"),
  },
];

for (const { name, prepare, script, wrapper = [], succeeded } of attacks) {
  for (const policy of [readOnly, workspaceWrite]) {
    test(`${name} fails under ${policy.type}`, { skip }, async () => {
      assert.deepEqual([await attempt(unrestricted), await attempt(policy)], [true, false]);
    });
  }

  async function attempt(policy: SandboxPolicy): Promise<boolean> {
    using arena = new Arena();
    if (prepare !== undefined) await arena.run(prepare, unrestricted);
    return succeeded(arena, (await arena.run(script, policy, { wrapper })).output);
  }
}

test("the network is reached only by a policy that grants it", { skip }, async () => {
  using arena = new Arena();
  await using server = createServer((socket) => socket.end("REACHED\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const script = `cat < /dev/tcp/127.0.0.1/${(server.address() as AddressInfo).port}`;
  const reached = async (policy: SandboxPolicy) => (await arena.run(script, policy)).output.includes("REACHED");
  assert.deepEqual(
    [await reached(workspaceWrite), await reached({ ...workspaceWrite, networkAccess: true })],
    [false, true],
  );
});

test("a host process can be neither seen nor killed", { skip }, async (t) => {
  using arena = new Arena();
  const victim: ChildProcess = spawn("/bin/sleep", ["100000"], { stdio: "ignore" });
  t.after(() => victim.kill());
  await once(victim, "spawn");
  // Looked for first: once killed it may be gone before the look.
  const script = `test -e /proc/${victim.pid} && echo SEEN; kill -9 ${victim.pid}`;
  assert.doesNotMatch((await arena.run(script, workspaceWrite)).output, /SEEN/);
  assert.notEqual(readFileSync(`/proc/${victim.pid}/cmdline`, "utf8"), "", "the victim has ended");
  const killed = once(victim, "exit");
  assert.match((await arena.run(script, unrestricted)).output, /SEEN/);
  assert.deepEqual(await killed, [null, "SIGKILL"]);
});

test("no capability and no way to a new user namespace is left", { skip }, async () => {
  using arena = new Arena();
  const script = "grep CapEff /proc/self/status; grep CapBnd /proc/self/status; unshare -U true && echo NAMESPACE";
  const { output } = await arena.run(script, workspaceWrite);
  assert.match(output, /^CapEff:\t0{16}\nCapBnd:\t0{16}\n/);
  assert.doesNotMatch(output, /NAMESPACE/);
});

test("the kernel's settings are read-only, also for uid 0", { skip }, async () => {
  using arena = new Arena();
  const script = "find /proc/sys -type f -writable 2>/dev/null | head -1; : >> /proc/sys/kernel/hostname; true";
  const { output } = await arena.run(script, workspaceWrite);
  assert.match(output, /^[^\n]*hostname: (Read-only file system|Permission denied)\n$/);
});

test("descriptors of any number are closed, and no core is dumped", { skip }, async () => {
  using arena = new Arena();
  const wrapper = ["/bin/bash", "-c", 'exec 7<"$OUT" 200<"$OUT"; exec "$@"', "wrapper"];
  const script = "cd /proc/self/fd; for fd in *; do [ -e $fd ] && [ $fd != 255 ] && echo $fd; done; ulimit -Hc";
  assert.equal((await arena.run(script, readOnly, { wrapper })).output, "0\n1\n2\n0\n");
});

test("a loader variable given for a command does not reach the helper, which runs outside", { skip }, async () => {
  using arena = new Arena();
  const { output } = await arena.run("echo ran", readOnly, { env: { LD_PRELOAD: "/no/such/library.so" } });
  assert.equal(output, "ran\n");
});

test("work goes on: the workspace and /tmp are writable, and the exit code is the command's", { skip }, async () => {
  using arena = new Arena();
  const script = 'echo made > made && f=$(mktemp) && echo tmp > "$f" && cat "$f" made && exit 7';
  const { exitCode, output } = await arena.run(script, workspaceWrite);
  assert.deepEqual({ exitCode, output }, { exitCode: 7, output: "tmp\nmade\n" });
  assert.equal(readFileSync(join(arena.workspace, "made"), "utf8"), "made\n");
});

test("read-only leaves /tmp and nothing else to write to", { skip }, async () => {
  using arena = new Arena();
  const { output } = await arena.run('echo x > made; f=$(mktemp) && echo x > "$f" && echo TMP', readOnly);
  assert.match(output, /made: Read-only file system\n(.*\n)*TMP\n$/);
});

test("a /tmp of the sandbox is not the host's, and is empty at the start", { skip }, async () => {
  using arena = new Arena();
  const name = `/tmp/belay-${randomUUID()}`;
  const { output } = await arena.run(`ls -A /tmp; echo x > ${name} && echo WROTE`, readOnly);
  assert.equal(output, "WROTE\n");
  assert.equal(existsSync(name), false);
});

test("a credential that is a socket is covered as well", { skip }, async () => {
  using arena = new Arena();
  await using server = createServer((socket) => socket.end("REACHED\n"));
  server.listen(join(arena.home, ".npmrc"));
  await once(server, "listening");
  const { exitCode, output } = await arena.run('cat "$HOME/.npmrc" && test ! -S "$HOME/.npmrc"', readOnly);
  assert.deepEqual({ exitCode, output }, { exitCode: 0, output: "" });
});

test("processes that left their session end with the sandbox", { skip, timeout: 120_000 }, async () => {
  using arena = new Arena();
  const tag = randomUUID();
  const abort = new AbortController();
  const script = `(setsid bash -c 'trap "" TERM HUP; echo ready; while :; do sleep 1000; done' ${tag} &) ; sleep 1000`;
  const result = await arena.run(script, readOnly, { signal: abort.signal, onOutput: () => abort.abort() });
  assert.equal(result.aborted, true);
  assert.deepEqual(processesTagged(tag), []);
});

test("what a command leaves in the background ends with it", { skip, timeout: 120_000 }, async () => {
  using arena = new Arena();
  const tag = randomUUID();
  const script = `coproc setsid bash -c 'echo ready; while :; do sleep 1000; done' ${tag}; read -ru "\${COPROC[0]}" line`;
  const { exitCode } = await arena.run(script, readOnly);
  assert.equal(exitCode, 0);
  assert.deepEqual(processesTagged(tag), []);
});
