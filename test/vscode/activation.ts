// Activation: fast, and without the server.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "../support/vscode/suite.ts";
import { belay, theExtension } from "./belay.ts";

test("a window that opens activates Belay with less than 50 ms of work, and no server starts for it", async () => {
  const api = await belay();
  assert.equal(api.ctx.server.state.kind, "stopped");
  assert.ok(api.activationCpuMs < 50, `activation took ${api.activationCpuMs} ms of the processor`);
  await vscode.commands.executeCommand("belay.showLog");
  assert.equal(api.ctx.server.state.kind, "stopped");
});

test("every contributed command is registered", async () => {
  await belay();
  const contributed: { command: string }[] = theExtension().packageJSON.contributes.commands;
  const registered = new Set(await vscode.commands.getCommands(true));
  assert.deepEqual(
    contributed.map(({ command }) => command).filter((id) => !registered.has(id)),
    [],
  );
});
