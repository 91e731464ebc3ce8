// Holds every message of a conversation against the printed schema, in both directions.
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { Message, Said } from "../peer.ts";
import type { JsonSchema, PrintedSchema } from "./printed.ts";

/** A message that the schema does not allow, and why. */
export interface Violation {
  /** Such as "answer to thread/start". */
  readonly what: string;
  /** Such as "/thread/status must be object". */
  readonly problem: string;
}

export interface Validator {
  /** Null: the original does not have such a message, so nothing says how it must be. */
  check(said: Said): readonly Violation[] | null;
}

export function validator(schema: PrintedSchema): Validator {
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
  addFormats.default(ajv);
  // Formats of Rust's numbers: the type says enough.
  for (const name of ["int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "double", "float"])
    ajv.addFormat(name, true);
  const compiled = new Map<JsonSchema, ValidateFunction>();
  const against = (rules: JsonSchema, value: unknown, what: string): Violation[] => {
    const validate = compiled.get(rules) ?? ajv.compile(rules);
    compiled.set(rules, validate);
    if (validate(value)) return [];
    return telling(validate.errors ?? []).map((error) => ({ what, problem: explain(error) }));
  };

  return {
    check({ from, message, request }) {
      const rules = rulesFor(schema, from, message, request);
      if (rules === null) return null;
      if (message.method === undefined)
        return against(rules, message.result, `answer to ${request?.method ?? "nothing"}`);
      const kind = message.id === undefined ? "notification" : "request";
      return against(rules, message, `${kind} ${message.method}`);
    },
  };
}

function rulesFor(
  { clientRequests, serverRequests, notifications, clientNotifications }: PrintedSchema,
  from: Said["from"],
  message: Message,
  request: Message | undefined,
): JsonSchema | null {
  const { method, id } = message;
  if (method === undefined) {
    if (request?.method === undefined || message.error !== undefined) return null;
    const asked = from === "server" ? clientRequests : serverRequests;
    return asked.get(request.method)?.response ?? null;
  }
  if (id === undefined) return (from === "server" ? notifications : clientNotifications).get(method) ?? null;
  return (from === "server" ? serverRequests : clientRequests).get(method)?.request ?? null;
}

/** A choice that fits no way complains about every way: what lies deepest is about the way that was meant. */
function telling(errors: readonly ErrorObject[]): ErrorObject[] {
  const real = errors.filter(({ keyword }) => keyword !== "anyOf" && keyword !== "oneOf" && keyword !== "if");
  const meant = real.filter((error) => !isOtherWay(error, errors));
  const kept = meant.length > 0 ? meant : real;
  return kept.length > 0 ? kept : [...errors];
}

/** The complaint of a branch whose tag does not match, or of a null that was not meant. */
function isOtherWay(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === "type" && (error.params as { type: unknown }).type === "null") return true;
  const branch = branchOf(error.schemaPath);
  if (branch === null) return false;
  const others = all.filter(({ schemaPath }) => branchOf(schemaPath) === branch);
  return others.some(({ keyword, instancePath }) => keyword === "enum" && /\/(type|method|mode)$/.test(instancePath));
}

function branchOf(schemaPath: string): string | null {
  const match = schemaPath.match(/^(.*\/(?:anyOf|oneOf)\/\d+)\//);
  return match?.[1] ?? null;
}

function explain({ instancePath, message, params, data }: ErrorObject): string {
  const allowed = (params as { allowedValues?: unknown[] }).allowedValues;
  const words = allowed === undefined ? "" : ` (${allowed.map(String).join(", ")}), not ${JSON.stringify(data)}`;
  // The position in a list says nothing about the rule that is broken.
  return `${instancePath.replaceAll(/\/\d+/g, "/*") || "/"} ${message ?? "is not valid"}${words}`;
}
