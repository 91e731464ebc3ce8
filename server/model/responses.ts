// The OpenAI Responses API behind our own event union. Of the `openai` package there are only types, which cost nothing.
import type {
  ResponseCreateParamsStreaming,
  ResponseInputItem,
  ResponseStreamEvent,
  Tool,
} from "openai/resources/responses/responses";
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
import { type Answer, poster } from "./post.ts";
import { responsesEventReader } from "./responses-events.ts";
import { type SentEvent, sentEvents } from "./sent-events.ts";
import { type Lost, startWatchdog, type Watchdog } from "./watchdog.ts";

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

/** What an error says is said at its beginning. */
const MAX_ERROR_BYTES = 1024 * 1024;

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
    const send = poster(urlOf(provider));
    // Loading our own code above is no silence of the provider's.
    watchdog = startWatchdog(provider.idleTimeoutMs);
    const [headers, body] = [headersOf(provider), JSON.stringify(requestBody(request))];
    const answer = await send({ headers, body, signal: AbortSignal.any([signal, watchdog.signal]) });
    if (answer.status < 200 || answer.status >= 300) throw await refusal(answer);
    const contentType = answer.headers.get("content-type") ?? "";
    if (!contentType.includes("text/event-stream")) {
      answer.end();
      yield { type: "failed", failure: notAStreamFailure(endpoint, answer.status, contentType) };
      return;
    }
    hasBegun = true;
    const read = responsesEventReader(endpoint);
    for await (const event of sentEvents(counted(answer.body, watchdog))) {
      if (event.data === "[DONE]") break;
      watchdog.sawEvent();
      for (const translated of read(parsed(event))) {
        yield translated;
        if (translated.type === "completed" || translated.type === "failed") return;
      }
    }
    // It just stopped.
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

function urlOf({ baseUrl, query }: ResponsesProvider): URL {
  const url = new URL(`${baseUrl}/responses`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function headersOf({ apiKey, headers }: ResponsesProvider): Record<string, string> {
  const key = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  return { accept: "text/event-stream, application/json", "user-agent": "Belay", ...key, ...lowerCased(headers) };
}

async function refusal(answer: Answer): Promise<AnswerError> {
  const text = await firstOf(answer);
  const told = parseJson(text) as { error?: unknown } | null | undefined;
  return new AnswerError(told === undefined ? text : told?.error, answer);
}

/** So that one of them takes the place of ours, and is not sent beside it. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** An error status, or an error in the middle of a stream. */
class AnswerError extends Error {
  /** Null: in a stream. */
  readonly status: number | null;
  readonly headers: Answer["headers"] | undefined;
  /** What was told of it. */
  readonly error: unknown;
  readonly code: unknown;
  readonly type: unknown;

  constructor(told: unknown, answer: Pick<Answer, "status" | "headers"> | null) {
    const { message, code, type } = (told ?? {}) as { message?: unknown; code?: unknown; type?: unknown };
    const said = message ?? told ?? "nothing was said about it";
    super([answer?.status ?? [], typeof said === "string" ? said : JSON.stringify(said)].flat().join(" "));
    this.status = answer?.status ?? null;
    this.headers = answer?.headers;
    this.error = told;
    this.code = code;
    this.type = type;
  }
}

/** Enough of it to say what is wrong. */
async function firstOf({ body }: Answer): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of body) {
    parts.push(bytes);
    length += bytes.length;
    if (length > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).toString("utf8");
}

async function* counted(body: AsyncIterable<Buffer>, watchdog: Watchdog): AsyncGenerator<Buffer> {
  for await (const bytes of body) {
    watchdog.sawBytes(bytes.length);
    yield bytes;
  }
}

/** Throws for what is no event, and for an error in the place of one. */
function parsed({ name, data }: SentEvent): ResponseStreamEvent {
  const event = parseJson(data) as (ResponseStreamEvent & { error?: unknown }) | null | undefined;
  if (event === undefined) throw new SyntaxError("an event that is no JSON");
  if (typeof event !== "object" || event === null) throw new SyntaxError("an event that is no object");
  if (name === "error" || event.error) throw new AnswerError(event.error ?? event, null);
  return event;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
