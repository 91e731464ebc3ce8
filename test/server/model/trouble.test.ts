// Whatever a model provider does wrong ends the turn as failed, with a sentence that names cause and cure, and leaves
// the thread usable.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { responsesApi, sse, streamEnd, streamPart } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const shortPatience = "stream_idle_timeout_ms = 1500";

interface Trouble {
  name: string;
  /** What the first request gets. */
  happens(response: ServerResponse): unknown;
  message: RegExp;
  info: unknown;
  provider?: string;
  /** What stays of the answer. */
  said?: string;
}

const json = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const html = (status: number) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": "text/html" }).end("<!doctype html><html><body>Welcome</body></html>");
const cutOff = { responseStreamDisconnected: { httpStatusCode: null } };

const troubles: Trouble[] = [
  {
    name: "never answers",
    happens: () => undefined,
    provider: shortPatience,
    message: /^The model provider "test" sent nothing for 1\.5 s\. Try again; .* stream_idle_timeout_ms\.$/,
    info: cutOff,
  },
  {
    name: "stalls in the middle of its answer",
    happens: (response) => streamPart(response, "Well"),
    provider: shortPatience,
    message: /^The model provider "test" sent nothing for 1\.5 s\./,
    info: cutOff,
    said: "Well",
  },
  {
    name: "is cut in the middle of its answer",
    happens: (response) => {
      streamPart(response, "Well");
      // After the bytes are out.
      response.write(": \n\n", () => response.destroy());
    },
    message: /(could not be reached|ended before it was complete).*Try again\.$/,
    info: /responseStream/,
    said: "Well",
  },
  {
    name: "ends its answer without an end",
    happens: (response) => {
      streamPart(response, "Well");
      response.end();
    },
    message: /^The answer of the model provider "test" ended before it was complete\. Try again\.$/,
    info: cutOff,
    said: "Well",
  },
  {
    name: "sends an empty stream",
    happens: (response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(),
    message: /^The answer of the model provider "test" ended before it was complete\. Try again\.$/,
    info: cutOff,
  },
  {
    name: "sends events that are no JSON",
    happens: (response) => {
      streamPart(response, "Well");
      response.end("event: response.completed\ndata: {not json\n\n");
    },
    message: /^The model provider "test" sent something that is no event of the Responses API \(.*\)\. Try again/,
    info: "other",
    said: "Well",
  },
  {
    name: "sends events of a wrong shape",
    happens: (response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(sse({ type: "response.output_item.done", output_index: 0, item: { type: "message" } })),
    message: /^The model provider "test" sent something that is no event of the Responses API \(.*\)\. Try again/,
    info: "other",
  },
  {
    name: "answers with a web page",
    happens: html(200),
    message: /answered with a web page \(HTTP 200\), not with a model's event stream\. Check base_url/,
    info: { responseStreamConnectionFailed: { httpStatusCode: 200 } },
  },
  {
    name: "answers with a web page and an error",
    happens: html(502),
    message: /answered with a web page \(HTTP 502\)/,
    info: { responseStreamConnectionFailed: { httpStatusCode: 502 } },
  },
  {
    name: "answers with JSON instead of a stream",
    happens: json(200, { id: "resp", output: [] }),
    message: /answered with application\/json \(HTTP 200\), not with a model's event stream/,
    info: { responseStreamConnectionFailed: { httpStatusCode: 200 } },
  },
  {
    name: "refuses the key",
    happens: json(401, { error: { message: "Incorrect API key", code: "invalid_api_key" } }),
    message:
      /refused the API key \(HTTP 401\)\. Correct the header that carries it and restart, or store another with "Belay: Set API Key" in VS Code\.$/,
    info: { httpConnectionFailed: { httpStatusCode: 401 } },
  },
  {
    name: "has nothing at this address",
    happens: json(404, { error: { message: "Not found" } }),
    message: /^Nothing is at http.*\/v1\/responses \(HTTP 404\)\. Check base_url/,
    info: { httpConnectionFailed: { httpStatusCode: 404 } },
  },
  {
    name: "has no such model",
    happens: json(404, { error: { message: "No such model", code: "model_not_found" } }),
    message: /^The model provider "test" has no model "test-model"\. Choose another/,
    info: "modelNotFound",
  },
  {
    name: "limits requests",
    happens: json(429, { error: { message: "Slow down" } }),
    message: /limits requests right now \(HTTP 429\)\. Wait a little and try again/,
    info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
  },
  {
    name: "has a problem of its own",
    happens: json(500, { error: { message: "oops" } }),
    message: /has a problem of its own \(HTTP 500\)\. Try again in a while\.$/,
    info: "internalServerError",
  },
  {
    name: "refuses the request",
    happens: json(400, { error: { message: "Unsupported parameter: tools" } }),
    message: /refused the request \(HTTP 400\): .*Unsupported parameter: tools/,
    info: "badRequest",
  },
  {
    name: "says that the context is full",
    happens: json(400, { error: { message: "too long", code: "context_length_exceeded" } }),
    message: /no longer fits into the model's context window, .*nothing in it yet to sum up.* Start a new thread, /,
    info: "contextWindowExceeded",
  },
  {
    name: "reports a failed response",
    happens: (response) => {
      streamPart(response, "Well");
      streamEnd(response, {
        type: "response.failed",
        response: { error: { code: "server_error", message: "It broke" } },
      });
    },
    message: /^The model provider "test" reported an error: It broke$/,
    info: "other",
    said: "Well",
  },
  {
    name: "stops at its limit",
    happens: (response) => {
      streamPart(response, "Well");
      streamEnd(response, {
        type: "response.incomplete",
        response: { incomplete_details: { reason: "max_output_tokens" } },
      });
    },
    message: /^The model stopped before it was done: max_output_tokens\. Ask for less in one step\.$/,
    info: "other",
    said: "Well",
  },
  {
    name: "sends an error event",
    happens: (response) => {
      streamPart(response, "Well");
      streamEnd(response, { type: "error", code: "rate_limit_exceeded", message: "Too fast", param: null });
    },
    message: /^The model provider "test" limits requests right now\. Wait a little and try again/,
    info: "rateLimitExceeded",
    said: "Well",
  },
  {
    name: "sends an error object in the stream",
    happens: (response) => {
      streamPart(response, "Well");
      response.end(`data: ${JSON.stringify({ error: { message: "Overloaded", code: "overloaded" } })}\n\n`);
    },
    message: /^The model provider "test" is overloaded right now\. Try again in a while/,
    info: "serverOverloaded",
    said: "Well",
  },
];

for (const { name, happens, message, info, provider = "", said } of troubles) {
  test(`a provider that ${name} fails the turn with cause and cure, and the next turn works`, async () => {
    await using api = await responsesApi([{ steps: [{ text: "Fine." }] }], {
      misbehave: (response, request) => request === 1 && (happens(response), true),
    });
    await using server = await testServer({ api, provider });
    const failed = await server.failTurn("try");
    assert.match(failed.message, message);
    if (info instanceof RegExp) assert.match(JSON.stringify(failed.info), info);
    else assert.deepEqual(failed.info, info);
    assert.deepEqual(texts(server), said === undefined ? [] : [said]);
    const error = await server.expectNotification("error");
    assert.deepEqual([error.error.message, error.willRetry], [failed.message, false]);
    assert.equal((await server.completeTurn("again", failed.threadId)).turn.status, "completed");
  });
}

function texts(server: TestServer): string[] {
  return server.completedItems().flatMap((item) => (item.type === "agentMessage" ? [item.text] : []));
}
