// The OpenAI Responses API behind our own event union. The one file that names the `openai` package.
import type OpenAI from "openai";
import type { ClientOptions } from "openai";
import type { ResponseCreateParamsStreaming, ResponseInputItem, Tool } from "openai/resources/responses/responses";
import {
  type Endpoint,
  type KeyWays,
  cutFailure,
  floodFailure,
  idleFailure,
  missingKeyFailure,
  notAStreamFailure,
  sleptFailure,
  thrownFailure,
} from "./errors.ts";
import type { HistoryItem, Model, ModelEvent, ModelFailure, ModelRequest, ToolSpec } from "./model.ts";
import { patience } from "./patient-fetch.ts";
import { responsesEventReader } from "./responses-events.ts";
import { type Lost, MAX_TIMER_MS, startWatchdog, type Watchdog } from "./watchdog.ts";

export interface ResponsesProvider {
  name: string;
  baseUrl: string;
  /** Without an environment variable for it the provider needs none. */
  keyWays: KeyWays;
  apiKey: string | null;
  headers: Record<string, string>;
  query: Record<string, string>;
  idleTimeoutMs: number;
}

export function responsesModel(provider: ResponsesProvider): Model {
  return { stream: (request, signal) => stream(provider, request, signal) };
}

async function* stream(
  provider: ResponsesProvider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const { envKey } = provider.keyWays;
  if (provider.apiKey === null && envKey !== null) {
    yield { type: "failed", failure: missingKeyFailure(provider.name, envKey, provider.keyWays) };
    return;
  }
  const endpoint: Endpoint = {
    provider: provider.name,
    baseUrl: provider.baseUrl,
    model: request.model,
    idleTimeoutMs: provider.idleTimeoutMs,
    keyWays: provider.keyWays,
    secrets: secretsOf(provider),
  };
  let watchdog: Watchdog | null = null;
  let hasBegun = false;
  try {
    const client = await createClient(provider, (bytes) => watchdog?.sawBytes(bytes));
    // Loading our own code above is no silence of the provider's.
    watchdog = startWatchdog(provider.idleTimeoutMs);
    const { data: events, response } = await client.responses
      .create(requestBody(request), { signal: AbortSignal.any([signal, watchdog.signal]) })
      .withResponse();
    const contentType = response.headers.get("content-type") ?? "";
    if (!contentType.includes("text/event-stream")) {
      events.controller.abort();
      yield { type: "failed", failure: notAStreamFailure(endpoint, response.status, contentType) };
      return;
    }
    hasBegun = true;
    const read = responsesEventReader(endpoint);
    for await (const event of events) {
      watchdog.sawEvent();
      for (const translated of read(event)) {
        yield translated;
        if (translated.type === "completed" || translated.type === "failed") return;
      }
    }
    // The package ends its loop quietly on an abort and on a stream that just stops; which one it was, we know.
    yield endOf(signal, watchdog, cutFailure(endpoint), endpoint);
  } catch (error) {
    yield endOf(signal, watchdog, thrownFailure(endpoint, error, { hasBegun }), endpoint);
  } finally {
    watchdog?.stop();
  }
}

function endOf(
  signal: AbortSignal,
  watchdog: Watchdog | null,
  otherwise: ModelFailure,
  endpoint: Endpoint,
): ModelEvent {
  if (signal.aborted) return { type: "interrupted" };
  const lost = watchdog?.lost ?? null;
  return { type: "failed", failure: lost === null ? otherwise : lostFailures[lost](endpoint) };
}

const lostFailures: Record<Lost, (endpoint: Endpoint) => ModelFailure> = {
  idle: idleFailure,
  slept: sleptFailure,
  flood: floodFailure,
};

/** Longest first, so that one inside another leaves nothing. A value of few characters is a setting, not a secret. */
function secretsOf({ apiKey, headers }: ResponsesProvider): string[] {
  const values = [...(apiKey === null ? [] : [apiKey]), ...Object.values(headers)];
  const bare = values.map((value) => value.replace(/^(?:Bearer|Basic) +/i, ""));
  return [...values, ...bare].filter((value) => value.length >= 6).sort((a, b) => b.length - a.length);
}

async function createClient(provider: ResponsesProvider, sawBytes: (count: number) => void): Promise<OpenAI> {
  const { default: Client } = await import("openai");
  // The package adds the headers of OPENAI_CUSTOM_HEADERS to every client, whatever its address is.
  class OwnHeadersOnly extends Client {
    constructor(options: ClientOptions) {
      super(options);
      this._options = { ...this._options, defaultHeaders: options.defaultHeaders };
    }
  }
  return new OwnHeadersOnly({
    baseURL: provider.baseUrl,
    apiKey: provider.apiKey ?? "none",
    // Never taken from the environment: these belong to one vendor's account, not to this provider.
    organization: null,
    project: null,
    // Trying again is for retry.ts, and giving up for the watchdog.
    maxRetries: 0,
    timeout: MAX_TIMER_MS,
    fetch: async (url, init) => counted(await fetch(url, init), sawBytes),
    defaultQuery: provider.query,
    defaultHeaders: provider.apiKey === null ? { ...provider.headers, Authorization: null } : provider.headers,
    // A redirect would carry the prompt and the configured headers to another host.
    fetchOptions: { redirect: "manual", ...patience(provider.idleTimeoutMs) },
    logLevel: "off",
  });
}

/** The package keeps what is no whole event yet, without a bound. */
function counted(response: Response, sawBytes: (count: number) => void): Response {
  if (response.body === null) return response;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      sawBytes(bytes.length);
      out.enqueue(bytes);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counter), { status, statusText, headers });
}

function requestBody(request: ModelRequest): ResponseCreateParamsStreaming {
  return {
    model: request.model,
    input: request.history.map(toInputItem),
    tools: request.tools.map(toTool),
    tool_choice: "auto",
    parallel_tool_calls: true,
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: request.threadId,
    ...(request.outputSchema === null ? {} : { text: { format: toFormat(request.outputSchema) } }),
    ...(request.effort === null ? {} : { reasoning: { effort: request.effort as "medium", summary: "auto" as const } }),
  };
}

function toFormat(schema: Record<string, unknown>) {
  return { type: "json_schema" as const, name: "output", strict: true, schema };
}

function toInputItem(item: HistoryItem): ResponseInputItem {
  switch (item.type) {
    case "message":
      return item.role === "assistant"
        ? { role: "assistant", content: item.text, type: "message" }
        : {
            role: item.role,
            content: [{ type: "input_text", text: item.text }, ...toImages(item.images)],
            type: "message",
          };
    case "reasoning":
      return {
        type: "reasoning",
        id: item.id,
        summary: item.summary.map((text) => ({ type: "summary_text" as const, text })),
        encrypted_content: item.encrypted,
      };
    case "toolCall":
      return item.kind === "json"
        ? { type: "function_call", call_id: item.callId, name: item.name, arguments: item.input }
        : { type: "custom_tool_call", call_id: item.callId, name: item.name, input: item.input };
    case "toolOutput":
      return item.kind === "json"
        ? { type: "function_call_output", call_id: item.callId, output: toOutput(item) }
        : { type: "custom_tool_call_output", call_id: item.callId, output: item.output };
    case "raw":
      // Whether it is one is for the provider to say.
      return item.item as unknown as ResponseInputItem;
    default:
      return item satisfies never;
  }
}

function toImages(images: readonly string[] = []): { type: "input_image"; image_url: string; detail: "auto" }[] {
  return images.map((url) => ({ type: "input_image", image_url: url, detail: "auto" }));
}

function toOutput({ output, images }: { output: string; images?: readonly string[] | undefined }) {
  if (images === undefined || images.length === 0) return output;
  return [{ type: "input_text" as const, text: output }, ...toImages(images)];
}

function toTool({ name, description, input }: ToolSpec): Tool {
  return input.kind === "json"
    ? { type: "function", name, description, parameters: input.schema, strict: false }
    : { type: "custom", name, description, format: { type: "grammar", syntax: "lark", definition: input.grammar } };
}
