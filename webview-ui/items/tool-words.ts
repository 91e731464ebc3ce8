// Tool calls that have no item type of their own, in words. A tool that is not listed is shown by its name.
import type { ThreadItemOf } from "../../server/protocol/item.ts";

interface ToolWords {
  /** The argument that says what it was about. */
  about: string;
  running: string;
  done: string;
  /** How a folded row counts it, e.g. "Read 4 files". */
  many: (amount: number) => string;
}

const quietTools: Record<string, ToolWords> = {
  read_file: { about: "path", running: "Reading", done: "Read", many: (n) => `read ${n} files` },
  list_dir: { about: "path", running: "Listing", done: "Listed", many: (n) => `listed ${n} folders` },
  search_files: {
    about: "pattern",
    running: "Searching for",
    done: "Searched for",
    many: (n) => `searched ${times(n)}`,
  },
  get_diagnostics: { about: "path", running: "Checking", done: "Checked", many: (n) => `checked problems ${times(n)}` },
  view_image: { about: "path", running: "Looking at", done: "Looked at", many: (n) => `looked at ${n} images` },
};

type Tool = Pick<ThreadItemOf<"dynamicToolCall">, "namespace" | "tool">;

export function isQuietTool(call: Tool): boolean {
  return wordsOf(call) !== null;
}

/** A question of the model to the person. */
export function asksPerson({ namespace, tool }: Tool): boolean {
  return namespace === null && tool === "request_user_input";
}

/** "Read" and "src/a.ts": the verb, and what it was about where the arguments say so. */
export function toolPhrase(
  call: Tool & { arguments: unknown },
  options: { isRunning: boolean },
): { verb: string; about: string } {
  const words = wordsOf(call);
  if (!words) {
    const name = call.namespace === null ? call.tool : `${call.namespace}/${call.tool}`;
    return { verb: options.isRunning ? "Calling" : "Called", about: name };
  }
  const given = (typeof call.arguments === "object" && call.arguments !== null ? call.arguments : {}) as Record<
    string,
    unknown
  >;
  const about = [given[words.about], given["path"], given["query"]].find(
    (value) => typeof value === "string" && value !== "",
  );
  const fallback = call.tool === "get_diagnostics" ? "problems" : call.tool === "list_dir" ? "the folder" : "";
  return { verb: options.isRunning ? words.running : words.done, about: typeof about === "string" ? about : fallback };
}

/** "Read 4 files, searched twice": in order of first use. */
export function foldedPhrase(calls: readonly (Tool & { arguments: unknown })[]): string {
  const amounts = new Map<string, number>();
  for (const { tool } of calls) amounts.set(tool, (amounts.get(tool) ?? 0) + 1);
  const parts = [...amounts].map(([tool, amount]) => {
    if (amount > 1) return quietTools[tool]?.many(amount) ?? tool;
    const call = calls.find((candidate) => candidate.tool === tool);
    const { verb, about } = toolPhrase(call ?? { namespace: null, tool, arguments: null }, { isRunning: false });
    return `${verb} ${about}`;
  });
  const text = parts.map(lowerFirst).join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// A tool of the same name that a client brought along is another tool.
function wordsOf({ namespace, tool }: Tool): ToolWords | null {
  return namespace === null && Object.hasOwn(quietTools, tool) ? (quietTools[tool] ?? null) : null;
}

function times(amount: number): string {
  return amount === 1 ? "once" : amount === 2 ? "twice" : `${amount} times`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
