// Nothing that a command started outlives it, whatever it did to get away, and whatever ends the command or the server.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startCommand } from "../../../server/exec/command.ts";
import { terminals } from "../../../server/exec/terminals.ts";
import { fifo, holdingLifeline, lifeline } from "../../support/lifeline.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";
import { processesTagged } from "./programs.ts";

const procfs = { skip: platform() === "linux" ? false : "needs /proc to look for orphans", timeout: 120_000 };
const deps = { terminals: terminals(platform()) };
const size = { rows: 24, cols: 80 };

/** Twice away from its parent, in a session of its own, deaf to requests, with the pipes open. */
const runaway = `(setsid bash -c 'trap "" TERM HUP INT; echo ready; while :; do sleep 1000; done' $0 & ) & wait`;
/** A process that is never the same for long. */
const hopper = `setsid bash -c 'echo ready; hop() { (hop) & exit; }; hop' $0 &`;

for (const [name, terminal] of [
  ["pipes", null],
  ["a terminal", size],
] as const) {
  for (const [what, line] of Object.entries({ "left its session": runaway, "starts itself again and again": hopper })) {
    test(`a process that ${what} ends when its command with ${name} does`, procfs, async () => {
      using started = await start(`${line}\nread _`, terminal);
      const { command, tag, ready, held } = started;
      await ready;
      assert.ok(processesTagged(tag).length > 0);
      await command.write(Buffer.from("\n"));
      assert.equal((await command.ended).exitCode, 0);
      assert.deepEqual(processesTagged(tag), []);
      // What is never the same for long is not seen in a list, but by what it holds.
      await held.gone;
    });

    test(`a process that ${what} ends when its command with ${name} is stopped`, procfs, async () => {
      using started = await start(`trap '' TERM\n${line}\nsleep 1000; sleep 1000`, terminal);
      const { command, tag, ready, held } = started;
      await ready;
      command.stop();
      const { aborted } = await command.ended;
      assert.equal(aborted, true);
      assert.deepEqual(processesTagged(tag), []);
      await held.gone;
    });
  }
}

test("a command that has ended takes nothing from another that runs", procfs, async () => {
  using other = await start("echo ready; read _", null);
  await other.ready;
  using started = await start(`${runaway}; true`, null);
  const { command, ready } = started;
  // It may be over, and what it started ended with it, before that has said a word.
  await Promise.race([ready, command.ended]);
  command.stop();
  await command.ended;
  assert.ok(processesTagged(other.tag).length > 0);
  other.command.stop();
  await other.command.ended;
});

test(
  "kill -9 of the server ends what left its session without a sandbox, and nothing of another server",
  procfs,
  async () => {
    const script = `trap '' TERM HUP; (setsid bash -c 'trap "" TERM HUP; echo up > away; sleep 600; sleep 600' &) & wait; sleep 600`;
    const turn = { steps: [{ calls: [{ name: "exec_command", arguments: { cmd: holdingLifeline(script) } }] }] };
    await using api = await responsesApi([turn, turn]);
    await using server = await testServer({ api, sandboxMode: "danger-full-access" });
    await using besides = await testServer({ api, sandboxMode: "danger-full-access" });
    const lines = [];
    for (const each of [server, besides]) {
      const [line, away] = [lifeline(each.workspace), fifo(each.workspace, "away")];
      lines.push(line);
      await each.startTurn("run");
      await line.started;
      await away;
    }
    let isBesidesGone = false;
    const besidesGone = lines[1]?.gone.then(() => (isBesidesGone = true));
    server.expectDeath();
    server.child.kill("SIGKILL");
    await lines[0]?.gone;
    assert.equal(isBesidesGone, false);
    besides.child.stdin?.end();
    assert.deepEqual(await besides.exited, { code: 0, signal: null });
    await besidesGone;
  },
);

async function start(line: string, terminal: typeof size | null) {
  const tag = randomUUID();
  const folder = mkdtempSync(join(tmpdir(), "belay-left-"));
  const held = lifeline(folder);
  const seen = Promise.withResolvers<void>();
  const command = await startCommand(
    {
      file: "/bin/bash",
      args: ["-c", holdingLifeline(line), tag],
      cwd: folder,
      env: { PATH: "/usr/bin:/bin" },
      terminal,
      input: "open",
      onOutput: (bytes) => void (bytes.includes("ready") && seen.resolve()),
    },
    deps,
  );
  return {
    ...{ command, tag, held, ready: seen.promise },
    [Symbol.dispose]() {
      held[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
