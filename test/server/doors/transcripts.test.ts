// Whole turns as they cross the wire, message by message: test/golden holds what a client sees.
import { test } from "node:test";
import { completedEvent, responsesApi, streamCalls, streamEnd, streamPart } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";
import { assertGolden } from "../../support/transcript.ts";

const patch = ["*** Begin Patch", "*** Update File: a.txt", "@@", " one", "-two", "+three", "*** End Patch"];
const files = { "a.txt": "one\ntwo\n" };
const command = (cmd: string) => ({ name: "exec_command", arguments: { cmd } });

test("plain text", async () => {
  await using api = await responsesApi([{ steps: [{ reasoning: "They greet.", text: "Hello, and welcome." }] }]);
  await using server = await testServer({ api });
  await completeTurn(server, "hi");
  assertGolden("plain-text", server);
});

test("a command with approval", async () => {
  await using api = await responsesApi([
    { steps: [{ text: "I run it.", calls: [command("env echo hi")] }, { text: "Done." }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", sandboxMode: "danger-full-access" });
  server.answerApprovals("accept");
  await completeTurn(server, "run it");
  assertGolden("command-accepted", server);
});

test("a file change with approval", async () => {
  await using api = await responsesApi([
    { steps: [{ calls: [{ name: "apply_patch", input: patch }] }, { text: "Done." }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files });
  server.answerApprovals("accept");
  await completeTurn(server, "change it");
  assertGolden("file-change-accepted", server);
});

test("a file change that is shown while it is written", async () => {
  await using api = await responsesApi([{ steps: [{ text: "Done." }, { text: "Done." }] }], {
    misbehave(response, requestNumber) {
      if (requestNumber > 1) return false;
      // In one piece: how many updates come of more is a matter of time.
      streamCalls(response, [{ callId: "call_1", name: "apply_patch", pieces: [`${patch.join("\n")}\n`] }]);
      streamEnd(response, completedEvent);
      return true;
    },
  });
  await using server = await testServer({ api, files });
  await completeTurn(server, "change it");
  assertGolden("file-change-written", server);
});

test("a declined command and a declined file change", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("env echo hi")] },
        { calls: [{ name: "apply_patch", input: patch }] },
        { text: "Then not." },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", files });
  server.answerApprovals("decline");
  await completeTurn(server, "do it");
  assertGolden("declined", server);
});

test("a turn that is interrupted while the model speaks", async () => {
  await using api = await responsesApi([{ steps: [{ text: "x" }] }], {
    misbehave: (response) => streamPart(response, "Well, let me"),
  });
  await using server = await testServer({ api });
  const ids = await startTurn(server, "talk");
  await server.expectNotification("item/agentMessage/delta");
  await interrupt(server, ids);
  assertGolden("interrupted-while-streaming", server);
});

test("a turn that is interrupted while an approval waits", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [command("env echo hi")] }] }]);
  await using server = await testServer({ api, approvalPolicy: "untrusted", sandboxMode: "danger-full-access" });
  const ids = await startTurn(server, "run it");
  await server.expectRequest("item/commandExecution/requestApproval");
  await interrupt(server, ids);
  assertGolden("interrupted-while-asking", server);
});

test("a turn that is interrupted while a command runs", async () => {
  const script = { prompt: "run", steps: [{ calls: [command("echo up; sleep 600")] }] };
  await using api = await responsesApi([script]);
  await using server = await testServer({ api, sandboxMode: "danger-full-access" });
  const ids = await startTurn(server, "run it");
  await server.expectNotification("item/commandExecution/outputDelta");
  await interrupt(server, ids);
  assertGolden("interrupted-while-running", server);
});

test("a turn whose model fails", async () => {
  await using api = await responsesApi([{ steps: [{ text: "x" }] }], {
    misbehave: (response) => {
      response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"message":"no luck"}}');
      return true;
    },
  });
  await using server = await testServer({ api });
  await completeTurn(server, "try");
  assertGolden("failed", server);
});

async function interrupt(server: TestServer, ids: { threadId: string; turnId: string }): Promise<void> {
  await server.request("turn/interrupt", ids);
  await server.expectNotification("turn/completed");
}

async function completeTurn(server: TestServer, text: string): Promise<void> {
  await startTurn(server, text);
  await server.expectNotification("turn/completed");
}

// The client speaks only when the server is silent: then the order of the two is the same on every run.
async function startTurn(server: TestServer, text: string): Promise<{ threadId: string; turnId: string }> {
  const threadId = await server.startThread();
  await server.expectNotification("thread/started");
  return server.startTurn(text, threadId);
}
