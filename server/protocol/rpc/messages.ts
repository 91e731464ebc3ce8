// The four shapes a message can have, and how to tell them apart. Knows no method.

export type RequestId = string | number;

export interface RequestMessage {
  id: RequestId;
  method: string;
  params?: unknown;
}
export interface NotificationMessage {
  method: string;
  params?: unknown;
  /** Unix milliseconds. Only the App Server's own notifications have it. */
  emittedAtMs?: number;
}
export interface ErrorBody {
  code: number;
  message: string;
  data?: unknown;
}
export interface ResultMessage {
  id: RequestId;
  result: unknown;
}
/** The error comes before the id, as on the original's wire. */
export interface ErrorMessage {
  error: ErrorBody;
  id: RequestId | null;
}
export type Message = RequestMessage | NotificationMessage | ResultMessage | ErrorMessage;

export type Incoming =
  | { kind: "request"; message: RequestMessage }
  | { kind: "notification"; message: NotificationMessage }
  | { kind: "result"; message: ResultMessage }
  | { kind: "error"; message: { id: RequestId; error: ErrorBody } }
  | { kind: "malformed"; reason: string };

/**
 * Sorts one decoded value. A method with an id that is neither string nor integer counts as a notification, like on
 * the original (protocol reference, section 2).
 */
export function classify(value: unknown): Incoming {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { kind: "malformed", reason: "a message must be a JSON object" };
  }
  const { id, method, params, result, error } = value as Record<string, unknown>;
  if (typeof method === "string") {
    const body = params === undefined ? { method } : { method, params };
    return isRequestId(id) ? { kind: "request", message: { id, ...body } } : { kind: "notification", message: body };
  }
  if (!isRequestId(id)) return { kind: "malformed", reason: "a message must have a method or the id it answers" };
  if (isErrorBody(error)) return { kind: "error", message: { id, error } };
  if (error !== undefined) return { kind: "malformed", reason: "an error must have a code and a message" };
  if ("result" in value) return { kind: "result", message: { id, result } };
  return { kind: "malformed", reason: "a response must have a result or an error" };
}

let latest: { message: NotificationMessage; text: string } | null = null;

/** As JSON. A notification goes to several connections one after the other: it is written out once. */
export function textOf(message: Message): string {
  if (!("method" in message) || "id" in message) return JSON.stringify(message);
  if (latest?.message !== message) latest = { message, text: JSON.stringify(message) };
  return latest.text;
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === "string" || (typeof id === "number" && Number.isInteger(id));
}

function isErrorBody(error: unknown): error is ErrorBody {
  if (typeof error !== "object" || error === null) return false;
  const { code, message } = error as Record<string, unknown>;
  return typeof code === "number" && typeof message === "string";
}
