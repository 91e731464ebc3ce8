// Running commands in their terminals, with the real server: seen in colour, typed to, stopped, and gone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as vscode from "vscode";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { choosing } from "./belay.ts";
import { closeByHand, opened } from "./command-items.ts";
import { withRealServer } from "./real-server.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

/** No process that is not of these tests has it in its command line. */
const tag = `600.${process.pid}`;
const asks = "printf '\\033[32mYour name? \\033[0m'; read name; echo \"Hello, $name.\"; test -t 0 && stty size";

/** What the scripted model does for a prompt: one call, then a word. */
function scene(prompt: string, cmd: string) {
  const call = { name: "exec_command", arguments: { cmd, tty: true, yield_time_ms: 250 } };
  return { prompt, steps: [{ calls: [call] }, { text: "Done." }] };
}

const scenes = [scene("name", asks), scene("sleep", `echo begun; sleep ${tag}`), scene("flood", "yes flood")];

/** Has the model run the command of this scene; tells of the item's end. */
async function start(api: TestApi, prompt: string) {
  const started = Promise.withResolvers<CommandItem>();
  const ended = Promise.withResolvers<CommandItem>();
  const subscriptions = [
    api.ctx.notifications.on("item/started", ({ item }) => {
      if (item.type === "commandExecution") started.resolve(item);
    }),
    api.ctx.notifications.on("item/completed", ({ item }) => {
      if (item.type !== "commandExecution") return;
      ended.resolve(item);
      for (const subscription of subscriptions) subscription.dispose();
    }),
  ];
  const client = await within(patienceMs, "the server to run", api.ctx.server.running());
  const turn = await api.ctx.turns.startInNewThread(client, prompt);
  turn.ended.catch(() => undefined);
  const item = await within(patienceMs, "the command to begin", started.promise);
  return { threadId: turn.threadId, item, ended: within(patienceMs, "the command to end", ended.promise) };
}

/** Command lines of the `sleep`s that live. */
function tagged(): string[] {
  const lines = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim() === `sleep ${tag}`);
}

test("a live prompt is shown in colour, typed to, and says how it ended", async () => {
  await withRealServer(scenes, async (api) => {
    const opening = opened("printf");
    const { threadId, item, ended } = await start(api, "ask my name");
    assert.equal(item.tty, true);
    const { terminal, shown } = await opening;
    assert.ok((await shown("Your name? ")).includes("\x1b[32mYour name? \x1b[0m"));
    terminal.show(true);
    terminal.sendText("Ada");
    assert.match(await shown("Hello, Ada."), /Ada\r\nHello, Ada\./);
    const { exitCode, ending, aggregatedOutput } = await ended;
    assert.deepEqual([exitCode, ending], [0, "exited"]);
    assert.match(aggregatedOutput ?? "", /Hello, Ada\./);
    await shown("[exit code 0");
    assert.equal(terminal.exitStatus, undefined, "it stays to be read");
    await closeByHand(terminal);
    const again = opened("✓ printf");
    assert.equal(await api.ctx.terminals.reveal({ threadId, itemId: item.id }), true);
    assert.match(await (await again).shown("[exit code 0"), /Hello, Ada\./);
  });
});

test("a command knows the size of its terminal, also of one that opens later", async () => {
  await withRealServer(scenes, async (api) => {
    const opening = opened("printf");
    const { ended } = await start(api, "ask my name");
    const { terminal, shown } = await opening;
    terminal.show(true);
    await shown("Your name? ");
    // The size goes out as the terminal is shown, before what is typed then.
    terminal.sendText("Ada");
    const [, rows, columns] = /(\d+) (\d+)\r?\n$/.exec((await ended).aggregatedOutput ?? "") ?? [];
    assert.ok(Number(rows) > 0 && Number(columns) > 0, `stty said ${rows} ${columns}`);
  });
});

test("Ctrl+C in its terminal ends a command, and no process is left", async () => {
  await withSleeper(async ({ terminal, ended }) => {
    terminal.sendText("\x03", false);
    assert.notEqual((await ended).exitCode, 0);
  });
});

test("`Stop Command` ends a `sleep 600`, and no process is left", async () => {
  await withSleeper(async ({ shown, ended }) => {
    await vscode.commands.executeCommand("belay.stopCommand");
    const { ending, status } = await ended;
    assert.deepEqual([ending, status], ["stopped", "failed"]);
    await shown("[stopped");
  });
});

test("closing its terminal and saying yes stops a command, and no process is left", async () => {
  await withSleeper(({ terminal, ended }) =>
    choosing("Stop Command", async () => {
      await closeByHand(terminal);
      assert.equal((await ended).ending, "stopped");
    }),
  );
});

test("a command that floods its terminal freezes nothing and is stopped like any other", async () => {
  await withRealServer(scenes, async (api) => {
    const opening = opened("yes flood");
    const { ended } = await start(api, "flood");
    const { shown } = await opening;
    await shown("flood");
    await vscode.commands.executeCommand("belay.stopCommand");
    assert.equal((await ended).ending, "stopped");
    await shown("[stopped");
  });
});

type Sleeper = Awaited<ReturnType<typeof start>> & Awaited<ReturnType<typeof opened>>;

/** A command that sleeps in an open terminal. Whatever `end` does to it, no process is left behind. */
async function withSleeper(end: (sleeper: Sleeper) => Promise<unknown>): Promise<void> {
  await withRealServer(scenes, async (api) => {
    const opening = opened("echo begun");
    const started = await start(api, "sleep");
    const terminal = await opening;
    await terminal.shown("begun");
    assert.equal(tagged().length, 1);
    await end({ ...started, ...terminal });
    assert.deepEqual(tagged(), []);
  });
}
