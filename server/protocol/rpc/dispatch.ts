// Finds a method's row, validates params by it, puts the call on its lane, and runs the handler.
import type * as z from "zod";
import type { ParamsOut, RequestTable, ResultOf } from "../rows.ts";
import { invalidRequest, needsExperimentalApi, requestCancelled, type RpcError, unknownMethod } from "./errors.ts";
import type { Lanes } from "./lanes.ts";

/** One handler a row: complete, or it does not compile. `C` is what a door knows about the caller. */
export type Handlers<T extends RequestTable, C> = {
  readonly [M in keyof T]: (params: ParamsOut<T, M>, caller: C, signal: AbortSignal) => Promise<ResultOf<T, M>>;
};

export interface Dispatch<C> {
  (method: string, params: unknown, caller: C, signal: AbortSignal): Promise<unknown>;
}

/** A dispatcher over one table. Throws RpcError for an unknown method and for params that do not fit. */
export function dispatcher<T extends RequestTable, C>(
  table: T,
  handlers: Handlers<T, C>,
  lanes: Lanes,
  /** Whether the caller declared `experimentalApi`. Our own clients need not. */
  mayExperiment: (caller: C) => boolean = () => true,
): Dispatch<C> {
  const known = Object.keys(table);
  return async (method, params, caller, signal) => {
    const row = Object.hasOwn(table, method) ? table[method] : undefined;
    if (row === undefined) throw unknownMethod(method, known);
    const valid = parseParams(row.params, params);
    if (!mayExperiment(caller)) refuseExperimental(method, row.experimental, params);
    const handle = handlers[method as keyof T];
    const run = () => {
      if (signal.aborted) throw requestCancelled(method);
      return handle(valid as ParamsOut<T, keyof T>, caller, signal);
    };
    const key = row.lane === "thread" ? (valid as { threadId: string }).threadId : null;
    return key === null ? run() : lanes.run(key, async () => run());
  };
}

/** Parsing comes first, like on the original: what is malformed is said to be that. */
function refuseExperimental(
  method: string,
  experimental: boolean | Readonly<Record<string, string>>,
  params: unknown,
): void {
  if (experimental === true) throw needsExperimentalApi(method);
  if (experimental === false) return;
  for (const [path, name] of Object.entries(experimental)) {
    if (valueAt(params, path.split(".")) != null) throw needsExperimentalApi(name);
  }
}

function valueAt(params: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], params);
}

/** Throws RpcError that names the first thing wrong, in the words of the original where it has them. */
export function parseParams<S extends z.ZodType>(schema: S, params: unknown): z.output<S> {
  // Params are small: to make code for their schemas would take longer than it ever saves.
  const parsed = schema.safeParse(params ?? {}, { jitless: true });
  if (parsed.success) return parsed.data;
  // Whoever sends no params at all is told that, and not which of them is missed first.
  if (params === undefined) throw invalidRequest("missing field `params`");
  throw describeIssue(parsed.error.issues[0], params);
}

function describeIssue(issue: z.core.$ZodIssue | undefined, params: unknown): RpcError {
  if (issue === undefined) return invalidRequest("the params do not fit this method");
  const { sentence, path } = issueSentence(issue, params);
  // The original's sentences end here; where it is said only for what lies deeper, which is where people get lost.
  return invalidRequest(path.length > 1 ? `${sentence} at ${path.join(".")}` : sentence);
}

/** What does not fit in `value`, in the words of the original, and where. */
export function issueSentence(issue: z.core.$ZodIssue, value: unknown): { sentence: string; path: string[] } {
  const [deepest, path] = innermost(issue);
  const given = valueAt(value, path);
  return { sentence: sentenceOf(deepest, path, given), path };
}

function sentenceOf(deepest: z.core.$ZodIssue, path: readonly string[], given: unknown): string {
  if (given === undefined && path.length > 0) return `missing field \`${path.at(-1)}\``;
  const variants = variantsOf(deepest);
  if (variants !== null) {
    const names = variants.map((value) => `\`${String(value)}\``);
    const expected = names.length > 2 ? `one of ${names.join(", ")}` : names.join(" or ");
    return `unknown variant \`${variantName(given)}\`, expected ${expected}`;
  }
  if (deepest.code === "invalid_type") {
    return `invalid type: ${kindOf(given)}, expected ${expectedKinds[deepest.expected] ?? deepest.expected}`;
  }
  return deepest.message;
}

/** What is wrong inside the alternative that was meant: the one that got furthest. */
function innermost(issue: z.core.$ZodIssue, outer: readonly string[] = []): [z.core.$ZodIssue, string[]] {
  const path = [...outer, ...issue.path.map(String)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue, path];
  const furthest = issue.errors
    .flatMap(([first]) => (first === undefined ? [] : [first]))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  return furthest === undefined ? [issue, path] : innermost(furthest, path);
}

/** What would have fitted, where the choice is among names. */
function variantsOf(issue: z.core.$ZodIssue): readonly unknown[] | null {
  if (issue.code === "invalid_value") return issue.values;
  return issue.code === "invalid_union" && "options" in issue ? (issue.options ?? null) : null;
}

/** A variant with contents is named by its only member. */
function variantName(given: unknown): string {
  return typeof given === "object" && given !== null ? (Object.keys(given)[0] ?? "") : String(given);
}

const expectedKinds: Partial<Record<string, string>> = {
  string: "a string",
  boolean: "a boolean",
  array: "a sequence",
  object: "a map",
  record: "a map",
  int: "an integer",
  number: "a number",
};

/** A JSON value, as the original's messages show it. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case "string":
      return `string ${JSON.stringify(value.slice(0, 100))}`;
    case "boolean":
      return `boolean \`${value}\``;
    default:
      return "map";
  }
}
