// Running programs: every way to end gives one result of the same shape, in time, and leaves nothing behind.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { platform } from "node:os";
import { test } from "node:test";
import { runProgram } from "../../../server/exec/run.ts";
import { ended, isRunning, processesTagged, runFixture } from "./programs.ts";

// The timeout is the deadline of a test whose failure would be to hang.
const posix = {
  skip: platform() === "win32" ? "signals and groups as tested here are POSIX" : false,
  timeout: 120_000,
};
const procfs = { skip: platform() === "linux" ? false : "needs /proc to look for orphans", timeout: 120_000 };

test("a program that fails by itself gives its exit code and both its streams", async () => {
  const result = await runFixture("prints-to-both.js");
  assert.deepEqual(
    { ...result, output: result.output.split("\n").sort() },
    { ...ended, exitCode: 3, output: ["", "err", "out"] },
  );
});

test("a program sees the environment it was given, its mark and nothing else", async () => {
  const { durationMs: _, ...result } = await runProgram({
    file: process.execPath,
    args: ["-p", "process.env.ONLY + Object.keys(process.env).filter((name) => name !== 'BELAY_COMMAND_ID').length"],
    cwd: "/",
    env: { ONLY: "this" },
  });
  assert.deepEqual(result, { ...ended, output: "this1\n" });
});

test("a program that reads its stdin finds the end of it", async () => {
  const { durationMs: _, ...result } = await runProgram({
    file: process.execPath,
    args: ["-e", "process.stdin.on('end', () => console.log('end')).resume()"],
    cwd: "/",
    env: {},
  });
  assert.deepEqual(result, { ...ended, output: "end\n" });
});

test("a result keeps the head and the tail of a big output and counts what it left out", async () => {
  const result = await runFixture("prints-bytes.js", ["5000000"], { keepBytes: 20 });
  assert.deepEqual(result, {
    ...ended,
    output: "0123456789\n[... 4999980 bytes omitted ...]\n0123456789",
    truncatedBytes: 4_999_980,
  });
});

test("output is passed on whole and in order", async () => {
  const pieces: Buffer[] = [];
  const result = await runFixture("prints-bytes.js", ["300000"], { onOutput: (piece) => void pieces.push(piece) });
  assert.deepEqual(result, { ...ended, output: Buffer.concat(pieces).toString() });
  assert.equal(result.output, "0123456789".repeat(30_000));
});

test("a character whose bytes arrive apart, with another stream in between, stays whole", posix, async () => {
  const result = await runFixture("splits-character.js", [], {
    onOutput: (bytes) => void (/^\d+\n$/.test(String(bytes)) && process.kill(Number(bytes), "SIGUSR2")),
  });
  assert.deepEqual({ ...result, output: result.output.replace(/\d+/, "ID") }, { ...ended, output: "ID\né" });
});

const never: [string, Partial<Parameters<typeof runProgram>[0]>, RegExp][] = [
  ["does not exist", { file: "/no/such/program" }, /ENOENT/],
  ["has a cwd that does not exist", { cwd: "/no/such/directory" }, /"cwd" option is invalid: \/no\/such\/directory/],
  ["has a NUL byte among its arguments", { args: ["a\0b"] }, /null bytes/],
];

for (const [name, request, message] of never) {
  test(`a program that ${name} gives a result that says why it never started`, async () => {
    const { spawnError, ...result } = await runFixture("forever.js", [], request);
    assert.match(spawnError ?? "", message);
    assert.deepEqual({ ...result, spawnError: null }, { ...ended, exitCode: null });
  });
}

test("a signal aborted before the start starts nothing", async () => {
  const result = await runFixture("prints-to-both.js", [], { signal: AbortSignal.abort() });
  assert.deepEqual(result, { ...ended, exitCode: null, aborted: true });
});

test("a program that outlives its timeout is ended", posix, async () => {
  const result = await runFixture("forever.js", [], { timeoutMs: 1 });
  assert.deepEqual({ ...result, output: "" }, { ...ended, exitCode: null, signal: "SIGTERM", timedOut: true });
});

test("a program that ends before its timeout is not touched by it", async () => {
  assert.deepEqual(await runFixture("prints-bytes.js", ["2"], { timeoutMs: 1_000_000 }), { ...ended, output: "01" });
});

test("a program that ignores SIGTERM is killed", posix, async () => {
  const abort = new AbortController();
  const result = await runFixture("ignores-sigterm.js", [], { signal: abort.signal, onOutput: () => abort.abort() });
  assert.deepEqual(result, { ...ended, exitCode: null, signal: "SIGKILL", aborted: true, output: "ready\n" });
});

test("a program killed by someone else gives the signal and no reason of ours", posix, async () => {
  const { durationMs: _, ...result } = await runProgram({
    file: process.execPath,
    args: ["-e", "process.kill(process.pid, 'SIGKILL')"],
    cwd: "/",
    env: {},
  });
  assert.deepEqual(result, { ...ended, exitCode: null, signal: "SIGKILL" });
});

test("what a program leaves running in its group ends with it", procfs, async (t) => {
  const tag = randomUUID();
  t.after(() => processesTagged(tag).forEach((id) => void process.kill(id, "SIGKILL")));
  assert.deepEqual(await runFixture("leaves-child.js", [tag]), ended);
  assert.deepEqual(processesTagged(tag), []);
});

test("a process of another session that holds the pipes ends with the program", procfs, async (t) => {
  const holder = holderOf(t);
  const result = await runFixture("leaves-pipe-holder.js", ["exit"], { onOutput: holder.read });
  assert.equal(holder.isRunning(), false);
  assert.deepEqual({ ...result, output: "" }, { ...ended, exitCode: 4 });
});

test("and with one that is aborted", procfs, async (t) => {
  const holder = holderOf(t);
  const abort = new AbortController();
  const onOutput = (bytes: Buffer) => {
    holder.read(bytes);
    abort.abort();
  };
  const result = await runFixture("leaves-pipe-holder.js", ["stay"], { signal: abort.signal, onOutput });
  assert.equal(holder.isRunning(), false);
  assert.deepEqual({ ...result, output: "" }, { ...ended, exitCode: null, signal: "SIGTERM", aborted: true });
});

// The process that leaves-pipe-holder.js names in its output; ended with the test.
function holderOf(t: { after(act: () => void): void }) {
  let id: number | null = null;
  t.after(() => id !== null && isRunning(id) && process.kill(id, "SIGKILL"));
  return {
    read(bytes: Buffer) {
      const named = /holder (\d+)/.exec(String(bytes))?.[1];
      if (named !== undefined) id = Number(named);
    },
    isRunning: () => id === null || isRunning(id),
  };
}
