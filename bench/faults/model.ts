// A model in a process of its own that can be killed: it calls tools, breaks off, stalls and refuses by chance, and says of
// each request what is wrong with it. `model.ts PORT SEED MARKS`; prints one JSON line for the port and one for each request.
import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { sse } from "../../test/support/responses-api.ts";
import { toolCall } from "./model-calls.ts";
import { chance } from "./random.ts";
import { type Asked, callsOf, faultsOfRequest } from "./told-calls.ts";

const [port = "0", seed = "1", marks = "."] = process.argv.slice(2);
const luck = chance(Number(seed));

const server = createServer((request, response) => {
  response.on("error", () => {});
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => void answer(JSON.parse(Buffer.concat(parts).toString("utf8")) as Asked, response));
});
server.listen(Number(port), "127.0.0.1", () => say({ port: (server.address() as AddressInfo).port }));
// The bench is gone.
process.stdin.resume().once("end", () => process.exit());

async function answer(asked: Asked, response: ServerResponse): Promise<void> {
  const threadId = asked.prompt_cache_key ?? "";
  say({ threadId, calls: callsOf(asked), faults: faultsOfRequest(asked) });
  const isCalm = JSON.stringify(asked.input.at(-1)).includes("calmly");
  const whole = Buffer.from(events(asked, threadId, isCalm).map(sse).join(""));
  const mood = luck.weighed({ well: 70, slow: 8, cut: 6, stall: 3, status: 5, garbage: 4, tooLong: 1 });
  switch (isCalm ? "well" : mood) {
    case "well":
      return void response.writeHead(200, { "content-type": "text/event-stream" }).end(whole);
    case "slow":
      return trickle(whole, response);
    case "cut":
      return begin(whole, response, () => response.destroy());
    case "stall":
      // The server has to give it up; its connection ends with that.
      return begin(whole, response, () => {});
    case "status":
      return refuse(response);
    case "garbage":
      return begin(whole, response, () => response.end(garbage()));
    case "tooLong": {
      const error = { code: "context_length_exceeded", message: "Your input exceeds the context window." };
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      return;
    }
  }
}

function begin(whole: Buffer, response: ServerResponse, then: () => void): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(whole.subarray(0, luck.between(0, whole.length - 1)), then);
}

async function trickle(whole: Buffer, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let at = 0; at < whole.length && !response.destroyed; ) {
    const to = at + luck.between(1, 400);
    response.write(whole.subarray(at, to));
    at = to;
    await pause(luck.between(1, 60));
  }
  response.end();
}

function refuse(response: ServerResponse): void {
  const status = luck.pick([500, 502, 503, 429]) ?? 500;
  response.writeHead(status, { "content-type": "text/html", ...(status === 429 ? { "retry-after": "0" } : {}) });
  response.end("<html><body>The model is having a bad day.</body></html>");
}

function garbage(): Buffer {
  const random = Buffer.from(Array.from({ length: 64 }, () => luck.between(0, 255)));
  return Buffer.concat([Buffer.from("data: {not json\n\n"), random, Buffer.from("\n\n")]);
}

/** Ids are of what was asked: who asks again for an answer that broke off is told the same calls. */
function events(asked: Asked, threadId: string, isCalm: boolean): Record<string, unknown>[] {
  const id = createHash("sha256").update(threadId).update(JSON.stringify(asked.input)).digest("hex").slice(0, 16);
  const isAlone = (asked.tools ?? []).length === 0;
  const answered = asked.input.length - asked.input.findLastIndex(({ role }) => role === "user");
  const count = isCalm || isAlone || answered > 8 ? 0 : luck.between(0, 3);
  const text = `Answer ${id}. ${"So much for that. ".repeat(luck.between(1, 12))}`;
  const calls = Array.from({ length: count }, (_, at) =>
    toolCall(`call_${id}_${at}`, { luck, marks: `${marks}/${threadId}` }),
  );
  const usage = { input_tokens: JSON.stringify(asked.input).length >> 2, output_tokens: 20 };
  return [
    { type: "response.created", response: { id: `resp_${id}`, object: "response", status: "in_progress" } },
    ...(luck.happens(0.3) ? thought(`rs_${id}`) : []),
    ...message(`msg_${id}`, text),
    ...calls.flatMap((item, at) => [
      { type: "response.output_item.added", output_index: at + 2, item: { ...item, status: "in_progress" } },
      { type: "response.output_item.done", output_index: at + 2, item: { ...item, status: "completed" } },
    ]),
    {
      type: "response.completed",
      response: {
        ...{ id: `resp_${id}`, object: "response", status: "completed" },
        usage: { ...usage, total_tokens: usage.input_tokens + 20 },
      },
    },
  ];
}

function thought(id: string): Record<string, unknown>[] {
  const at = { item_id: id, output_index: 0, summary_index: 0 };
  const summary = [{ type: "summary_text", text: "Hm." }];
  return [
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id, summary: [] } },
    { type: "response.reasoning_summary_part.added", ...at, part: { type: "summary_text", text: "" } },
    { type: "response.reasoning_summary_text.delta", ...at, delta: "Hm." },
    { type: "response.output_item.done", output_index: 0, item: { type: "reasoning", id, summary } },
  ];
}

function message(id: string, text: string): Record<string, unknown>[] {
  const item = { type: "message", id, role: "assistant" };
  const at = { item_id: id, output_index: 1, content_index: 0 };
  return [
    { type: "response.output_item.added", output_index: 1, item: { ...item, content: [], status: "in_progress" } },
    ...(text.match(/.{1,30}/gs) ?? []).map((delta) => ({ type: "response.output_text.delta", ...at, delta })),
    {
      type: "response.output_item.done",
      output_index: 1,
      item: { ...item, content: [{ type: "output_text", text, annotations: [] }], status: "completed" },
    },
  ];
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
