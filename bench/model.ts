// The model of both peers: a Responses API without latency, in a process of its own. It does what the prompt says:
// `deltas <n>` streams a message of so many deltas; `calls <n> <command>` calls `exec_command` so often, one call an
// answer, and then says one word; `cached <n> <command>` does the same and says in its usage what a provider's cache would
// have had. Prints its address; ends with its standard input.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Body {
  prompt_cache_key?: string;
  instructions?: string;
  tools?: unknown[];
  input: { type: string; role?: string; content?: string | { text?: string }[] }[];
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const body = JSON.parse(Buffer.concat(parts).toString("utf8")) as Body;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(answer(body));
  });
});
// A peer may keep its connection for as long as the other one is measured.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1\n`);
});
process.stdin.resume().once("end", () => process.exit(0));

let answers = 0;

function answer(body: Body): Buffer {
  const { input } = body;
  const at = input.findLastIndex(({ type, role }) => type === "message" && role === "user");
  const [verb, count = "1", ...command] = textOf(input[at]?.content).split(" ");
  if (verb !== "calls" && verb !== "cached") return message(verb === "deltas" ? Number(count) : 1);
  const called = input.slice(at + 1).filter(({ type }) => type === "function_call_output").length;
  const usage = verb === "cached" ? countedUsage(body) : usualUsage;
  return called < Number(count) ? call(command.join(" "), usage) : message(1, usage);
}

const usualUsage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
};
type Usage = typeof usualUsage;

/** What was told so far, by cache key. */
const told = new Map<string, string[]>();
const BYTES_A_TOKEN = 4;
const BLOCK_TOKENS = 128;
const LEAST_CACHED_TOKENS = 1024;

/** As providers do it: the longest beginning that was told before, in whole blocks. Tools stand ahead of the history. */
function countedUsage({ prompt_cache_key: key = "", instructions = "", tools = [], input }: Body): Usage {
  const now = [instructions, ...tools, ...input].map((part) => JSON.stringify(part)).join("\n");
  const before = told.get(key) ?? [];
  told.set(key, [...before, now].slice(-4));
  const same = Math.max(0, ...before.map((text) => sameBeginning(text, now)));
  const blocks = Math.floor(same / BYTES_A_TOKEN / BLOCK_TOKENS) * BLOCK_TOKENS;
  const input_tokens = Math.ceil(now.length / BYTES_A_TOKEN);
  const cached_tokens = blocks < LEAST_CACHED_TOKENS ? 0 : Math.min(blocks, input_tokens);
  return { ...usualUsage, input_tokens, input_tokens_details: { cached_tokens }, total_tokens: input_tokens + 20 };
}

function sameBeginning(a: string, b: string): number {
  let same = 0;
  while (same < a.length && same < b.length && a.charCodeAt(same) === b.charCodeAt(same)) same++;
  return same;
}

function textOf(content: string | { text?: string }[] | undefined): string {
  return typeof content === "string" ? content : (content ?? []).map(({ text }) => text ?? "").join("");
}

const messages = new Map<number, Buffer>();

/** Rendered once: the peers are measured, not this. */
function message(deltas: number, usage = usualUsage): Buffer {
  const known = usage === usualUsage ? messages.get(deltas) : undefined;
  if (known) return known;
  const pieces = Array.from({ length: deltas }, (_, index) => `word ${String(index).padStart(6, "0")} and on. `);
  const item = { type: "message", id: "msg_1", role: "assistant" };
  const content = [{ type: "output_text", text: pieces.join(""), annotations: [] }];
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  const rendered = stream(
    [
      { type: "response.output_item.added", output_index: 0, item: { ...item, content: [], status: "in_progress" } },
      ...pieces.map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
      { type: "response.output_item.done", output_index: 0, item: { ...item, content, status: "completed" } },
    ],
    usage,
  );
  if (usage === usualUsage) messages.set(deltas, rendered);
  return rendered;
}

function call(cmd: string, usage: Usage): Buffer {
  const id = ++answers;
  const item = { type: "function_call", id: `fc_${id}`, call_id: `call_${id}`, name: "exec_command" };
  // The original hands over what still runs after ten seconds; a command here is to be waited for.
  const args = JSON.stringify({ cmd, yield_time_ms: 30_000 });
  return stream(
    [
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { ...item, arguments: "", status: "in_progress" },
      },
      {
        type: "response.output_item.done",
        output_index: 0,
        item: { ...item, arguments: args, status: "completed" },
      },
    ],
    usage,
  );
}

function stream(events: { type: string; [member: string]: unknown }[], usage: Usage): Buffer {
  const response = { id: "resp_1", object: "response" };
  return Buffer.from(
    [
      { type: "response.created", response: { ...response, status: "in_progress" } },
      ...events,
      { type: "response.completed", response: { ...response, status: "completed", usage } },
    ]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(""),
  );
}
