// Commands that run: typed to, stopped, read bit by bit, and told about whole when they have ended.
import assert from "node:assert/strict";
import { platform } from "node:os";
import { test } from "node:test";
import { type CommandRequest, type RunningCommand, startCommand } from "../../../server/exec/command.ts";
import { terminals } from "../../../server/exec/terminals.ts";
import { ended } from "./programs.ts";

const posix = { skip: platform() === "win32" ? "the programs are POSIX" : false, timeout: 120_000 };
const deps = { terminals: terminals(platform()) };
const nowhere = { terminals: async () => ({ kind: "unavailable" as const, reason: "there are none" }) };
const size = { rows: 24, cols: 80 };

function shell(line: string, request: Partial<CommandRequest> = {}): CommandRequest {
  const env = { PATH: "/usr/bin:/bin" };
  return { file: "/bin/sh", args: ["-c", line], cwd: "/", env, terminal: null, ...request };
}

async function resultOf(command: RunningCommand) {
  const { durationMs: _, ...facts } = await command.ended;
  return facts;
}

/** Resolves when the command has written this. */
function written(text: string) {
  const seen = Promise.withResolvers<void>();
  let all = "";
  const onOutput = (bytes: Buffer) => {
    all += bytes.toString();
    if (all.includes(text)) seen.resolve();
  };
  return { onOutput, seen: seen.promise };
}

test("a command without a terminal takes what is typed and the end of it", posix, async () => {
  const command = await startCommand(shell("read name; echo hello $name; cat", { input: "open" }), deps);
  await command.write(Buffer.from("you\nrest"));
  command.closeInput();
  assert.deepEqual(await resultOf(command), { ...ended, output: "hello you\nrest" });
});

test("what was written since the last look is told once, and all of it at the end", posix, async () => {
  const first = written("one\n");
  const command = await startCommand(shell("echo one; read _; echo two", { input: "open", ...first }), deps);
  await first.seen;
  assert.deepEqual(command.takeNew(), { text: "one\n", omitted: 0 });
  assert.deepEqual(command.takeNew(), { text: "", omitted: 0 });
  await command.write(Buffer.from("\n"));
  assert.deepEqual(await resultOf(command), { ...ended, output: "one\ntwo\n" });
  assert.deepEqual(command.takeNew(), { text: "two\n", omitted: 0 });
});

test("a command that is stopped is asked to end first", posix, async (t) => {
  // However long it takes: it is not killed before it has answered.
  t.mock.method(globalThis, "setInterval", () => undefined);
  const ready = written("ready");
  const line = "trap 'echo bye; exit 3' TERM; echo ready; read _";
  const command = await startCommand(shell(line, { input: "open", ...ready }), deps);
  await ready.seen;
  command.stop();
  assert.deepEqual(await resultOf(command), { ...ended, exitCode: 3, aborted: true, output: "ready\nbye\n" });
});

test("a command in a terminal is typed to, resized and stopped", posix, async (t) => {
  const here = await deps.terminals();
  if (here.kind === "unavailable") return t.skip(here.reason);
  const [ready, resized] = [written("ready"), written("40 100")];
  const onOutput = (bytes: Buffer) => [ready, resized].forEach((each) => each.onOutput(bytes));
  const line = "stty size; echo ready; read _; stty size; sleep 600";
  const command = await startCommand(shell(line, { terminal: size, onOutput }), deps);
  assert.deepEqual([command.terminal, command.whyNot], [size, null]);
  await ready.seen;
  assert.equal(await command.resize({ rows: 40, cols: 100 }), null);
  await command.write(Buffer.from("\n"));
  await resized.seen;
  command.stop();
  const { exitCode: _, signal: __, ...facts } = await resultOf(command);
  const { exitCode: ___, signal: ____, ...expected } = ended;
  assert.deepEqual(facts, { ...expected, aborted: true, output: "24 80\r\nready\r\n\r\n40 100\r\n" });
});

test("where there are no terminals a command runs with pipes, and says why", posix, async () => {
  const command = await startCommand(shell("test -t 1 || echo pipe", { terminal: size }), nowhere);
  assert.deepEqual([command.terminal, command.whyNot], [null, "there are none"]);
  assert.equal(await command.resize(size), "the command has no terminal");
  assert.deepEqual(await resultOf(command), { ...ended, output: "pipe\n" });
});

test("a receiver that takes its time is waited for, and gets all of it", posix, async () => {
  let bytes = 0;
  let isTaking = false;
  const command = await startCommand(
    shell("head -c 2000000 /dev/zero", {
      async onOutput(piece) {
        assert.equal(isTaking, false);
        isTaking = true;
        await new Promise((taken) => setImmediate(taken));
        isTaking = false;
        bytes += piece.length;
      },
    }),
    deps,
  );
  assert.equal((await command.ended).exitCode, 0);
  assert.equal(bytes, 2_000_000);
});

for (const [name, line] of Object.entries({
  "writes the same line for ever": "yes a line",
  "writes whatever bytes there are for ever": "cat /dev/urandom",
  "paints for ever": String.raw`yes "$(printf '\033[31m\033[2J\033]0;title\007\r')"`,
})) {
  test(`a command that ${name} is kept within bounds, counted, and stopped`, posix, async () => {
    let bytes = 0;
    const command = await startCommand(
      shell(line, {
        onOutput(piece) {
          bytes += piece.length;
          if (bytes > 20_000_000) command.stop();
        },
      }),
      deps,
    );
    const { aborted, output, truncatedBytes } = await command.ended;
    assert.equal(aborted, true);
    assert.ok(truncatedBytes > 0 && truncatedBytes < bytes);
    // What is no UTF-8 takes three bytes where it took one.
    assert.ok(Buffer.byteLength(output) < 3.1 * 1024 * 1024);
    assert.ok(Buffer.byteLength(command.takeNew().text) < 1024 * 1024);
  });
}
