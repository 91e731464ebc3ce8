// Programs that run while others talk to them: paced by who receives, complete, and gone when they are told.
import assert from "node:assert/strict";
import { platform } from "node:os";
import { test } from "node:test";
import { type LiveRequest, startLive } from "../../../server/exec/live.ts";

const posix = { skip: platform() === "win32" ? "the programs are POSIX" : false, timeout: 120_000 };
const never = new AbortController().signal;
const ended = { exitCode: 0, signal: null, timedOut: false, aborted: false, spawnError: null };

function shell(line: string, request: Partial<LiveRequest> = {}): LiveRequest {
  const env = { PATH: "/usr/bin:/bin" };
  return { file: "/bin/sh", args: ["-c", line], cwd: "/", env, signal: never, onOutput: async () => {}, ...request };
}

test("a receiver gets the next piece once it has taken the last, and all of them", posix, async () => {
  let bytes = 0;
  let isTaking = false;
  const program = await startLive(
    shell("head -c 3000000 /dev/zero", {
      async onOutput(_, piece) {
        assert.equal(isTaking, false);
        isTaking = true;
        await new Promise((taken) => setImmediate(taken));
        isTaking = false;
        bytes += piece.length;
      },
    }),
  );
  assert.deepEqual(await program.ended, ended);
  assert.equal(bytes, 3_000_000);
});

test("a receiver that is slower than the program's end loses nothing", posix, async (t) => {
  // What a program leaves in its pipes is given up some time behind its end, which nothing else here waits for.
  const givingUp = Promise.withResolvers<() => void>();
  t.mock.method(globalThis, "setTimeout", givingUp.resolve);
  const held = Promise.withResolvers<void>();
  let bytes = 0;
  const program = await startLive(
    shell("head -c 60000 /dev/zero; head -c 5000 /dev/zero >&2", {
      async onOutput(stream, piece) {
        bytes += piece.length;
        if (stream === "stdout") await held.promise;
      },
    }),
  );
  (await givingUp.promise)();
  for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
  held.resolve();
  assert.deepEqual(await program.ended, ended);
  assert.equal(bytes, 65_000);
});

test("a process that left the group and holds the pipes does not hold up the end", posix, async () => {
  const program = await startLive(shell("setsid sleep 3 & echo up"));
  assert.deepEqual(await program.ended, ended);
});

test("a program that was stopped before it started has never run", posix, async () => {
  const program = await startLive(shell("echo up", { signal: AbortSignal.abort() }));
  assert.deepEqual(await program.ended, { ...ended, exitCode: null, aborted: true });
});

test("what is written to a program that reads nothing and ends is dropped", posix, async () => {
  const program = await startLive(shell("exec 0<&-; exit 0"), { input: "open" });
  await program.write(Buffer.alloc(1_000_000));
  assert.deepEqual(await program.ended, ended);
  await program.write(Buffer.from("more"));
});
