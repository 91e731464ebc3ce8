// What a request tells the model of its tool calls: each has one result, behind it. Pure.

/** The body of a request to the Responses API, as far as it matters here. */
export interface Asked {
  prompt_cache_key?: string;
  input: { type: string; role?: string; call_id?: string }[];
  tools?: unknown[];
}

export function callsOf({ input }: Asked): string[] {
  return input.flatMap(({ type, call_id: id }) => (isCall(type) && id !== undefined ? [id] : []));
}

/** A sentence for each call that has no result, or more than one, and for each result that belongs to no call. */
export function faultsOfRequest({ input }: Asked): string[] {
  const results = new Map<string, number>();
  const faults: string[] = [];
  for (const { type, call_id: id = "(none)" } of input) {
    if (isCall(type)) {
      if (results.has(id)) faults.push(`call ${id} is told twice`);
      results.set(id, 0);
    } else if (type.endsWith("_call_output")) {
      const count = results.get(id);
      if (count === undefined) faults.push(`the result of ${id} stands before its call, or has none`);
      results.set(id, (count ?? 0) + 1);
    }
  }
  for (const [id, count] of results) if (count !== 1) faults.push(`call ${id} has ${count} results`);
  return faults;
}

function isCall(type: string): boolean {
  return type === "function_call" || type === "custom_tool_call";
}
