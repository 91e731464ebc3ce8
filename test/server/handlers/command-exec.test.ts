// Commands that a client runs by itself: over the real wire, with pipes and in terminals, confined and not.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cappedForJson, cappedOutput } from "../../../server/exec/capped.ts";
import type { CommandExecResponse } from "../../../server/protocol/command-exec.ts";
import { holdingLifeline, lifeline } from "../../support/lifeline.ts";
import { type AnyMessage, type TestServer, testServer } from "../../support/test-server.ts";
import { skip as noSandbox } from "../sandbox/real-sandbox.ts";

const posix = { skip: platform() === "win32" ? "the commands are POSIX" : false };
const linux = { skip: platform() === "linux" ? false : "terminals come from util-linux" };
const sandboxed = { skip: noSandbox };

/** The usual limit is ten seconds, which a busy machine may take for a test. */
const unhurried = { disableTimeout: true };
const free = { sandboxPolicy: { type: "dangerFullAccess" as const }, ...unhurried };
const confined = { sandboxPolicy: { type: "workspaceWrite" as const }, ...unhurried };
const echo = ["sh", "-c", "echo out; echo err >&2; exit 4"];

function write(server: TestServer, processId: string, text: string, more: { closeStdin?: boolean } = {}) {
  return server.request("command/exec/write", {
    processId,
    deltaBase64: Buffer.from(text).toString("base64"),
    ...more,
  });
}

/** What a command has said so far, all its deltas put together. */
function said(server: TestServer, processId: string, stream = "stdout"): string {
  const deltas = server.heard.flatMap(({ method, params }) => {
    const delta = params as { processId: string; stream: string; deltaBase64: string };
    const isMine = method === "command/exec/outputDelta" && delta.processId === processId && delta.stream === stream;
    return isMine ? [Buffer.from(delta.deltaBase64, "base64")] : [];
  });
  return Buffer.concat(deltas).toString("utf8");
}

async function untilSaid(server: TestServer, processId: string, text: string): Promise<void> {
  while (!said(server, processId).includes(text)) {
    await server.expectNotification("command/exec/outputDelta", (params) => params.processId === processId);
  }
}

test("a command gives its exit code and both its streams", posix, async () => {
  await using server = await testServer();
  const result = await server.request("command/exec", { command: echo, ...free });
  assert.deepEqual(result, { exitCode: 4, stdout: "out\n", stderr: "err\n" });
});

const refusals: [string, Record<string, unknown>, { code: number; message: string }][] = [
  ["an empty argv", { command: [] }, { code: -32600, message: "command must not be empty" }],
  [
    "a terminal without a process id",
    { command: ["bash"], tty: true },
    { code: -32600, message: "command/exec tty or streaming requires a client-supplied processId" },
  ],
  [
    "an open input without a process id",
    { command: ["cat"], streamStdin: true },
    { code: -32600, message: "command/exec tty or streaming requires a client-supplied processId" },
  ],
  [
    "a time limit that is disabled",
    { command: ["ls"], timeoutMs: 5, disableTimeout: true },
    { code: -32602, message: "command/exec cannot set both timeoutMs and disableTimeout" },
  ],
  [
    "a negative time limit",
    { command: ["ls"], timeoutMs: -1 },
    { code: -32602, message: "command/exec timeoutMs must be non-negative, got -1" },
  ],
  [
    "an output cap that is disabled",
    { command: ["ls"], outputBytesCap: 5, disableOutputCap: true },
    { code: -32602, message: "command/exec cannot set both outputBytesCap and disableOutputCap" },
  ],
  [
    "a negative output cap",
    { command: ["ls"], outputBytesCap: -1 },
    { code: -32600, message: "Invalid request: invalid value: integer `-1`, expected usize" },
  ],
  [
    "a size without a terminal",
    { command: ["ls"], size: { rows: 1, cols: 1 } },
    { code: -32602, message: "command/exec size requires tty: true" },
  ],
  [
    "a terminal without rows",
    { command: ["ls"], processId: "p", tty: true, size: { rows: 0, cols: 1 } },
    { code: -32602, message: "command/exec size rows and cols must be greater than 0" },
  ],
  [
    "two sandboxes",
    { command: ["ls"], sandboxPolicy: { type: "readOnly" }, permissionProfile: ":read-only" },
    { code: -32600, message: "`permissionProfile` cannot be combined with `sandboxPolicy`" },
  ],
  [
    "a folder that is not there",
    { command: ["ls"], cwd: "/no/such" },
    {
      code: -32603,
      message: "failed to spawn command: No such file or directory (os error 2): there is no folder /no/such",
    },
  ],
  [
    "a program that is not there",
    { command: ["/no/such"], ...free },
    { code: -32603, message: "failed to spawn command: No such file or directory (os error 2): the program /no/such" },
  ],
];

test("what cannot be run is refused, with the texts that clients know", posix, async (t) => {
  await using server = await testServer({ initialize: { experimentalApi: true } });
  for (const [name, params, error] of refusals) {
    await t.test(name, async () => assert.deepEqual(await server.refusal("command/exec", params), error));
  }
});

test("what is sent to a command that does not take it is refused", posix, async (t) => {
  await using server = await testServer();
  const running = server.requestRaw("command/exec", {
    command: ["sh", "-c", "echo up; exec cat"],
    processId: "open",
    streamStdin: true,
    streamStdoutStderr: true,
    ...free,
  });
  await untilSaid(server, "open", "up");
  const closed = server.requestRaw("command/exec", { command: ["sleep", "60"], processId: "closed", ...free });
  const refused: [string, Record<string, unknown>, { code: number; message: string }][] = [
    [
      "command/exec",
      { command: ["ls"], processId: "open" },
      { code: -32600, message: 'duplicate active command/exec process id: "open"' },
    ],
    [
      "command/exec/write",
      { processId: "open" },
      { code: -32602, message: "command/exec/write requires deltaBase64 or closeStdin" },
    ],
    [
      "command/exec/write",
      { processId: "open", deltaBase64: "!!!" },
      { code: -32602, message: "invalid deltaBase64: Invalid symbol 33, offset 0." },
    ],
    [
      "command/exec/write",
      { processId: "closed", deltaBase64: "" },
      { code: -32600, message: "stdin streaming is not enabled for this command/exec" },
    ],
    [
      "command/exec/resize",
      { processId: "open", size: { rows: 1, cols: 1 } },
      { code: -32600, message: "failed to resize PTY: process is not attached to a PTY" },
    ],
    [
      "command/exec/terminate",
      { processId: "other" },
      { code: -32600, message: 'no active command/exec for process id "other"' },
    ],
  ];
  for (const [method, params, error] of refused) {
    await t.test(error.message, async () => assert.deepEqual(await server.refusal(method, params), error));
  }
  await server.request("command/exec/write", { processId: "open", closeStdin: true });
  await server.request("command/exec/terminate", { processId: "closed" });
  await Promise.all([running, closed]);
});

test("what is written goes in, what comes out is streamed, and the response is behind all of it", posix, async () => {
  await using server = await testServer();
  const command = ["sh", "-c", "cat; echo err >&2"];
  const running = server.requestRaw("command/exec", {
    command,
    processId: "p",
    streamStdin: true,
    streamStdoutStderr: true,
    ...free,
  });
  // Sent without waiting for anything: the command is known from the moment its request was.
  await write(server, "p", "one ");
  await write(server, "p", "two", { closeStdin: true });
  const answer = await running;
  assert.deepEqual(answer["result"], { exitCode: 0, stdout: "", stderr: "" });
  assert.deepEqual([said(server, "p"), said(server, "p", "stderr")], ["one two", "err\n"]);
  assert.equal(server.heard.at(-1), answer);
  assert.deepEqual(await server.refusal("command/exec/write", { processId: "p", deltaBase64: "" }), {
    code: -32600,
    message: 'no active command/exec for process id "p"',
  });
});

test("output is kept up to its cap, for each stream", posix, async () => {
  await using server = await testServer();
  const two = ["sh", "-c", "printf 0123456789; printf abc >&2"];
  assert.deepEqual(await server.request("command/exec", { command: two, outputBytesCap: 4, ...free }), {
    exitCode: 0,
    stdout: "0123",
    stderr: "abc",
  });
  const much = ["head", "-c", String(3 * 1024 * 1024), "/dev/zero"];
  const usual = await server.request("command/exec", { command: much, ...free });
  const all = await server.request("command/exec", { command: much, disableOutputCap: true, ...free });
  assert.deepEqual([usual.stdout.length, all.stdout.length], [1024 * 1024, 3 * 1024 * 1024]);
});

test("without a cap a response holds what one JSON text can carry, and the rest is left out", () => {
  const output = cappedForJson(cappedOutput(Number.POSITIVE_INFINITY), 20);
  const taken = ["ab\n", '"\\', "\0\0", "x"].map((text) => output.take(Buffer.from(text)));
  assert.deepEqual(
    taken.map((each) => each && [each.bytes.toString(), each.capReached]),
    [["ab\n", false], ['"\\', false], ["\0\0", true], null],
  );
});

test("the last delta of a stream that reached its cap says so", posix, async () => {
  await using server = await testServer();
  const command = ["sh", "-c", "printf 012345; printf 6789; printf abc >&2"];
  const params = { command, processId: "p", streamStdoutStderr: true, outputBytesCap: 6, ...free };
  await server.request("command/exec", params);
  const capped = await server.expectNotification("command/exec/outputDelta", ({ stream }) => stream === "stdout");
  assert.deepEqual(
    { ...capped, deltaBase64: Buffer.from(capped.deltaBase64, "base64").toString() },
    { processId: "p", stream: "stdout", deltaBase64: "012345", capReached: true },
  );
  const whole = await server.expectNotification("command/exec/outputDelta", ({ stream }) => stream === "stderr");
  assert.equal(whole.capReached, false);
});

test("megabytes are streamed completely", posix, async () => {
  await using server = await testServer();
  const bytes = 20_000_000;
  const command = ["head", "-c", String(bytes), "/dev/zero"];
  const params = { command, processId: "p", streamStdoutStderr: true, disableOutputCap: true, ...free };
  await server.request("command/exec", params);
  assert.equal(said(server, "p").length, bytes);
});

test("a command that takes too long ends with 124, one that is terminated as by SIGKILL", posix, async () => {
  await using server = await testServer();
  const command = ["sh", "-c", "echo hi; trap '' TERM; while :; do sleep 60; done"];
  const { sandboxPolicy } = free;
  assert.deepEqual(await server.request("command/exec", { command: ["sleep", "60"], timeoutMs: 50, sandboxPolicy }), {
    exitCode: 124,
    stdout: "",
    stderr: "",
  });
  const running = server.requestRaw("command/exec", { command, processId: "p", streamStdoutStderr: true, ...free });
  await untilSaid(server, "p", "hi");
  assert.deepEqual(await server.request("command/exec/terminate", { processId: "p" }), {});
  assert.deepEqual((await running)["result"], { exitCode: 137, stdout: "", stderr: "" });
});

test(
  "a command has the server's folder and environment, without keys, and with what the client says",
  posix,
  async () => {
    await using server = await testServer({ env: { OPENAI_API_KEY: "sk-secret", SOME: "thing", OTHER: "thing" } });
    const command = ["sh", "-c", 'pwd; echo "$OPENAI_API_KEY|$SOME|${OTHER-unset}|$NEW"'];
    const env = { OTHER: null, NEW: "new" };
    const { stdout } = await server.request("command/exec", { command, env, ...free });
    assert.equal(stdout, `${server.workspace}\n|thing|unset|new\n`);
    mkdirSync(join(server.workspace, "sub"));
    const below = await server.request("command/exec", { command: ["pwd"], cwd: "sub", ...free });
    assert.equal(below.stdout, `${server.workspace}/sub\n`);
  },
);

test("without a policy the configured one holds, and a missing program is a sentence and 127", sandboxed, async () => {
  await using server = await testServer({ sandboxMode: "read-only" });
  const command = ["sh", "-c", "echo x > here"];
  const refused = await server.request("command/exec", { command });
  assert.notEqual(refused.exitCode, 0);
  assert.match(refused.stderr, /Read-only file system/);
  const policy = { type: "workspaceWrite" as const };
  assert.equal((await server.request("command/exec", { command, sandboxPolicy: policy })).exitCode, 0);
  assert.ok(existsSync(join(server.workspace, "here")));
  const missing = await server.request("command/exec", { command: ["no-such-program"] });
  assert.equal(missing.exitCode, 127);
  assert.match(missing.stderr, /no-such-program: not found/);
});

test("a permission profile is for clients that may experiment", sandboxed, async () => {
  await using stable = await testServer();
  const params = { command: ["true"], permissionProfile: ":workspace" };
  assert.deepEqual(await stable.refusal("command/exec", params), {
    code: -32600,
    message: "command/exec.permissionProfile requires experimentalApi capability",
  });
  await using server = await testServer({ initialize: { experimentalApi: true } });
  assert.equal((await server.request("command/exec", params)).exitCode, 0);
});

for (const [where, options, policy] of [
  ["outside the sandbox", linux, free],
  ["in the sandbox", sandboxed, confined],
] as const) {
  test(`a terminal ${where} has a size, echoes, and can be resized`, options, async () => {
    await using server = await testServer();
    const line = "trap 'stty size; exit 5' WINCH; stty size; while :; do sleep 60 & wait; done";
    const command = ["bash", "-c", line];
    const size = { rows: 33, cols: 99 };
    const running = server.requestRaw("command/exec", { command, processId: "p", tty: true, size, ...policy });
    await untilSaid(server, "p", "33 99\r\n");
    await write(server, "p", "typed");
    await untilSaid(server, "p", "typed");
    await server.request("command/exec/resize", { processId: "p", size: { rows: 10, cols: 40 } });
    assert.deepEqual(resultOf(await running), { exitCode: 5, stdout: "", stderr: "" });
    assert.equal(said(server, "p"), "33 99\r\ntyped10 40\r\n");
  });

  test(`^C in a terminal ${where} interrupts what runs in it and not the shell`, options, async () => {
    await using server = await testServer();
    const command = ["bash", "--norc", "-i"];
    const env = { PS1: null, HISTFILE: null };
    const running = server.requestRaw("command/exec", { command, env, processId: "p", tty: true, ...policy });
    // Its own prompt, which is its name and version.
    await untilSaid(server, "p", "bash-");
    // A shell that has said so takes the key; one that is about to start a program may lose it.
    await write(server, "p", "sh -c 'echo b\"\"egun; exec sleep 60'\n");
    await untilSaid(server, "p", "begun\r\n");
    await write(server, "p", "\x03");
    await write(server, "p", "echo a''fter; exit 3\n");
    assert.equal(resultOf(await running).exitCode, 3);
    assert.match(said(server, "p"), /after\r\n/);
  });
}

test(
  "the end of a terminal's input is the end of a file, and all output comes before the response",
  linux,
  async () => {
    await using server = await testServer();
    const running = server.requestRaw("command/exec", {
      command: ["sh", "-c", "cat > /dev/null; seq 1 20000"],
      processId: "p",
      tty: true,
      ...free,
    });
    await server.request("command/exec/write", { processId: "p", closeStdin: true });
    const answer = await running;
    assert.equal(resultOf(answer).exitCode, 0);
    assert.ok(said(server, "p").endsWith("\r\n19999\r\n20000\r\n"));
    assert.equal(server.heard.at(-1), answer);
  },
);

test("words that mean something to a shell reach the program in a terminal as they are", linux, async () => {
  await using server = await testServer();
  const words = ["$(id)", "`id`", "a'b", 'a"b', "*", "; id", "a\nb", "", "\\", "-n"];
  const command = ["printf", "<%s>", ...words];
  assert.equal(
    resultOf(await server.requestRaw("command/exec", { command, processId: "p", tty: true, ...free })).exitCode,
    0,
  );
  assert.equal(said(server, "p"), words.map((word) => `<${word.replace("\n", "\r\n")}>`).join(""));
});

test("terminating a terminal ends every job in it, those in groups of their own included", linux, async () => {
  await using server = await testServer();
  using line = lifeline(server.workspace);
  const jobs = holdingLifeline("set -m; (trap '' HUP; sleep 600) & (trap '' HUP TERM; sleep 600) & wait");
  const running = server.requestRaw("command/exec", {
    command: ["bash", "-c", jobs],
    processId: "p",
    tty: true,
    ...free,
  });
  await line.started;
  await server.request("command/exec/terminate", { processId: "p" });
  assert.deepEqual(resultOf(await running), { exitCode: 1, stdout: "", stderr: "" });
  await line.gone;
});

for (const [name, options, params] of [
  ["a command", posix, free],
  ["a command in the sandbox", sandboxed, confined],
  ["a terminal", linux, { tty: true, ...free }],
  ["a terminal in the sandbox", sandboxed, { tty: true, ...confined }],
] as const) {
  test(`${name} ends, with all it started, when its connection does`, options, async () => {
    const server = await testServer();
    using line = lifeline(server.workspace);
    server.send({
      id: 1,
      method: "command/exec",
      params: {
        command: ["bash", "-c", holdingLifeline("trap '' TERM HUP; sleep 600 & sleep 600")],
        processId: "p",
        ...params,
      },
    });
    await line.started;
    server.child.stdin?.end();
    await line.gone;
    await server[Symbol.asyncDispose]();
  });
}

function resultOf(answer: AnyMessage): CommandExecResponse {
  assert.ok("result" in answer, JSON.stringify(answer));
  return answer["result"] as CommandExecResponse;
}

test("a client has so many commands at a time; one that ends makes room", posix, async () => {
  await using server = await testServer();
  const command = ["sleep", "60"];
  for (let at = 0; at < 64; at++) {
    server.send({ id: `c${at}`, method: "command/exec", params: { command, processId: `p${at}`, ...free } });
  }
  assert.deepEqual(await server.refusal("command/exec", { command, ...free }), {
    code: -32001,
    message: "Server overloaded; retry later.",
  });
  // The last to be started, so that some end while they wait for their turn.
  await server.request("command/exec/terminate", { processId: "p63" });
  const ended = await server.expectAnswers("c63");
  assert.deepEqual(
    ended.map(({ result }) => (result as CommandExecResponse | undefined)?.exitCode),
    [137],
  );
  assert.equal((await server.request("command/exec", { command: echo, ...free })).exitCode, 4);
  for (let at = 0; at < 63; at++) await server.request("command/exec/terminate", { processId: `p${at}` });
  for (let at = 0; at < 63; at++) await server.expectAnswers(`c${at}`);
});
