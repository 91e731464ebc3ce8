// What a provider caches of one request is the beginning of the next: whatever happens in between, nothing that was told
// is told differently later, by another process neither.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gate } from "../../support/lifeline.ts";
import fc, { propertyRuns } from "../../support/properties.ts";
import { type RequestBody, responsesApi } from "../../support/responses-api.ts";
import { noProfile, type ServerOptions, testServer, type TestServer } from "../../support/test-server.ts";

const run = (cmd: string) => ({ name: "exec_command", arguments: { cmd } });
const patch = ["*** Begin Patch", "*** Add File: made.txt", "+é <tag> \\u0041 \u2028", "*** End Patch"];
const scenes = [
  {
    prompt: "^tools",
    steps: [{ reasoning: "Hm.", calls: [run("echo '\u001b[1mé'"), run("exit 3")] }, { text: "Both ran." }],
  },
  {
    prompt: "^patch",
    steps: [{ text: "I add it.", calls: [{ name: "apply_patch", input: patch }] }, { text: "Done." }],
  },
  {
    prompt: "^unknown",
    steps: [{ calls: [{ name: "no_such_tool", arguments: { a: [1, null] } }] }, { text: "None." }],
  },
  { prompt: "^stop", steps: [{ text: "Waiting.", calls: [run("echo up; sleep 600")] }] },
  { prompt: "^fail", steps: [{ text: "Half", calls: [run("never runs")], fail: "no luck" }] },
  { prompt: "^steer", steps: [{ calls: [run("echo up; read x < gate")] }, { text: "Steered." }] },
  { steps: [{ reasoning: "Thinking", text: "Plain **text** é." }] },
];

type Act =
  | "text"
  | "tools"
  | "patch"
  | "unknown"
  | "stop"
  | "fail"
  | "steer"
  | "shell"
  | "inject"
  | "settings"
  | "restart"
  | "kill";
const acts: Act[] = [
  "text",
  "tools",
  "patch",
  "unknown",
  "stop",
  "fail",
  "steer",
  "shell",
  "inject",
  "settings",
  "restart",
  "kill",
];

test("each request begins with all of the one before, byte for byte, and everything beside the history stays the same", {
  // Dozens of turns and several servers: a busy machine takes its time.
  timeout: 400_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(acts, { minLength: 6 }), async (order) => {
      const requests = await play(order);
      for (const [at, request] of requests.entries()) {
        const before = requests[at - 1];
        if (before === undefined) continue;
        const { input, ...rest } = request;
        const { input: inputBefore, ...restBefore } = before;
        assert.equal(JSON.stringify(rest), JSON.stringify(restBefore));
        const [now, then] = [JSON.stringify(input), JSON.stringify(inputBefore)];
        assert.ok(now.startsWith(`${then.slice(0, -1)},`), `request ${at + 1} after ${order.join()}:\n${then}\n${now}`);
      }
    }),
    { ...propertyRuns(3), examples: [[acts], [acts.toReversed()]], endOnFailure: true },
  );
});

/** Does all that in one thread, with a prompt behind each; the requests that were made. */
async function play(order: readonly Act[]): Promise<readonly RequestBody[]> {
  await using api = await responsesApi(scenes);
  const options = { api, env: noProfile, ...free, files: { "AGENTS.md": "Use tabs.\r\n" } };
  await using first = await testServer(options);
  const later: TestServer[] = [];
  try {
    let server = first;
    const threadId = await server.startThread({ dynamicTools: null, developerInstructions: "Be kind." });
    await server.completeTurn("hello", threadId);
    for (const act of order) {
      server = await perform(act, server, threadId, () => testServer({ ...options, files: {}, like: first }));
      if (server !== first && !later.includes(server)) later.push(server);
      await server.completeTurn(`behind ${act}`, threadId);
    }
    assert.ok(api.requests.length > order.length);
    assert.deepEqual([...new Set(api.requests.map((request) => request["prompt_cache_key"]))], [threadId]);
    return api.requests;
  } finally {
    for (const server of later) await server[Symbol.asyncDispose]();
  }
}

async function perform(
  act: Act,
  server: TestServer,
  threadId: string,
  next: () => Promise<TestServer>,
): Promise<TestServer> {
  const text = (value: string) => [{ type: "text" as const, text: value }];
  switch (act) {
    case "text":
    case "tools":
    case "patch":
    case "unknown":
    case "fail":
      await server.completeTurn(act, threadId);
      return server;
    case "stop": {
      const ids = await server.startTurn("stop", threadId);
      await server.expectNotification("item/commandExecution/outputDelta", ({ turnId }) => turnId === ids.turnId);
      await server.request("turn/interrupt", ids);
      await server.expectNotification("turn/completed", ({ turn }) => turn.id === ids.turnId);
      return server;
    }
    case "steer": {
      const held = gate(server.workspace);
      const ids = await server.startTurn("steer", threadId);
      await server.expectNotification("item/commandExecution/outputDelta", ({ turnId }) => turnId === ids.turnId);
      await server.request("turn/steer", { threadId, input: text("and more"), expectedTurnId: ids.turnId });
      await held.open();
      await server.expectNotification("turn/completed", ({ turn }) => turn.id === ids.turnId);
      return server;
    }
    case "shell":
      await server.request("thread/shellCommand", { threadId, command: "echo mine" });
      await server.expectNotification("turn/completed", ({ turn }) => turn.items.length === 0);
      return server;
    case "inject": {
      const item = { role: "user", type: "message", content: [{ text: "b é", type: "input_text" }] };
      await server.request("thread/inject_items", { threadId, items: [item] });
      return server;
    }
    case "settings":
      await server.request("turn/start", {
        threadId,
        input: text("narrower"),
        sandboxPolicy: { type: "readOnly", networkAccess: false },
      });
      await server.expectNotification("turn/completed", ({ turn }) => turn.items.length > 0);
      await server.request("thread/settings/update", { threadId, sandboxPolicy: { type: "dangerFullAccess" } });
      return server;
    case "restart":
      await server.end();
      return resumed(await next(), threadId);
    case "kill": {
      const ids = await server.startTurn("stop", threadId);
      await server.expectNotification("item/commandExecution/outputDelta", ({ turnId }) => turnId === ids.turnId);
      server.expectDeath();
      server.child.kill("SIGKILL");
      await server.exited;
      return resumed(await next(), threadId);
    }
    default:
      return act satisfies never;
  }
}

async function resumed(server: TestServer, threadId: string): Promise<TestServer> {
  await server.request("thread/resume", { threadId });
  return server;
}

const free = {
  ...{ approvalPolicy: "never", sandboxMode: "danger-full-access", initialize: { experimentalApi: true } },
} satisfies ServerOptions;
