// Turns whatever a model endpoint does wrong into one sentence that names the cause and the cure.
import { askedWaitMs, waitWords } from "./asked-wait.ts";
import { canPass, causeOf, connectionWords } from "./connection-cause.ts";
import type { ModelFailure, Retry } from "./model.ts";

/** How this provider can be given a key. */
export interface KeyWays {
  /** The environment variable. Null: none is named. */
  envKey: string | null;
  /** `account/login/start` is about this provider. */
  canSignIn: boolean;
  /** In the words of who described the provider. */
  instructions: string | null;
}

export interface Endpoint {
  provider: string;
  baseUrl: string;
  model: string;
  idleTimeoutMs: number;
  keyWays: KeyWays;
  /** What must not appear in any text about this endpoint: the key, and the values of configured headers. */
  secrets: readonly string[];
}

export function idleFailure({ provider, baseUrl, idleTimeoutMs }: Endpoint): ModelFailure {
  const seconds = Math.round(idleTimeoutMs / 100) / 10;
  return {
    message: `The model provider "${provider}" sent nothing for ${seconds} s. Try again; if its models need longer, raise stream_idle_timeout_ms.`,
    ...disconnected,
    details: baseUrl,
  };
}

export function cutFailure({ provider, baseUrl }: Endpoint, details = baseUrl): ModelFailure {
  return {
    message: `The answer of the model provider "${provider}" ended before it was complete. Try again.`,
    ...disconnected,
    details,
  };
}

/** What was sent meanwhile is lost, and whether the connection lives shows only much later. */
export function sleptFailure({ provider, baseUrl }: Endpoint): ModelFailure {
  return {
    message: `This machine was asleep while the model provider "${provider}" answered. Try again.`,
    ...disconnected,
    details: baseUrl,
  };
}

/** Many bytes, and no event in them. */
export function floodFailure({ provider, baseUrl }: Endpoint): ModelFailure {
  return {
    message: `The model provider "${provider}" sent many megabytes without an event of the Responses API. Check base_url, and that it speaks the Responses API.`,
    info: "other",
    details: baseUrl,
  };
}

const disconnected = {
  info: { responseStreamDisconnected: { httpStatusCode: null } },
  retry: { kind: "stream", afterMs: null, httpStatus: null } satisfies Retry as Retry,
};

export function notAStreamFailure({ provider, baseUrl }: Endpoint, status: number, contentType: string): ModelFailure {
  const what = contentType.includes("html") ? "a web page" : contentType || "an answer without a content type";
  return {
    message: `${baseUrl} answered with ${what} (HTTP ${status}), not with a model's event stream. Check base_url of the model provider "${provider}"; it usually ends in /v1.`,
    info: { responseStreamConnectionFailed: { httpStatusCode: status } },
    details: null,
    // A proxy in front of it says so in its own way.
    ...(status >= 500 ? { retry: { kind: "request", afterMs: null, httpStatus: status } } : {}),
  };
}

export function missingKeyFailure(provider: string, envKey: string, ways: KeyWays): ModelFailure {
  const cure = `Set the environment variable ${envKey} and restart, or store one ${storedBy(ways)}`;
  return {
    message: `The model provider "${provider}" needs an API key, and there is none. ${cure}`,
    info: "unauthorized",
    details: null,
  };
}

function refusedKeyMessage({ provider, keyWays }: Endpoint, status: number): string {
  const { envKey } = keyWays;
  const correct = envKey === null ? "Correct the header that carries it" : `Correct the environment variable ${envKey}`;
  const cure = `${correct} and restart, or store another ${storedBy(keyWays)}`;
  return `The model provider "${provider}" refused the API key (HTTP ${status}). ${cure}`;
}

/** To the end of the sentence, and what the provider's description adds. */
function storedBy({ canSignIn, instructions }: KeyWays): string {
  const others = canSignIn ? ", with account/login/start in other clients" : "";
  return `with "Belay: Set API Key" in VS Code${others}.${instructions === null ? "" : ` ${instructions}`}`;
}

/** A redirect is not followed: the prompt and the headers were meant for the address that was configured. */
export function redirectFailure({ provider, baseUrl }: Endpoint, status: number, location: string): ModelFailure {
  const elsewhere = URL.canParse(location, baseUrl) ? new URL(location, baseUrl).origin : "an address that is none";
  return {
    message: `${baseUrl} redirects to ${elsewhere} (HTTP ${status}), and nothing was sent there. If you trust it, set base_url of the model provider "${provider}" to the new address.`,
    info: { responseStreamConnectionFailed: { httpStatusCode: status } },
    details: null,
  };
}

export function incompleteFailure(endpoint: Endpoint, reason: string): ModelFailure {
  const cure = reason === "max_output_tokens" ? " Ask for less in one step." : "";
  const message = `The model stopped before it was done: ${oneLine(reason, endpoint)}.${cure}`;
  return { message, info: "other", details: null };
}

/** What a provider tells about an error: in the body of an answer, or in an event. */
export interface Told {
  code: string | null;
  message: string;
  /** Null: in an event, after the answer had begun. */
  status: number | null;
  headers?: Headers | undefined;
}

/** Of a `response.failed` or `error` event, and of an error status. */
export function reportedFailure(endpoint: Endpoint, told: Told): ModelFailure {
  const { provider, model } = endpoint;
  const details = oneLine(told.message, endpoint) || told.code;
  const afterMs = askedWaitMs(told.headers, told.message);
  const asked = afterMs === null ? "" : ` It asks to wait ${waitWords(afterMs)}.`;
  const retry: Retry = { kind: "stream", afterMs, httpStatus: told.status };
  switch (kindOf(told)) {
    case "context":
      return {
        message: "The thread no longer fits into the model's context window. Start a new thread.",
        info: "contextWindowExceeded",
        details,
      };
    case "noModel": {
      const message = `The model provider "${provider}" has no model "${model}". Choose another, or correct model in config.toml.`;
      return { message, info: "modelNotFound", details };
    }
    case "usedUp": {
      const message = `The account at the model provider "${provider}" has used up its quota.${asked} Check its plan and billing, or choose another provider.`;
      return { message, info: "usageLimitExceeded", details };
    }
    case "overloaded": {
      const message = `The model provider "${provider}" is overloaded right now.${asked} Try again in a while, or choose another model.`;
      return { message, info: "serverOverloaded", details, retry };
    }
    case "limited": {
      const status = told.status === null ? "" : ` (HTTP ${told.status})`;
      const cure = asked === "" ? " Wait a little and try again, or check the account's quota." : asked;
      const message = `The model provider "${provider}" limits requests right now${status}.${cure}`;
      const tooMany = { responseTooManyFailedAttempts: { httpStatusCode: told.status } };
      return { message, info: told.status === null ? "rateLimitExceeded" : tooMany, details, retry };
    }
    case "refused":
      return { ...unknownFailure(endpoint, told), info: told.status === null ? "other" : "badRequest" };
    case "unknown":
      return { ...unknownFailure(endpoint, told), retry };
  }
}

function unknownFailure(endpoint: Endpoint, { code, message }: Told): ModelFailure {
  return {
    message: `The model provider "${endpoint.provider}" reported an error: ${oneLine(message, endpoint)}`,
    info: "other",
    details: code === null ? null : oneLine(code, endpoint),
  };
}

type ErrorKind = "context" | "noModel" | "usedUp" | "overloaded" | "limited" | "refused" | "unknown";

/** By the words that providers have for it, in this order. */
const errorKinds: readonly [RegExp, ErrorKind][] = [
  [/^context_length_exceeded$|^context_window/, "context"],
  [/^model_not_found$/, "noModel"],
  [/quota|^usage_limit|usage_not_included|billing/, "usedUp"],
  [/overloaded|^slow_down$/, "overloaded"],
  [/^rate_limit|^too_many_requests$/, "limited"],
  [/invalid|unsupported|policy|filter|^image_|_image|not_found|authentication|permission/, "refused"],
];

const byStatus: Readonly<Record<number, ErrorKind>> = { 429: "limited", 529: "overloaded" };

/** Many servers have no code for it. */
const fullContext =
  /maximum context length|context (?:window|length|size)\b.{0,40}exceed|exceed.{0,40}context (?:window|length|size)|(?:prompt|input) is too long/i;

function kindOf({ code, status, message }: Told): ErrorKind {
  const word = code?.toLowerCase() ?? "";
  if ((status === 400 || status === 413 || status === null) && fullContext.test(message)) return "context";
  const named = errorKinds.find(([pattern]) => pattern.test(word))?.[1];
  return named ?? byStatus[status ?? 0] ?? "unknown";
}

/**
 * Anything the HTTP client throws: an answer with an error status, no answer at all, or, once the answer has begun, an
 * error told inside of it or events that make no sense.
 */
export function thrownFailure(endpoint: Endpoint, error: unknown, { hasBegun }: { hasBegun: boolean }): ModelFailure {
  const { status, error: told, headers } = error as { status?: unknown; error?: unknown; headers?: Headers };
  if (typeof status === "number" && status >= 300 && status < 400) {
    return redirectFailure(endpoint, status, headers?.get("location") ?? "");
  }
  const { message = "", code, type } = error as { message?: string; code?: string | null; type?: string | null };
  const said = { code: textOr(code, type), message, headers };
  if (typeof status === "number") return statusFailure(endpoint, { ...said, status });
  if (typeof told === "object" && told !== null) return reportedFailure(endpoint, { ...said, status: null });
  if (!hasBegun) return connectionFailure(endpoint, error);
  const { code: cause } = causeOf(error);
  return cause !== null && connectionWords(cause) !== null
    ? cutFailure(endpoint, cause)
    : garbledFailure(endpoint, error, cause);
}

/** The type is a word of its own only where there is no code. */
function textOr(code: unknown, type: unknown): string | null {
  return [code, type].find((word): word is string => typeof word === "string" && word !== "") ?? null;
}

/** Damaged on the way, or never an event. */
function garbledFailure(endpoint: Endpoint, error: unknown, cause: string | null): ModelFailure {
  const { provider, baseUrl } = endpoint;
  const what = cause?.startsWith("Z_") ? `its compression is broken, ${cause}` : sentence(error, endpoint);
  return {
    message: `The model provider "${provider}" sent something that is no event of the Responses API (${what}). Try again; if it stays, check that it speaks the Responses API.`,
    info: "other",
    details: baseUrl,
    retry: disconnected.retry,
  };
}

/** Beside 5xx. */
const passingStatuses = [408, 409, 425];

function statusFailure(endpoint: Endpoint, told: Told & { status: number }): ModelFailure {
  const { provider, baseUrl } = endpoint;
  const { status } = told;
  const said = oneLine(told.message, endpoint);
  const failed = { httpConnectionFailed: { httpStatusCode: status } };
  if (/<!doctype|<html/i.test(said)) return notAStreamFailure(endpoint, status, "text/html");
  const kind = kindOf(told);
  if (status === 401 || (status === 403 && kind !== "usedUp")) {
    return { message: refusedKeyMessage(endpoint, status), info: failed, details: said };
  }
  if (kind !== "unknown" && kind !== "refused") return reportedFailure(endpoint, told);
  if (status === 404) {
    const message = `Nothing is at ${baseUrl}/responses (HTTP 404). Check base_url of the model provider "${provider}", and that it speaks the Responses API.`;
    return { message, info: failed, details: said };
  }
  if (status >= 500 || passingStatuses.includes(status)) {
    const message = `The model provider "${provider}" has a problem of its own (HTTP ${status}). Try again in a while.`;
    const retry: Retry = { kind: "request", afterMs: askedWaitMs(told.headers, told.message), httpStatus: status };
    return { message, info: "internalServerError", details: said, retry };
  }
  const message = `The model provider "${provider}" refused the request (HTTP ${status}): ${said}`;
  return { message, info: "badRequest", details: said };
}

function connectionFailure(endpoint: Endpoint, error: unknown): ModelFailure {
  const { provider, baseUrl } = endpoint;
  const { code, innermost } = causeOf(error);
  const why =
    connectionWords(code) ?? `${sentence(innermost, endpoint)}. Check base_url and the network, and try again.`;
  return {
    message: `The model provider "${provider}" could not be reached at ${baseUrl}. ${why}`,
    info: { responseStreamConnectionFailed: { httpStatusCode: null } },
    details: code,
    ...(canPass(code) ? { retry: { kind: "request", afterMs: null, httpStatus: null } } : {}),
  };
}

/** Without its stop. */
function sentence(error: unknown, endpoint: Endpoint): string {
  return oneLine((error as Error).message, endpoint).replace(/\.+$/, "");
}

/** What an endpoint said, as one line: without secrets, which are struck out before a cut could leave half of one. */
function oneLine(text: unknown, { secrets }: Endpoint): string {
  // Whatever the types say, it comes from the wire.
  const whole = typeof text === "string" ? text : (JSON.stringify(text) ?? "");
  const struck = secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), whole);
  const line = struck.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
