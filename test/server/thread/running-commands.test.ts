// Which commands of a thread are known: those that run, and the ends that the model has not heard of.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Turn } from "../../../server/protocol/turn.ts";
import { RunningCommands } from "../../../server/thread/running-commands.ts";
import type { ThreadCommand } from "../../../server/tools/command.ts";
import { startedCommand } from "../../../server/tools/command-item.ts";

function itemOf(processId: string) {
  const ran = { argv: ["ls"], script: "ls", cwd: "/", source: "agent" as const, tty: false, startedAtMs: 1 };
  return startedCommand({ ...ran, id: `item ${processId}`, processId });
}

function fake(processId: string, { isBackground = false } = {}) {
  const { promise: ended, resolve } = Promise.withResolvers<Awaited<ThreadCommand["ended"]>>();
  let isEnded = false;
  const item = itemOf(processId);
  const command: ThreadCommand = {
    ...{
      item,
      argv: ["ls"],
      turnId: "u",
      policy: { type: "dangerFullAccess" },
      takesInput: false,
      ended,
      isBackground,
      osPid: 1,
    },
    get isEnded() {
      return isEnded;
    },
    goOn() {},
    write: async () => {},
    resize: async () => null,
    stop() {},
    takeNew: () => ({ text: "", omitted: 0 }),
  };
  const end = async () => {
    isEnded = true;
    resolve({ item, outcome: { kind: "refused", message: "" } });
    await new Promise((next) => setImmediate(next));
  };
  return { command, end };
}

const hooks = { started() {}, failed: assert.fail };

test("the model can ask once for the end of what went on in the background, and for the newest 64 of them", async () => {
  const commands = new RunningCommands([], hooks);
  const foreground = fake("1");
  commands.add(foreground.command);
  assert.equal(commands.session("1"), null, "its own call tells of it");
  await foreground.end();
  assert.equal(commands.session("1"), null);
  for (let number = 2; number <= 70; number++) {
    const { command, end } = fake(String(number), { isBackground: true });
    commands.add(command);
    assert.equal(commands.session(String(number)), command);
    await end();
  }
  assert.deepEqual([commands.running.length, commands.sessions.length], [0, 64]);
  assert.equal(commands.session("6"), null);
  const last = commands.session("70") ?? assert.fail();
  commands.told(last);
  assert.equal(commands.session("70"), null);
});

test("a thread runs 64 commands at a time; when one ends there is room", async () => {
  const commands = new RunningCommands([], hooks);
  const all = Array.from({ length: 64 }, (_, at) => fake(String(at)));
  for (const { command } of all) {
    assert.equal(commands.refusal(), null);
    commands.add(command);
  }
  assert.match(commands.refusal() ?? "", /^64 commands of this thread run already\./);
  await all[3]?.end();
  assert.equal(commands.refusal(), null);
});

test("a process id is never given out twice in a thread, whatever a rollout calls its own", () => {
  const item = (processId: string) => itemOf(processId);
  const turn = { items: ["1005", "not a number"].map(item) } as unknown as Turn;
  assert.equal(new RunningCommands([], hooks).nextProcessId(), "1001");
  assert.equal(new RunningCommands([turn], hooks).nextProcessId(), "1006");
});
