// What every provider of terminals must do, tried with each that is here.
import assert from "node:assert/strict";
import { platform } from "node:os";
import { test } from "node:test";
import type { LiveRequest } from "../../../server/exec/live.ts";
import type { TerminalProvider } from "../../../server/exec/pty.ts";
import { runProgram } from "../../../server/exec/run.ts";
import { candidates } from "../../../server/exec/terminals.ts";
import { isRunning, vscodeHere } from "./programs.ts";

const size = { rows: 24, cols: 80 };
const deadline = { timeout: 120_000 };
const ended = { exitCode: 0, signal: null, timedOut: false, aborted: false, spawnError: null };

/** What a terminal shows, and a promise for what it will. */
function reader() {
  let all = "";
  let wanted: { text: string; found: () => void } | null = null;
  const look = () => {
    if (wanted !== null && all.includes(wanted.text)) wanted.found();
  };
  return {
    text: () => all,
    until: (text: string) =>
      new Promise<void>((found) => {
        wanted = { text, found };
        look();
      }),
    onOutput(_: string, bytes: Buffer) {
      all += bytes.toString();
      look();
    },
  };
}

function shell(line: string, { onOutput = () => {}, ...request }: Partial<LiveRequest> = {}): LiveRequest {
  const usual = { cwd: "/", env: { PATH: "/usr/bin:/bin" }, signal: new AbortController().signal };
  return { file: "/bin/bash", args: ["-c", line], ...usual, onOutput, ...request };
}

const checks: Record<string, (provider: TerminalProvider) => Promise<void>> = {
  async "a program has a terminal of the size it was given, in its folder, with its environment and no other"(
    provider,
  ) {
    const seen = reader();
    const line = "stty size; pwd; tty -s && echo tty; env | grep -v '^BELAY_COMMAND_ID=' | sort";
    const env = { PATH: "/usr/bin:/bin", ONLY: "this" };
    const program = await provider.start(shell(line, { cwd: "/usr", onOutput: seen.onOutput, env }), size);
    assert.deepEqual(await program.ended, ended);
    const lines = seen.text().split("\r\n");
    const own = lines.filter((each) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(each));
    assert.deepEqual(own, ["24 80", "/usr", "tty", "ONLY=this", "PATH=/usr/bin:/bin", ""]);
  },
  async "a program hears that its terminal was resized"(provider) {
    const seen = reader();
    const line = "trap 'echo heard' WINCH; echo ready; read _; stty size; exit 5";
    const program = await provider.start(shell(line, { onOutput: seen.onOutput }), size);
    await seen.until("ready");
    assert.equal(await program.resize({ rows: 40, cols: 100 }), null);
    await program.write(Buffer.from("\n"));
    assert.deepEqual(await program.ended, { ...ended, exitCode: 5 });
    assert.match(seen.text(), /heard\r\n[^]*40 100\r\n$/);
    assert.match((await program.resize(size)) ?? "", /./);
  },
  async "a signal that ended the program is a code of 128 and its number"(provider) {
    const program = await provider.start(shell("kill -KILL $$"), size);
    assert.deepEqual(await program.ended, { ...ended, exitCode: 137 });
  },
  async "a program that is missing is a code of 127 and a sentence"(provider) {
    const seen = reader();
    const program = await provider.start(shell("", { file: "/no/such/program", onOutput: seen.onOutput }), size);
    assert.deepEqual(await program.ended, { ...ended, exitCode: 127 });
    assert.match(seen.text(), /\/no\/such\/program/);
  },
  async "what is typed before the program reads is not lost, and is echoed"(provider) {
    const seen = reader();
    const program = await provider.start(shell("read name; echo hello $name", { onOutput: seen.onOutput }), size);
    await program.write(Buffer.from("yöu\n"));
    assert.deepEqual(await program.ended, ended);
    assert.equal(seen.text(), "yöu\r\nhello yöu\r\n");
  },
  async "the end of the input is one for the program"(provider) {
    const seen = reader();
    const program = await provider.start(shell("cat; echo over", { onOutput: seen.onOutput }), size);
    await program.write(Buffer.from("line\n"));
    program.closeInput();
    assert.deepEqual(await program.ended, ended);
    assert.match(seen.text(), /line\r\n[^]*over\r\n$/);
  },
  async "^C stops the program that runs, and not the shell around it"(provider) {
    const seen = reader();
    // What has said so takes the key. A second one would drop what is on its way to be shown.
    const line = "trap : INT; sh -c 'echo begun; exec sleep 600'; echo after $?";
    const program = await provider.start(shell(line, { onOutput: seen.onOutput }), size);
    await seen.until("begun");
    await program.write(Buffer.from("\x03"));
    assert.deepEqual(await program.ended, ended);
    assert.match(seen.text(), /after 130/);
  },
  async "all of a long output comes, in order, before the end, to one who takes his time"(provider) {
    const pieces: Buffer[] = [];
    const onOutput = async (_: string, bytes: Buffer) => {
      await new Promise((taken) => setImmediate(taken));
      pieces.push(bytes);
    };
    const program = await provider.start(shell("seq 1 60000; exit 3", { onOutput }), size);
    assert.deepEqual(await program.ended, { ...ended, exitCode: 3 });
    const expected = Array.from({ length: 60_000 }, (_, at) => `${at + 1}\r\n`).join("");
    assert.ok(Buffer.concat(pieces).toString() === expected, `${Buffer.concat(pieces).length} of ${expected.length}`);
  },
  async "what is typed to a program that reads nothing holds up nobody"(provider) {
    const abort = new AbortController();
    const seen = reader();
    const line = "stty raw -echo; echo ready; sleep 600";
    const program = await provider.start(shell(line, { signal: abort.signal, onOutput: seen.onOutput }), size);
    await seen.until("ready");
    const typed = program.write(Buffer.alloc(1_000_000, "x"));
    await new Promise((turn) => setImmediate(turn));
    abort.abort();
    assert.equal((await program.ended).aborted, true);
    await typed;
  },
  async "jobs in groups of their own end with the program"(provider) {
    const seen = reader();
    const line = "set -m; sleep 600 & echo job $!; exit 0";
    const program = await provider.start(shell(line, { onOutput: seen.onOutput }), size);
    assert.deepEqual(await program.ended, ended);
    assert.equal(isRunning(Number(/job (\d+)/.exec(seen.text())?.[1])), false);
  },
  async "a program that ignores every request to end is killed"(provider) {
    const abort = new AbortController();
    const seen = reader();
    const line = "trap '' TERM HUP INT; echo ready; while :; do sleep 600; done";
    const wiring = { signal: abort.signal, termGraceMs: 50, onOutput: seen.onOutput };
    const program = await provider.start(shell(line, wiring), size);
    await seen.until("ready");
    abort.abort();
    const { aborted, timedOut, spawnError } = await program.ended;
    assert.deepEqual([aborted, timedOut, spawnError], [true, false, null]);
  },
  async "other commands get none of the terminals that are open"(provider) {
    const [seen, second] = [reader(), reader()];
    const program = await provider.start(shell("echo ready; read _", { onOutput: seen.onOutput }), size);
    await seen.until("ready");
    const besides = await runProgram({ file: "/bin/ls", args: ["-l", "/proc/self/fd"], cwd: "/", env: {} });
    const inTerminal = await provider.start(shell("ls -l /proc/self/fd", { onOutput: second.onOutput }), size);
    await inTerminal.ended;
    await program.write(Buffer.from("\n"));
    assert.deepEqual(await program.ended, ended);
    assert.match(besides.output, /-> /);
    assert.doesNotMatch(besides.output + second.text(), /ptmx/);
  },
};

const all = candidates({ platform: platform(), editorRoot: vscodeHere() });
if (all.length === 0) test("terminals", { skip: `there is no provider for ${platform()}` }, () => {});

for (const { name, find } of all) {
  const found = await find();
  // A module that is here must work; `script` may be missing.
  const skip = found.kind === "unavailable" && name === "script of util-linux" ? found.reason : false;
  for (const [title, check] of Object.entries(checks)) {
    test(`${title} (${name})`, { ...deadline, skip }, async () => {
      assert.ok(found.kind === "available", JSON.stringify(found));
      assert.equal(found.name, name);
      await check(found.provider);
    });
  }
}
