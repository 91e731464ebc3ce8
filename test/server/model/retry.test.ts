// Answers that break off and are asked for anew, over the wire: what people see stays whole, and no tool runs twice.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import type { ThreadItem } from "../../../server/protocol/item.ts";
import {
  nothingThere,
  type ResponsesApi,
  responsesApi,
  sse,
  streamCalls,
  streamEnd,
  streamPart,
  toolOutputs,
} from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const quick = "request_max_retries = 0\nstream_max_retries = 2\nretry_base_delay_ms = 1";
const scenes = [
  {
    prompt: "count",
    steps: [
      {
        reasoning: "Let me think.",
        text: "I count.",
        calls: [{ name: "exec_command", arguments: { cmd: "echo ran >> log" } }],
      },
      { text: "Counted." },
    ],
  },
  { steps: [{ text: "Fine." }] },
];

/** What the provider does instead of its first answer, which would be the reasoning, the text and the call. */
const cuts: Record<string, (response: ServerResponse) => unknown> = {
  "in the middle of its text": (response) => {
    streamPart(response, "I co");
    response.write(": \n\n", () => response.destroy());
  },
  "behind a whole text": (response) => cutBehind(response, [...message, ...message]),
  "in the middle of its reasoning": (response) => cutBehind(response, reasoning.slice(0, -1)),
  "behind its reasoning": (response) => cutBehind(response, reasoning),
  "behind a whole call": (response) => cutBehind(response, [...message, call]),
  "in the middle of a patch": (response) => {
    const pieces = ["*** Begin Patch\n*** Add File: never.txt\n", "+one\n"];
    streamCalls(response, [{ callId: "c", name: "apply_patch", pieces, isWhole: false }]);
    response.write(": \n\n", () => response.destroy());
  },
  "by a failure of its own": (response) => {
    streamPart(response, "I co");
    streamEnd(response, { type: "response.failed", response: { error: { code: "server_error", message: "broke" } } });
  },
  "with a limit": (response) => {
    streamPart(response, "I co");
    const error = { code: "rate_limit_exceeded", message: "Please try again in 2ms." };
    streamEnd(response, { type: "response.failed", response: { error } });
  },
  "with half an event": (response) => {
    streamPart(response, "I co");
    response.end('event: response.output_text.delta\ndata: {"type":"response.outp');
  },
  "with broken compression": (response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
    response.end("this was never compressed");
  },
  "before it begins": (response) => response.destroy(),
  "by falling silent": (response) => streamPart(response, "I co"),
};

for (const [name, cut] of Object.entries(cuts)) {
  test(`an answer that ends ${name} is asked for anew: nothing is there twice, and the tool runs once`, async () => {
    await using api = await breaking((response, request) => request === 1 && (cut(response), true));
    // A machine that is busy may be silent as well, where nothing else is.
    const provider = name === "by falling silent" ? `${quick}\nstream_idle_timeout_ms = 1000` : quick;
    await using server = await testServer({ api, provider, approvalPolicy: "never" });
    const { threadId, turn } = await server.completeTurn("count");
    assert.equal(turn.status, "completed");
    const error = await server.expectNotification("error");
    const { message: told, codexErrorInfo } = error.error;
    assert.deepEqual(
      [told, codexErrorInfo, error.willRetry],
      ["Reconnecting... 1/2", { responseStreamDisconnected: { httpStatusCode: null } }, true],
    );
    assert.match(error.error.additionalDetails ?? "", /^The (answer of the )?model provider "test" /);
    assert.deepEqual(api.requests[1], api.requests[0], "the same request again");
    assert.equal(readFileSync(join(server.workspace, "log"), "utf8"), "ran\n");
    const items = await itemsOf(server, threadId);
    assert.deepEqual(items.map(inShort), [
      "userMessage",
      "reasoning Let me think.",
      "agentMessage I count.",
      "commandExecution",
      "agentMessage Counted.",
    ]);
    await server.end();
    await using later = await testServer({ api, like: server });
    assert.deepEqual(await itemsOf(later, threadId), items, "as it is read back");
  });
}

test("an answer that always breaks off fails after so many tries, and the next turn works", async () => {
  await using api = await breaking((response, request) => request <= 3 && cutBehind(response, message.slice(0, 2)));
  await using server = await testServer({ api, provider: quick });
  const { threadId, message: why } = await server.failTurn("count");
  assert.match(why, /^The answer of the model provider "test" ended before it was complete\. Try again\.$/);
  assert.deepEqual(retries(server), ["Reconnecting... 1/2", "Reconnecting... 2/2"]);
  assert.equal(api.requests.length, 3);
  assert.deepEqual((await itemsOf(server, threadId)).map(inShort), ["userMessage", "agentMessage I co"]);
  assert.equal((await server.completeTurn("more", threadId)).turn.status, "completed");
});

test("failures before an answer are first tried again without a word", async () => {
  await using api = await breaking((response, request) => request <= 3 && status(response, 500));
  const provider = "request_max_retries = 2\nstream_max_retries = 2\nretry_base_delay_ms = 1";
  await using server = await testServer({ api, provider });
  assert.equal((await server.completeTurn("more")).turn.status, "completed");
  assert.deepEqual(retries(server), ["Reconnecting... 1/2"]);
  const error = await server.expectNotification("error");
  assert.match(error.error.additionalDetails ?? "", /has a problem of its own \(HTTP 500\)/);
  assert.deepEqual(error.error.codexErrorInfo, { responseStreamDisconnected: { httpStatusCode: 500 } });
  assert.equal(api.requests.length, 4);
});

test("each answer of a turn has all its tries", async () => {
  // The answer with the call, and the one behind it.
  await using api = await breaking((response, request) => ![3, 6].includes(request) && cutBehind(response, message));
  await using server = await testServer({ api, provider: quick, approvalPolicy: "never" });
  assert.equal((await server.completeTurn("count")).turn.status, "completed");
  assert.deepEqual(
    retries(server),
    [1, 2, 1, 2].map((attempt) => `Reconnecting... ${attempt}/2`),
  );
});

const final: Record<string, { answer: (response: ServerResponse) => unknown; message: RegExp; info: unknown }> = {
  "a refused key": {
    answer: (response) => status(response, 401, { code: "invalid_api_key", message: "Incorrect API key" }),
    message: /refused the API key \(HTTP 401\)/,
    info: { httpConnectionFailed: { httpStatusCode: 401 } },
  },
  "an address with nothing there": {
    answer: (response) => status(response, 404, { message: "Not found" }),
    message: /^Nothing is at /,
    info: { httpConnectionFailed: { httpStatusCode: 404 } },
  },
  "a request that is refused": {
    answer: (response) => status(response, 400, { message: "Unsupported parameter: tools" }),
    message: /refused the request \(HTTP 400\)/,
    info: "badRequest",
  },
  "a full context": {
    answer: (response) => failed(response, "context_length_exceeded", "too long"),
    message: /no longer fits into the model's context window/,
    info: "contextWindowExceeded",
  },
  "a full context without a code": {
    answer: (response) => status(response, 400, { message: "This model's maximum context length is 8192 tokens." }),
    message: /no longer fits into the model's context window/,
    info: "contextWindowExceeded",
  },
  "a filter": {
    answer: (response) => failed(response, "content_filter", "Not this"),
    message: /reported an error: Not this/,
    info: "other",
  },
  "a quota that is used up": {
    answer: (response) => status(response, 429, { code: "insufficient_quota", message: "You exceeded your quota" }),
    message: /has used up its quota\. Check its plan and billing/,
    info: "usageLimitExceeded",
  },
  "a limit that lasts": {
    answer: (response) => status(response, 429, { message: "Slow down" }, { "retry-after": "3600" }),
    message: /limits requests right now \(HTTP 429\)\. It asks to wait 60 min\.$/,
    info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
  },
  "a web page": {
    answer: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><html>"),
    message: /answered with a web page \(HTTP 200\)/,
    info: { responseStreamConnectionFailed: { httpStatusCode: 200 } },
  },
};

for (const [name, { answer, message: expected, info }] of Object.entries(final)) {
  test(`${name} is not asked again, and the thread goes on`, async () => {
    await using api = await breaking((response, request) => request === 1 && (answer(response), true));
    await using server = await testServer({ api, provider: quick });
    const { message: why, info: said, threadId } = await server.failTurn("count");
    assert.match(why, expected);
    assert.deepEqual([said, retries(server), api.requests.length], [info, [], 1]);
    assert.equal((await server.completeTurn("more", threadId)).turn.status, "completed");
  });
}

const passing: Record<string, { answer: (response: ServerResponse) => unknown; info: unknown }> = {
  "a limit": {
    answer: (response) => status(response, 429, { message: "Slow down" }, { "retry-after-ms": "1" }),
    info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
  },
  "an overload": {
    answer: (response) => status(response, 503, { code: "server_is_overloaded", message: "Busy" }),
    info: "serverOverloaded",
  },
  "an overload in the answer": {
    answer: (response) => failed(response, "slow_down", "Busy"),
    info: "serverOverloaded",
  },
  "a web page of a proxy": {
    answer: (response) => response.writeHead(502, { "content-type": "text/html" }).end("<!doctype html><html>"),
    info: { responseStreamConnectionFailed: { httpStatusCode: 502 } },
  },
};

for (const [name, { answer, info }] of Object.entries(passing)) {
  test(`${name} is waited for, and named when it does not pass`, async () => {
    await using api = await breaking((response, request) => request !== 2 && (answer(response), true));
    await using server = await testServer({ api, provider: quick });
    const { threadId, turn } = await server.completeTurn("more");
    assert.equal(turn.status, "completed");
    assert.deepEqual(retries(server), ["Reconnecting... 1/2"]);
    assert.deepEqual((await server.failTurn("more", threadId)).info, info);
    assert.equal(api.requests.length, 5);
  });
}

const waiting: Record<string, { misbehave(response: ServerResponse): unknown; until: "error" | "delta" | "asked" }> = {
  "a try is waited for": {
    misbehave: (response) => status(response, 429, {}, { "retry-after": "100" }),
    until: "error",
  },
  "an answer has stalled": { misbehave: (response) => streamPart(response, "Well"), until: "delta" },
  "an answer never begins": { misbehave: () => true, until: "asked" },
  "an answer only trickles": {
    misbehave: (response) => {
      streamPart(response, "Well");
      const timer = setInterval(() => response.write(":"), 1);
      response.once("close", () => clearInterval(timer));
    },
    until: "delta",
  },
};

for (const [name, { misbehave, until }] of Object.entries(waiting)) {
  const reached = async (server: TestServer, api: ResponsesApi) => {
    if (until === "error") await server.expectNotification("error");
    else if (until === "delta") await server.expectNotification("item/agentMessage/delta");
    else await api.asked(1);
  };
  test(`stopping works at once while ${name}`, async () => {
    await using api = await breaking((response, request) => request === 1 && (misbehave(response), true));
    await using server = await testServer({ api, provider: quick });
    const ids = await server.startTurn("more");
    await reached(server, api);
    await server.request("turn/interrupt", ids);
    const { turn } = await server.expectNotification("turn/completed");
    assert.deepEqual([turn.status, turn.error], ["interrupted", null]);
    assert.equal((await server.completeTurn("more", ids.threadId)).turn.status, "completed");
  });

  test(`what is added reaches the model at once while ${name}`, async () => {
    await using api = await breaking((response, request) => request === 1 && (misbehave(response), true));
    await using server = await testServer({ api, provider: quick });
    const { threadId, turnId } = await server.startTurn("more");
    await reached(server, api);
    const input = [{ type: "text" as const, text: "be quick" }];
    await server.request("turn/steer", { threadId, input, expectedTurnId: turnId });
    assert.equal((await server.expectNotification("turn/completed")).turn.status, "completed");
    assert.match(JSON.stringify(api.requests[1]), /be quick/);
  });
}

test("bytes that are no event do not keep an answer alive", async () => {
  await using api = await breaking((response, request) => {
    if (request > 1) return false;
    streamPart(response, "Well");
    const timer = setInterval(() => response.write(": still here\n\n"), 5);
    response.once("close", () => clearInterval(timer));
    return true;
  });
  // A machine that is busy may be as silent, once more than the test means.
  const provider = "stream_max_retries = 100\nretry_base_delay_ms = 1\nstream_idle_timeout_ms = 300";
  await using server = await testServer({ api, provider });
  assert.equal((await server.completeTurn("more")).turn.status, "completed");
  const error = await server.expectNotification("error");
  assert.match(error.error.additionalDetails ?? "", /sent nothing for 0\.3 s/);
});

test("who waits longer than Node does can be answered all the same", async () => {
  await using api = await breaking((response, request) => request === 1 && cutBehind(response, message));
  await using server = await testServer({ api, provider: `${quick}\nstream_idle_timeout_ms = 9000000000` });
  assert.equal((await server.completeTurn("more")).turn.status, "completed");
});

test("an answer in odd pieces is read as it was meant", async () => {
  const events = [...message, { type: "response.completed", response: { id: "r", status: "completed" } }];
  const text = events.map((event) => `: comment\n${sse(event)}`).join("");
  const bytes = Buffer.concat([Buffer.from(": \xff\xfe\n\n", "latin1"), Buffer.from(text.replaceAll("\n", "\r\n"))]);
  await using api = await breaking((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (at: number) => {
      if (at >= bytes.length) response.end();
      else response.write(bytes.subarray(at, at + 3), () => send(at + 3));
    };
    response.socket?.setNoDelay();
    send(0);
    return true;
  });
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("more");
  assert.deepEqual((await itemsOf(server, threadId)).map(inShort), ["userMessage", "agentMessage I count."]);
});

test("bytes without end and without an event end the answer, with its cause", async () => {
  const comment = Buffer.alloc(1024 * 1024, ": nothing\n");
  await using api = await breaking((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = () => !response.destroyed && response.write(comment, send);
    send();
    return true;
  });
  await using server = await testServer({ api, provider: quick });
  assert.match((await server.failTurn("more")).message, /sent many megabytes without an event/);
});

test("a provider that speaks no TLS where it should is named as such, and not asked again", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({
    api: { ...api, url: api.url.replace("http:", "https:") },
    provider: quick,
  });
  const { message: why } = await server.failTurn("more");
  assert.match(why, /could not be reached at https:.*TLS/);
  assert.deepEqual(retries(server), []);
});

test("a provider that cannot be reached is tried again, and its cause is told each time", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api: { ...api, url: nothingThere }, provider: quick });
  const { message: why } = await server.failTurn("more");
  assert.match(why, /could not be reached at .* Nothing answers there/);
  const error = await server.expectNotification("error");
  assert.match(error.error.additionalDetails ?? "", /Nothing answers there \(connection refused\)/);
  assert.equal(retries(server).length, 2);
});

test("a call that comes again under its id is not run again: the model hears what it did", async () => {
  await using api = await breaking((response, request) => {
    if (request > 2) return false;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const twice = [call, { ...call, output_index: 1 }];
    response.end([...twice, { type: "response.completed", response: { id: "r" } }].map(sse).join(""));
    return true;
  });
  await using server = await testServer({ api, approvalPolicy: "never" });
  assert.equal((await server.completeTurn("more")).turn.status, "completed");
  assert.equal(readFileSync(join(server.workspace, "log"), "utf8"), "ran\n");
  const outputs = toolOutputs(api.requests[2]);
  assert.deepEqual([outputs.length, outputs[0]], [2, outputs[1]]);
});

test("a call runs again when its provider gives the same id to every call", async () => {
  const cmds = ["cat log", "echo more >> log", "cat log"];
  await using api = await breaking((response, request) => {
    const cmd = cmds[request - 1];
    if (cmd === undefined) return false;
    const item = { ...call.item, arguments: JSON.stringify({ cmd }) };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(
      [
        { ...call, item },
        { type: "response.completed", response: { id: "r" } },
      ]
        .map(sse)
        .join(""),
    );
    return true;
  });
  await using server = await testServer({ api, approvalPolicy: "never", files: { log: "one\n" } });
  assert.equal((await server.completeTurn("more")).turn.status, "completed");
  const seen = toolOutputs(api.requests[3]).map((output) => output.match(/one|more/g));
  assert.deepEqual(seen, [["one"], null, ["one", "more"]]);
});

const message = [
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { type: "message", id: "m", role: "assistant", content: [] },
  },
  { type: "response.output_text.delta", item_id: "m", output_index: 0, content_index: 0, delta: "I co" },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: { type: "message", id: "m", role: "assistant", content: [{ type: "output_text", text: "I count." }] },
  },
];
const reasoning = [
  { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "r", summary: [] } },
  { type: "response.reasoning_summary_part.added", item_id: "r", summary_index: 0, part: {} },
  { type: "response.reasoning_summary_text.delta", item_id: "r", summary_index: 0, delta: "Let" },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: { type: "reasoning", id: "r", summary: [{ text: "Let me think." }] },
  },
];
const call = {
  type: "response.output_item.done",
  output_index: 0,
  item: {
    ...{ type: "function_call", call_id: "call_x", name: "exec_command" },
    arguments: JSON.stringify({ cmd: "echo ran >> log" }),
  },
};

function breaking(misbehave: (response: ServerResponse, request: number) => unknown): Promise<ResponsesApi> {
  return responsesApi(scenes, { misbehave: (response, request) => misbehave(response, request) === true });
}

function cutBehind(response: ServerResponse, events: readonly Record<string, unknown>[]): true {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(events.map(sse).join(""));
  return true;
}

function failed(response: ServerResponse, code: string, text: string): void {
  cutBehind(response, [{ type: "response.failed", response: { error: { code, message: text } } }]);
}

function status(response: ServerResponse, code: number, error: object = {}, headers: object = {}): true {
  response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify({ error }));
  return true;
}

function retries({ heard }: TestServer): string[] {
  return heard.flatMap(({ method, params }) => {
    const { willRetry, error } = (params ?? {}) as { willRetry?: boolean; error?: { message: string } };
    return method === "error" && willRetry === true ? [error?.message ?? ""] : [];
  });
}

async function itemsOf(server: TestServer, threadId: string): Promise<ThreadItem[]> {
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  return thread.turns.flatMap(({ items }) => items);
}

function inShort(item: ThreadItem): string {
  if (item.type === "agentMessage") return `${item.type} ${item.text}`;
  return item.type === "reasoning" ? `${item.type} ${item.summary.join("")}` : item.type;
}
