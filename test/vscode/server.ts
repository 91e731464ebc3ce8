// The server process: handshake, restart with back-off, giving up, and stopping in time.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Silence } from "../../extension/server/heartbeat.ts";
import type { ServerState } from "../../extension/server/server-process.ts";
import type { TestApi } from "../../extension/test-api.ts";
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
  // It is over soon: the next one starts.
  const failing = reached(api, "failed");
  await assert.rejects(say(api, { exit: 9 }), /server ended before it answered/);
  const failed = await failing;
  assert.match(failed.reason, /exit code 9/);
  assert.notEqual(failed.retryInMs, null);
  const again = await ask<Handshake>(api, "model/list", {});
  assert.notEqual(again.pid, pid);
});

test("the fifth crash stops the restarts, with the reason, until a person restarts it", async () => {
  const api = await belayWith("crash");
  const states: ServerState["kind"][] = [];
  const subscription = api.onStateChanged(({ kind }) => states.push(kind));
  const messages = await shownErrors(async () => {
    const request = api.ctx.server.running();
    await assert.rejects(request, /exit code 3 \(this server always crashes\).*5 times in a short while/);
  });
  subscription.dispose();
  assert.deepEqual(
    messages.map(({ choices }) => choices),
    [["Restart", "Show Log"]],
  );
  assert.deepEqual(states, Array.from({ length: 5 }, () => ["starting", "failed"] as const).flat());
  assert.deepEqual(api.ctx.server.state.kind === "failed" && api.ctx.server.state.retryInMs, null);
  await belayWith("puppet");
  await vscode.commands.executeCommand("belay.restartServer");
  assert.equal(api.ctx.server.state.kind, "running");
});

test("a server that is stopped is said not to respond, keeps what it runs, and is not killed; its answer ends that", async () => {
  const api = await belayWith("puppet");
  await api.useServer({ beatMs: 100 });
  try {
    const { pid } = await ask<Handshake>(api, "model/list", {});
    // A busy machine may have let it miss a beat already.
    await silence(api, "none");
    const heard = eventsOf(api);
    process.kill(pid, "SIGSTOP");
    const waiting = ask<Handshake>(api, "model/list", {});
    await silence(api, "long");
    assert.equal(api.ctx.server.state.kind, "running");
    process.kill(pid, "SIGCONT");
    assert.equal((await waiting).pid, pid);
    await silence(api, "none");
    assert.deepEqual(heard(), ["running short", "running long", "running none"]);
  } finally {
    await api.useServer({ beatMs: 5_000 });
  }
});

test("a server that does not respond can be restarted by a person, who gets another one", async () => {
  const api = await belayWith("puppet");
  await api.useServer({ beatMs: 100 });
  try {
    const { pid } = await ask<Handshake>(api, "model/list", {});
    process.kill(pid, "SIGSTOP");
    await silence(api, "long");
    await vscode.commands.executeCommand("belay.restartServer");
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
    assert.notEqual((await ask<Handshake>(api, "model/list", {})).pid, pid);
  } finally {
    await api.useServer({ beatMs: 5_000 });
  }
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

test("a server that neither shuts down nor ends when it is told to is gone once it was stopped", async () => {
  const api = await belayWith("slow-shutdown");
  const { pid } = await ask<Handshake>(api, "model/list", {});
  await api.ctx.server.stop();
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("garbage on the channel, stdout and stderr does not break the connection", async () => {
  const api = await belayWith("garbage-output");
  const { pid } = await ask<Handshake>(api, "model/list", {});
  assert.equal((await ask<Handshake>(api, "model/list", {})).pid, pid);
  assert.equal(api.ctx.server.state.kind, "running");
});

/** The running server, once it has been silent so long. */
function silence(api: TestApi, wanted: Silence) {
  return reached(api, "running", (state) => state.silence === wanted);
}

/** What the server's state became since, in words. */
function eventsOf(api: TestApi): () => string[] {
  const heard: string[] = [];
  const subscription = api.onStateChanged((state) =>
    heard.push(state.kind === "running" ? `running ${state.silence}` : state.kind),
  );
  return () => {
    subscription.dispose();
    return heard;
  };
}

/** The error messages that are shown while `body` runs; nobody chooses anything. */
async function shownErrors(body: () => Promise<unknown>): Promise<{ text: string; choices: string[] }[]> {
  const { window } = vscode;
  const { showErrorMessage } = window;
  const shown: { text: string; choices: string[] }[] = [];
  try {
    const show = async (text: string, ...choices: string[]) => void shown.push({ text, choices });
    Object.assign(window, { showErrorMessage: show });
    await body();
  } finally {
    Object.assign(window, { showErrorMessage });
  }
  return shown;
}
