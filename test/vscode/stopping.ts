// Stopping from the palette: one command, and everything, with a question where more ends than one would think.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belayWith, choosing, expectRequest, say } from "./belay.ts";
import { completed, started } from "./command-items.ts";

const stop = { answer: "belay/command/stop", with: { stopped: true } };
const stopAll = { answer: "belay/stopAll", with: { turns: 0, commands: 1 } };

test("`Stop Command` stops the command that runs, and nothing once it is over", async () => {
  const api = await belayWith("puppet");
  await say(api, stop, started("s"));
  await vscode.commands.executeCommand("belay.stopCommand");
  assert.deepEqual(await expectRequest(api, stop.answer), { threadId: "thread-1", itemId: "s" });
  await say(api, completed("s"));
  assert.deepEqual(api.ctx.runningCommands.all, []);
});

test("`Stop All` names what it ends when that is more than the current turn, and can be called off", async () => {
  const api = await belayWith("puppet");
  await say(api, stopAll, started("left-over"));
  const questions = await choosing(undefined, async () => {
    await vscode.commands.executeCommand("belay.stopAll");
  });
  assert.deepEqual(questions, ["Stop 1 command?"]);
  await choosing("Stop All", async () => {
    await vscode.commands.executeCommand("belay.stopAll");
    assert.deepEqual(await expectRequest(api, stopAll.answer), {});
  });
  await say(api, completed("left-over"));
});

test("`Stop All` asks nothing when only the current turn and its commands end", async () => {
  const api = await belayWith("puppet");
  await say(api, stopAll);
  const client = await api.ctx.server.running();
  await client.request("turn/start", { threadId: "thread-1", input: [{ type: "text", text: "work" }] });
  await say(api, started("own"));
  const questions = await choosing(undefined, async () => {
    await vscode.commands.executeCommand("belay.stopAll");
    await expectRequest(api, stopAll.answer);
  });
  assert.deepEqual(questions, []);
  await say(api, completed("own"));
});
