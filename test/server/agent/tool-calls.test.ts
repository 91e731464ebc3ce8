// Tool calls of a turn, over the wire: what cannot be run, what runs side by side, and that every call gets its output.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type RequestBody, type ResponsesApi, responsesApi, sse, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const command = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, ...more },
});
const patch = (...lines: string[]) => ({ name: "apply_patch", input: lines });
const files = { "a.txt": "one\ntwo\n" };

test("calls that cannot be made are answered in words, in order, and each is seen to fail", async () => {
  await using api = await responsesApi([
    {
      steps: [
        {
          calls: [
            { name: "no_such_tool", arguments: {} },
            { name: "exec_command", arguments: {} },
            { name: "exec_command", arguments: { cmd: 5 } },
            { name: "exec_command", arguments: { cmd: "" } },
            patch("hello"),
            patch("*** Begin Patch", "*** Update File: a.txt", "@@", "-three", "+four", "*** End Patch"),
            patch("*** Begin Patch", "*** Update File: none.txt", "@@", "-three", "+four", "*** End Patch"),
            patch("*** Begin Patch", "*** Add File: ../out.txt", "+x", "*** End Patch"),
            { name: "read_file", arguments: { path: "/etc/passwd" } },
            { name: "read_file", arguments: { path: "a\u0000b" } },
            { name: "toString", arguments: {} },
          ],
        },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, files, approvalPolicy: "never" });
  const { turn } = await server.completeTurn("try");
  assert.equal(turn.status, "completed");
  const outputs = toolOutputs(api.requests[1]);
  assert.deepEqual(
    server.toolStatuses(),
    outputs.map(() => "failed"),
  );
  const expected = [
    /^unsupported call: no_such_tool$/,
    /^failed to parse function arguments: .*\n.*cmd/,
    /^failed to parse function arguments: .*expected string/,
    /^failed to parse function arguments: /,
    /^apply_patch verification failed: /,
    /^apply_patch verification failed: .*a\.txt/,
    /^apply_patch verification failed: Failed to read file to update .*none\.txt/,
    /^rejected: .*\/out\.txt is outside the workspace, and the approval policy is never to ask$/,
    /^read_file failed: \/etc\/passwd is outside the workspace\./,
    /^read_file failed: .* is outside the workspace\./,
    /^unsupported call: toString$/,
  ];
  assert.equal(outputs.length, expected.length);
  for (const [at, pattern] of expected.entries()) assert.match(outputs[at] ?? "", pattern);
});

test("arguments that are no JSON are answered with the parser's words", async () => {
  await using api = await responsesApi([{ steps: [{ text: "never" }, { text: "ok" }] }], {
    misbehave: (response, request) => {
      if (request > 1) return false;
      const item = {
        type: "function_call",
        id: "fc",
        call_id: "call_bad",
        name: "exec_command",
        arguments: '{"cmd": "echo',
      };
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sse({ type: "response.output_item.done", output_index: 0, item }));
      response.end(sse({ type: "response.completed", response: { id: "r", status: "completed" } }));
      return true;
    },
  });
  await using server = await testServer({ api });
  assert.equal((await server.completeTurn("try")).turn.status, "completed");
  assert.match(
    toolOutputs(api.requests[1])[0] ?? "",
    /^failed to parse function arguments: Unterminated string in JSON/,
  );
});

test("commands of one answer run side by side, and their outputs keep the order of the calls", async () => {
  await using api = await responsesApi([
    {
      steps: [
        {
          calls: [
            command("echo go > b; read x < a; echo first $x"),
            command("read x < b; echo go > a; echo second $x"),
          ],
        },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api });
  for (const name of ["a", "b"]) spawnSync("mkfifo", [join(server.workspace, name)]);
  await server.completeTurn("run");
  const outputs = toolOutputs(api.requests[1]).map((output) => output.split("Output:\n")[1]);
  assert.deepEqual(outputs, ["first go\n", "second go\n"]);
});

test("every call has exactly one output in the next request, in the order of the calls", async () => {
  await using api = await responsesApi([
    {
      steps: [
        {
          text: "All.",
          calls: [command("exit 3"), patch("x"), { name: "nope" }, { name: "read_file", arguments: { path: "a.txt" } }],
        },
        {
          calls: [
            command("kill -9 $$"),
            command("true", { workdir: "missing" }),
            command("true", { workdir: "a\u0000b" }),
          ],
        },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, files });
  await server.completeTurn("run");
  for (const request of api.requests) assertAnswered(request);
  const outputs = toolOutputs(api.requests[2]);
  assert.equal(outputs.length, 7);
  assert.match(outputs[0] ?? "", /Process exited with code 3/);
  assert.equal(outputs[3], "1\tone\n2\ttwo");
  assert.match(outputs[4] ?? "", /Process (ended by signal SIGKILL|exited with code 137)/);
  assert.deepEqual(server.toolStatuses().toSorted(), ["completed", ...Array.from({ length: 6 }, () => "failed")]);
});

test("what a tool was doing when the turn was stopped is told to the model with the next turn", async () => {
  await using api = await responsesApi([
    { prompt: "run", steps: [{ calls: [command("echo up; sleep 600"), command("sleep 600")] }] },
    { steps: [{ text: "ok" }] },
  ]);
  await using server = await testServer({ api });
  const ids = await server.startTurn("run");
  await server.expectNotification("item/commandExecution/outputDelta");
  await server.request("turn/interrupt", ids);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  assert.equal((await server.completeTurn("and now", ids.threadId)).turn.status, "completed");
  const [first, second] = toolOutputs(api.requests[1]);
  assert.match(first ?? "", /aborted by user\n.*\nOutput:\nup\n/);
  assert.match(second ?? "", /aborted by user/);
  assertAnswered(api.requests[1]);
  assertPrefix(api);
});

test("a history only ever grows at its end", async () => {
  await using api = await responsesApi([
    {
      prompt: "one",
      steps: [{ reasoning: "Hm.", text: "Go.", calls: [command("echo 1")] }, { calls: [patch("x")] }, { text: "ok" }],
    },
    { steps: [{ text: "Sure." }] },
  ]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  await server.completeTurn("two", threadId);
  assert.equal(api.requests.length, 4);
  assertPrefix(api);
});

test("a command's output is capped for the model, in the middle", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("seq 1 100000", { max_output_tokens: 200 }), command("seq 1 100000")] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api });
  await server.completeTurn("run");
  const [small, large] = toolOutputs(api.requests[1]);
  assert.ok((small ?? "").length < 1_000 && (large ?? "").length < 41_000);
  for (const output of [small, large])
    assert.match(output ?? "", /Output:\n1\n2\n.*bytes omitted.*\n99999\n100000\n$/s);
  const items = server
    .completedItems()
    .flatMap((item) => (item.type === "commandExecution" ? [item.aggregatedOutput?.length] : []));
  assert.deepEqual(items, [588_895, 588_895]);
});

test("a command that floods stays small on the wire, and is stopped in the middle of it", async () => {
  await using api = await responsesApi([{ steps: [{ calls: [command("yes")] }] }]);
  await using server = await testServer({ api });
  const ids = await server.startTurn("run");
  for (let piece = 0; piece < 5; piece++) await server.expectNotification("item/commandExecution/outputDelta");
  await server.request("turn/interrupt", ids);
  assert.equal((await server.expectNotification("turn/completed")).turn.status, "interrupted");
  const deltas = server.heard.filter(({ method }) => method === "item/commandExecution/outputDelta");
  // What waits for a client that is busy is put together, up to four megabytes.
  assert.ok(deltas.every(({ params }) => (params as { delta: string }).delta.length < 4_600_000));
  const [flooded] = server.completedItems().filter((item) => item.type === "commandExecution");
  assert.match(flooded?.aggregatedOutput ?? "", /^y\ny\n/);
  assert.ok((flooded?.aggregatedOutput ?? "").length < 1_050_000);
});

test("read_file does not follow a link out of the workspace, nor wait for a pipe", async () => {
  await using api = await responsesApi([
    {
      steps: [
        { calls: ["link", "pipe", "dir", "missing"].map((path) => ({ name: "read_file", arguments: { path } })) },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api });
  writeFileSync(join(server.workspace, "../secret"), "secret");
  spawnSync("ln", ["-s", "../secret", join(server.workspace, "link")]);
  spawnSync("mkfifo", [join(server.workspace, "pipe")]);
  mkdirSync(join(server.workspace, "dir"));
  await server.completeTurn("read");
  const at = (name: string) => join(server.workspace, name);
  assert.deepEqual(toolOutputs(api.requests[1]), [
    `read_file failed: ${at("link")} is outside the workspace. Use exec_command to look at it.`,
    "read_file failed: it is not a regular file. Name a file.",
    "read_file failed: it is a directory. Name a file.",
    `read_file failed: no such file: ${at("missing")}`,
  ]);
  assert.ok(existsSync(at("pipe")));
});

/** Each call once, then its output once. */
function assertAnswered(request: RequestBody | undefined): void {
  const called = request?.input.flatMap(({ type, call_id }) => (type.endsWith("_call") ? [call_id] : []));
  const answered = request?.input.flatMap(({ type, call_id }) => (type.endsWith("_call_output") ? [call_id] : []));
  assert.deepEqual(answered, called);
}

/** What a provider caches: the next request begins, byte for byte, with all of the one before. */
function assertPrefix({ requests }: ResponsesApi): void {
  for (const [at, { input }] of requests.slice(1).entries()) {
    const before = requests[at]?.input ?? [];
    assert.equal(JSON.stringify(input.slice(0, before.length)), JSON.stringify(before));
  }
}
