// The life of the server process with runs that end when the test says so. With real processes: test/vscode/server.ts.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Client } from "../../../extension/server/client.ts";
import { type RunEvents, ServerProcess, type ServerState, statusOf } from "../../../extension/server/server-process.ts";

const client: Client = {
  request: () => Promise.reject(new Error("not asked here")),
  relay: () => Promise.resolve(null),
};

function fakeServer(obstacle: () => string | null = () => null) {
  const runs: (RunEvents & { stopped: boolean })[] = [];
  const states: ServerState["kind"][] = [];
  const gaveUp: string[] = [];
  const clock = { nowMs: 0 };
  const server = new ServerProcess({
    startRun: (events) => {
      const run = { ...events, stopped: false };
      runs.push(run);
      return {
        stop: async () => {
          run.stopped = true;
        },
      };
    },
    obstacle,
    changed: ({ kind }) => states.push(kind),
    gaveUp: (reason) => gaveUp.push(reason),
    now: () => clock.nowMs,
  });
  return { clock, server, runs, states, gaveUp, latest: () => runs.at(-1) as (typeof runs)[number] };
}

test("the first request starts the server, and all that come meanwhile wait for the same start", async () => {
  const { server, runs, latest } = fakeServer();
  const requests = [server.running(), server.running()];
  await Promise.resolve();
  latest().running(client);
  assert.deepEqual(await Promise.all(requests), [client, client]);
  assert.equal(runs.length, 1);
});

test("a request waits through a crash and its restart", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { server, runs, states, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  latest().ended("It fell over.", { canRetry: true });
  assert.deepEqual(server.state, { kind: "failed", reason: "It fell over.", retryInMs: 200 });
  mock.timers.tick(200);
  assert.equal(runs.length, 2);
  latest().running(client);
  assert.equal(await request, client);
  assert.deepEqual(states, ["starting", "failed", "starting", "running"]);
});

test("a start that cannot succeed fails the request at once, and says so once", async () => {
  const { server, gaveUp, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  latest().ended("The program is missing.", { canRetry: false });
  await assert.rejects(request, { name: "ServerUnavailable", message: "The program is missing." });
  await assert.rejects(server.running(), { message: "The program is missing." });
  assert.deepEqual(gaveUp, ["The program is missing."]);
});

test("an obstacle keeps the server stopped, with the sentence for whoever asked", async () => {
  const { server, runs } = fakeServer(() => "Not here.");
  await assert.rejects(server.running(), { message: "Not here." });
  assert.deepEqual([server.state.kind, runs.length], ["stopped", 0]);
});

test("stopping ends the run and fails those who wait; what the old run says later is ignored", async () => {
  const { server, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  const old = latest();
  const stopped = server.stop();
  await assert.rejects(request, { message: "Belay's server was stopped." });
  await stopped;
  assert.equal(old.stopped, true);
  old.running(client);
  old.ended("late", { canRetry: true });
  assert.deepEqual(server.state, { kind: "stopped" });
});

test("a restart by a person forgets earlier crashes", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { server, gaveUp, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  for (const pauseMs of [200, 1_000, 2_000, 4_000, 0]) {
    latest().ended("It fell over.", { canRetry: true });
    mock.timers.tick(pauseMs);
  }
  await assert.rejects(request, { message: /^It fell over\. It ended 5 times/ });
  assert.equal(gaveUp.length, 1);
  const restarted = server.restart();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  assert.deepEqual(server.state.kind === "starting" && server.state.attempt, 1);
  latest().running(client);
  assert.equal(await restarted, client);
});

test("ends that are long past count no more: neither as attempts nor towards giving up", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { clock, server, gaveUp, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  for (let end = 0; end < 20; end++) {
    latest().ended("It fell over.", { canRetry: true });
    mock.timers.tick(4_000);
    assert.equal(server.state.kind === "starting" && server.state.attempt <= 4, true);
    clock.nowMs += 80_000;
  }
  latest().running(client);
  assert.deepEqual([await request, gaveUp], [client, []]);
});

test("a server that does not answer is still the one that runs, until a person restarts it", async () => {
  const { server, runs, states, latest } = fakeServer();
  const request = server.running();
  await Promise.resolve();
  latest().running(client);
  await request;
  latest().silent("short");
  assert.deepEqual(statusOf(server.state), { kind: "running", silence: "short" });
  assert.equal(await server.running(), client);
  latest().silent("none");
  assert.deepEqual(statusOf(server.state), { kind: "running" });
  latest().silent("long");
  const silent = latest();
  const restarted = server.restart();
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  assert.equal(silent.stopped, true);
  silent.silent("short");
  latest().running(client);
  assert.deepEqual([await restarted, runs.length], [client, 2]);
  assert.deepEqual(states.slice(-3), ["stopped", "starting", "running"]);
});
