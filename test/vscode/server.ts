// The server process: handshake, restart with back-off, giving up, and stopping in time.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ServerState } from "../../extension/server-process.ts";
import { test } from "../support/vscode/suite.ts";
import { ask, belayWith, reached, say } from "./belay.ts";

interface Handshake {
  pid: number;
  argv: string[];
  initializeParams: { initializationOptions: unknown };
}

test("the server is forked as `editor` and told what this editor can do and what the user set", async () => {
  const api = await belayWith("puppet");
  const settings = vscode.workspace.getConfiguration("belay");
  await settings.update("sandboxMode", "read-only", vscode.ConfigurationTarget.Global);
  try {
    const { argv, initializeParams } = await ask<Handshake>(api, "model/list", {});
    assert.equal(argv[0], "editor");
    assert.deepEqual(initializeParams.initializationOptions, {
      belay: { workspaceEdits: true, terminals: true },
      config: { sandbox_mode: "read-only" },
    });
  } finally {
    await settings.update("sandboxMode", undefined, vscode.ConfigurationTarget.Global);
  }
});

test("a stored API key goes to the server over the wire, and one that cannot be read does not stop it", async () => {
  const api = await belayWith("puppet");
  const { secrets } = api.ctx.extension;
  const apiKey = { provider: "openai", key: "sk-test" };
  try {
    await secrets.store("belay.apiKey", JSON.stringify(apiKey));
    const told = await ask<Handshake>(api, "model/list", {});
    assert.deepEqual(told.initializeParams.initializationOptions, {
      belay: { workspaceEdits: true, terminals: true },
      config: {},
      apiKey,
    });
    await secrets.store("belay.apiKey", "no JSON");
    await api.ctx.server.restart();
    const again = await ask<Handshake>(api, "model/list", {});
    assert.deepEqual(again.initializeParams.initializationOptions, {
      belay: { workspaceEdits: true, terminals: true },
      config: {},
    });
  } finally {
    await secrets.delete("belay.apiKey");
  }
});

test("a server that crashes in a turn is restarted; what waited for it hears a sentence", async () => {
  const api = await belayWith("puppet");
  const { pid } = await ask<Handshake>(api, "model/list", {});
  await assert.rejects(say(api, { exit: 9 }), /server ended before it answered/);
  const failed = await reached(api, "failed");
  assert.match(failed.reason, /exit code 9/);
  assert.notEqual(failed.retryInMs, null);
  const again = await ask<Handshake>(api, "model/list", {});
  assert.notEqual(again.pid, pid);
});

test("the fifth crash stops the restarts, with the reason, until a person restarts it", async () => {
  const api = await belayWith("crash");
  const states: ServerState["kind"][] = [];
  const subscription = api.onStateChanged(({ kind }) => states.push(kind));
  await assert.rejects(api.ctx.server.running(), /exit code 3 \(this server always crashes\).*5 times/);
  subscription.dispose();
  assert.deepEqual(states, Array.from({ length: 5 }, () => ["starting", "failed"] as const).flat());
  assert.deepEqual(api.ctx.server.state.kind === "failed" && api.ctx.server.state.retryInMs, null);
  await belayWith("puppet");
  await vscode.commands.executeCommand("belay.restartServer");
  assert.equal(api.ctx.server.state.kind, "running");
});

test("a server that says nothing counts as crashed", async () => {
  const api = await belayWith("silent", 300);
  const request = api.ctx.server.running();
  const failed = await reached(api, "failed");
  assert.match(failed.reason, /it did not answer within 0.3 s/);
  await api.ctx.server.stop();
  await assert.rejects(request, /was stopped/);
});

test("a server that is not there is named, and not tried again", async () => {
  const api = await belayWith("puppet");
  await api.useServer({ module: "/nowhere/belay.mjs" });
  await assert.rejects(api.ctx.server.running(), /dist\/belay\.mjs is missing/);
  assert.deepEqual(api.ctx.server.state.kind, "failed");
});

test("a server that does not shut down is gone within two seconds", async () => {
  const api = await belayWith("slow-shutdown");
  const { pid } = await ask<Handshake>(api, "model/list", {});
  const startedAt = performance.now();
  await api.ctx.server.stop();
  assert.ok(performance.now() - startedAt < 2_000);
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("garbage on the channel, stdout and stderr does not break the connection", async () => {
  const api = await belayWith("garbage-output");
  const { pid } = await ask<Handshake>(api, "model/list", {});
  assert.equal((await ask<Handshake>(api, "model/list", {})).pid, pid);
  assert.equal(api.ctx.server.state.kind, "running");
});
