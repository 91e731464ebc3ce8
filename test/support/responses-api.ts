// An HTTP server that speaks the Responses API and plays a script: the real client talks to it, over a real socket.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { HistoryItem } from "../../server/model/model.ts";
import { nextStep, Script, type Step } from "../../server/model/script.ts";

/** What a test can do besides playing the script: called for each request before it is answered. */
export type Misbehave = (response: ServerResponse, requestNumber: number) => boolean | Promise<boolean>;

export interface ResponsesApi extends AsyncDisposable {
  /** For `base_url`. */
  readonly url: string;
  /** Bodies of all requests so far, in order. */
  readonly requests: readonly RequestBody[];
  readonly headers: readonly IncomingMessage["headers"][];
  /** Resolves when so many requests have come. */
  asked(count: number): Promise<void>;
  /** Request targets, such as "/v1/responses". */
  readonly paths: readonly string[];
}

/** For `base_url`: nobody listens there, and fetch allows it. The port of a server that has ended may soon be another's. */
export const nothingThere = "http://127.0.0.1:2/v1";

export interface RequestBody {
  model: string;
  input: InputItem[];
  tools: { type: string; name: string }[];
  [more: string]: unknown;
}

interface InputItem {
  type: string;
  role?: "developer" | "user" | "assistant";
  content?: string | { type: string; text: string }[];
  call_id?: string;
  name?: string;
  arguments?: string;
  input?: string;
  output?: string;
}

/** `misbehave` returns true when it has answered, or broken, the response itself. */
export async function responsesApi(
  scenes: { prompt?: string; steps: Partial<Step>[] }[],
  options: { misbehave?: Misbehave; countTokens?: (request: RequestBody) => number } = {},
): Promise<ResponsesApi> {
  const script = Script.parse({ name: "test", scenes });
  const requests: RequestBody[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const paths: string[] = [];
  const watchers = new Set<() => void>();
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as RequestBody;
    requests.push(body);
    headers.push(request.headers);
    paths.push(request.url ?? "");
    for (const look of watchers) look();
    if (await options.misbehave?.(response, requests.length)) return;
    const step = nextStep(script, body.input.flatMap(toHistory));
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of sseEvents(
      step ?? { text: "(the script has no more steps)", calls: [], delayMs: 0, tellsTokens: false },
      requests.length,
      options.countTokens?.(body),
    )) {
      if (step?.delayMs) await pause(step.delayMs);
      if (response.destroyed) return;
      response.write(sse(event));
    }
    response.end();
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    headers,
    paths,
    asked: (count) =>
      new Promise((resolve) => {
        const look = () => requests.length >= count && (watchers.delete(look), resolve());
        watchers.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sse(event: Record<string, unknown>): string {
  return `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** For `countTokens`: about what a provider would count. */
export function countByLength({ input, tools }: RequestBody): number {
  return Math.ceil(JSON.stringify([input, tools]).length / 4);
}

/** All text that a request told the model, for assertions on what it was told. */
export function toldText(request: RequestBody): string {
  return request.input.map((item) => JSON.stringify(item)).join("\n");
}

/** The outputs of tools in a request, in order. */
export function toolOutputs(request: RequestBody | undefined): string[] {
  return request?.input.flatMap(({ output }) => (output === undefined ? [] : [output])) ?? [];
}

function toHistory(item: InputItem): HistoryItem[] {
  switch (item.type) {
    case "message": {
      const text =
        typeof item.content === "string" ? item.content : (item.content ?? []).map((part) => part.text).join("");
      return [{ type: "message", role: item.role ?? "user", text }];
    }
    case "function_call":
    case "custom_tool_call": {
      const kind = item.type === "function_call" ? "json" : "freeform";
      const input = item.arguments ?? item.input ?? "";
      return [{ type: "toolCall", callId: item.call_id ?? "", name: item.name ?? "", kind, input }];
    }
    case "function_call_output":
    case "custom_tool_call_output":
      return [{ type: "toolOutput", callId: item.call_id ?? "", kind: "json", output: item.output ?? "" }];
    default:
      return [];
  }
}

function* sseEvents(step: Step, requestNumber: number, inputTokens = 100): Generator<Record<string, unknown>> {
  const response = { id: `resp_${requestNumber}`, object: "response" };
  yield { type: "response.created", response: { ...response, status: "in_progress" } };
  let index = 0;
  if (step.fail !== undefined) {
    yield {
      type: "response.failed",
      response: { ...response, status: "failed", error: { code: "server_error", message: step.fail } },
    };
    return;
  }
  if (step.reasoning !== undefined) yield* reasoningEvents(`rs_${requestNumber}`, index++, step.reasoning);
  if (step.text !== undefined) yield* messageEvents(`msg_${requestNumber}`, index++, step.text);
  for (const call of step.calls) {
    const call_id = `call_${requestNumber}_${index}`;
    const item = call.input
      ? { type: "custom_tool_call", id: `ctc_${call_id}`, call_id, name: call.name, input: call.input.join("\n") }
      : {
          type: "function_call",
          id: `fc_${call_id}`,
          call_id,
          name: call.name,
          arguments: JSON.stringify(patiently(call)),
        };
    yield { type: "response.output_item.added", output_index: index, item: { ...item, status: "in_progress" } };
    yield { type: "response.output_item.done", output_index: index++, item: { ...item, status: "completed" } };
  }
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 40 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: inputTokens + 20,
  };
  yield { type: "response.completed", response: { ...response, status: "completed", usage } };
}

/** On a busy machine a command that is to run while a test does something would soon go on behind its turn. */
function patiently({ name, arguments: given = {} }: Step["calls"][number]): Record<string, unknown> {
  return name === "exec_command" ? { ...given, yield_time_ms: given["yield_time_ms"] ?? 30_000 } : given;
}

function* reasoningEvents(id: string, output_index: number, text: string): Generator<Record<string, unknown>> {
  const at = { item_id: id, output_index, summary_index: 0 };
  yield { type: "response.output_item.added", output_index, item: { type: "reasoning", id, summary: [] } };
  yield { type: "response.reasoning_summary_part.added", ...at, part: { type: "summary_text", text: "" } };
  for (const delta of pieces(text)) yield { type: "response.reasoning_summary_text.delta", ...at, delta };
  const summary = [{ type: "summary_text", text }];
  yield {
    type: "response.output_item.done",
    output_index,
    item: { type: "reasoning", id, summary, encrypted_content: "sealed" },
  };
}

function* messageEvents(id: string, output_index: number, text: string): Generator<Record<string, unknown>> {
  const item = { type: "message", id, role: "assistant" };
  yield { type: "response.output_item.added", output_index, item: { ...item, content: [], status: "in_progress" } };
  for (const delta of pieces(text)) {
    yield { type: "response.output_text.delta", item_id: id, output_index, content_index: 0, delta };
  }
  const content = [{ type: "output_text", text, annotations: [] }];
  yield { type: "response.output_item.done", output_index, item: { ...item, content, status: "completed" } };
}

function pieces(text: string): string[] {
  return text.match(/.{1,12}/gs) ?? [];
}

/** Begins a stream that says `text` and then nothing: the response stays open for the test to break. */
export function streamPart(response: ServerResponse, text: string, id = "msg_part"): true {
  const [created, added, delta] = [
    { type: "response.created", response: { id: "resp_part", object: "response", status: "in_progress" } },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { type: "message", id, role: "assistant", content: [] },
    },
    { type: "response.output_text.delta", item_id: id, output_index: 0, content_index: 0, delta: text },
  ];
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(sse(created) + sse(added) + sse(delta));
  return true;
}

/** Ends well what `streamPart` began: this is the whole text. */
export function streamRest(response: ServerResponse, text: string, id = "msg_part"): void {
  const content = [{ type: "output_text", text, annotations: [] }];
  const item = { type: "message", id, role: "assistant", content };
  response.write(sse({ type: "response.output_item.done", output_index: 0, item }));
  streamEnd(response, completedEvent);
}

export interface StreamedCall {
  callId: string;
  name: string;
  pieces: readonly string[];
  /** False: the call is never said to be whole. */
  isWhole?: boolean;
}

/** Begins a stream in which freeform calls are written side by side, piece by piece; it stays open. */
export function streamCalls(response: ServerResponse, calls: readonly StreamedCall[]): true {
  const itemOf = ({ callId, name }: StreamedCall) => ({
    ...{ type: "custom_tool_call", id: `ctc_${callId}` },
    ...{ call_id: callId, name },
  });
  const each = (make: (call: StreamedCall, output_index: number) => Record<string, unknown>) =>
    calls.map((call, output_index) => sse({ output_index, ...make(call, output_index) })).join("");
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(sse({ type: "response.created", response: { id: "resp_calls", object: "response" } }));
  response.write(each((call) => ({ type: "response.output_item.added", item: { ...itemOf(call), input: "" } })));
  for (let at = 0; calls.some(({ pieces }) => at < pieces.length); at++) {
    for (const [output_index, { callId, pieces }] of calls.entries()) {
      const delta = pieces[at];
      if (delta === undefined) continue;
      response.write(sse({ type: inputDelta, item_id: `ctc_${callId}`, output_index, delta }));
    }
  }
  for (const [output_index, call] of calls.entries()) {
    if (call.isWhole === false) continue;
    const item = { ...itemOf(call), input: call.pieces.join("") };
    response.write(sse({ type: "response.output_item.done", output_index, item }));
  }
  return true;
}

const inputDelta = "response.custom_tool_call_input.delta";

/** The event that ends an answer well. */
export const completedEvent = {
  type: "response.completed",
  response: { id: "resp_calls", object: "response", status: "completed", usage: null },
};

/** Ends what `streamPart` began with one more event. */
export function streamEnd(response: ServerResponse, event: Record<string, unknown>): void {
  response.end(sse(event));
}
