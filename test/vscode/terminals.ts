// Commands as integrated terminals: they appear with output, keep it, say how it ended, and never take the focus.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belayWith, eventOf, say } from "./belay.ts";

const inTurn = { threadId: "thread-1", turnId: "turn-1" };

function item(id: string, changes: object = {}) {
  return {
    type: "commandExecution",
    id,
    command: "bash -lc 'npm test'",
    script: `npm test ${id}`,
    cwd: "/work",
    processId: null,
    source: "agent",
    status: "inProgress",
    commandActions: [],
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    ...changes,
  };
}

const started = (id: string) => ({ notify: "item/started", params: { item: item(id), ...inTurn, startedAtMs: 1 } });
const output = (itemId: string, delta: string) => ({
  notify: "item/commandExecution/outputDelta",
  params: { itemId, delta, ...inTurn },
});
const completed = (id: string, changes: object) => ({
  notify: "item/completed",
  params: { item: item(id, changes), ...inTurn, completedAtMs: 2 },
});
const ours = () => vscode.window.terminals.map(({ name }) => name).filter((name) => name.startsWith("npm test"));

/** What a terminal of ours shows up to its last line; escape codes removed. VS Code opens it some time after its creation. */
async function textOf(terminal: vscode.Terminal): Promise<string> {
  const options = terminal.creationOptions;
  assert.ok("pty" in options, "it is a terminal of another kind");
  let text = "";
  await eventOf("the command's last line", options.pty.onDidWrite, (written) => {
    text += written.replaceAll(/\x1b\[\d+m/g, "");
    return text.endsWith("]\r\n");
  });
  return text;
}

test("a command's terminal appears with its first output and is named after its end", async () => {
  const api = await belayWith("puppet");
  const opened = eventOf("a terminal to open", vscode.window.onDidOpenTerminal, ({ name }) => name === "npm test a");
  await say(api, started("a"));
  assert.deepEqual(ours(), []);
  await say(api, output("a", "first\nsecond"));
  const terminal = await opened;
  const text = textOf(terminal);
  await say(
    api,
    completed("a", { status: "failed", exitCode: 1, durationMs: 1_234, aggregatedOutput: "first\nsecond and third\n" }),
  );
  assert.equal(await text, "/work $ npm test a\r\nfirst\r\nsecond and third\r\n[exit code 1, 1.2 s]\r\n");
  assert.equal(api.ctx.terminals.reveal("a"), true);
  assert.equal(vscode.window.activeTerminal, terminal);
  assert.equal(terminal.exitStatus, undefined, "a terminal that was closed cannot be read any more");
});

test("a command that is over before its terminal has started is named after its end too", async () => {
  const api = await belayWith("puppet");
  const opened = eventOf("a terminal to open", vscode.window.onDidOpenTerminal, ({ name }) =>
    name.includes("test fast"),
  );
  await say(
    api,
    started("fast"),
    output("fast", "ok\n"),
    completed("fast", { status: "completed", exitCode: 0, durationMs: 5, aggregatedOutput: "ok\n" }),
  );
  const terminal = await opened;
  const options = terminal.creationOptions;
  assert.ok("pty" in options && options.pty.onDidChangeName !== undefined);
  assert.equal(await eventOf("the terminal's new name", options.pty.onDidChangeName), "✓ npm test fast");
  // The window has heard of it, and of whatever it was told before, once it answers.
  for (let answers = 0; answers < 2; answers += 1)
    await vscode.commands.executeCommand("setContext", "belay.test", answers);
  assert.equal(terminal.name, "✓ npm test fast");
});

test("a declined command leaves no terminal, and one that is gone cannot be revealed", async () => {
  const api = await belayWith("puppet");
  await say(api, started("b"), completed("b", { status: "declined" }));
  assert.equal(api.ctx.terminals.reveal("b"), false);
  assert.equal(api.ctx.terminals.reveal("never"), false);
});

test("five finished terminals stay, the oldest goes", async () => {
  const api = await belayWith("puppet");
  for (const id of ["c1", "c2", "c3", "c4", "c5", "c6"]) {
    const closed = id === "c6" ? eventOf("the oldest to close", vscode.window.onDidCloseTerminal) : undefined;
    await say(
      api,
      started(id),
      completed(id, { status: "completed", exitCode: 0, durationMs: 5, aggregatedOutput: "ok\n" }),
    );
    await closed;
  }
  assert.equal(api.ctx.terminals.reveal("c1"), false);
  assert.equal(api.ctx.terminals.reveal("c6"), true);
});
