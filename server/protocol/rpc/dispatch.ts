// Finds a method's row, validates params by it, puts the call on its lane, and runs the handler.
import type * as z from "zod";
import type { ParamsOut, RequestTable, ResultOf } from "../methods.ts";
import { invalidRequest, requestCancelled, type RpcError, unknownMethod } from "./errors.ts";
import type { Lanes } from "./lanes.ts";

/** One handler a row: complete, or it does not compile. `C` is what a door knows about the caller. */
export type Handlers<T extends RequestTable, C> = {
  readonly [M in keyof T]: (params: ParamsOut<T, M>, caller: C, signal: AbortSignal) => Promise<ResultOf<T, M>>;
};

export interface Dispatch<C> {
  (method: string, params: unknown, caller: C, signal: AbortSignal): Promise<unknown>;
}

/** A dispatcher over one table. Throws RpcError for an unknown method and for params that do not fit. */
export function dispatcher<T extends RequestTable, C>(table: T, handlers: Handlers<T, C>, lanes: Lanes): Dispatch<C> {
  const known = Object.keys(table);
  return async (method, params, caller, signal) => {
    const row = Object.hasOwn(table, method) ? table[method] : undefined;
    if (row === undefined) throw unknownMethod(method, known);
    const valid = parseParams(row.params, params);
    const handle = handlers[method as keyof T];
    const run = () => {
      if (signal.aborted) throw requestCancelled(method);
      return handle(valid as ParamsOut<T, keyof T>, caller, signal);
    };
    const key = row.lane === "thread" ? (valid as { threadId: string }).threadId : null;
    return key === null ? run() : lanes.run(key, async () => run());
  };
}

/** Throws RpcError that names the first thing wrong, in the words of the original where it has them. */
export function parseParams<S extends z.ZodType>(schema: S, params: unknown): z.output<S> {
  const parsed = schema.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  throw describeIssue(parsed.error.issues[0], params);
}

function describeIssue(issue: z.core.$ZodIssue | undefined, params: unknown): RpcError {
  if (issue === undefined) return invalidRequest("the params do not fit this method");
  const path = issue.path.map(String);
  const at = path.join(".");
  const given = path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], params);
  if (given === undefined && path.length > 0) return invalidRequest(`missing field \`${path.at(-1)}\``);
  const variants = variantsOf(issue);
  if (variants !== null) {
    const expected = variants.map((value) => `\`${String(value)}\``).join(", ");
    return invalidRequest(`unknown variant \`${String(given)}\`, expected one of ${expected} (at ${at})`);
  }
  if (issue.code === "invalid_type") {
    return invalidRequest(`invalid type: ${kindOf(given)}, expected ${issue.expected} (at ${at || "params"})`);
  }
  return invalidRequest(`${issue.message} (at ${at || "params"})`);
}

/** What would have fitted, where the choice is among names. */
function variantsOf(issue: z.core.$ZodIssue): readonly unknown[] | null {
  if (issue.code === "invalid_value") return issue.values;
  return issue.code === "invalid_union" && "options" in issue ? (issue.options ?? null) : null;
}

/** The kinds of JSON values, by the names the original's messages use. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "floating point";
  return typeof value === "object" ? "map" : typeof value;
}
