// How a model is asked and heard: events in any pieces, compressed or not, and through a proxy.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type SentEvent, sentEvents } from "../../../server/model/sent-events.ts";
import fc from "../../support/properties.ts";
import { responsesApi, sse } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const hello = [{ steps: [{ text: "Hi." }] }];

test("events are read alike in whatever pieces their bytes come and however their lines end", async () => {
  const Line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, ""));
  const Event = fc.record({ name: Line, lines: fc.array(Line, { minLength: 1, maxLength: 3 }) });
  const End = fc.constantFrom("\n", "\r\n", "\r");
  await fc.assert(
    fc.asyncProperty(
      fc.array(Event),
      End,
      fc.array(fc.nat(400)),
      fc.tuple(fc.boolean(), fc.boolean()),
      async (events, end, cuts, [isEnded, isMarked]) => {
        const texts = events.map(({ name, lines }) =>
          [`event: ${name}`, ": comment", ...lines.map((line) => `data: ${line}`), "id: 7", "", ""].join(end),
        );
        const mark = isMarked ? "\uFEFF" : "";
        const whole = mark + (isEnded ? texts.join("") : texts.join("").replace(/[\r\n]+$/, ""));
        assert.deepEqual(
          await eventsOf(Buffer.from(whole), cuts),
          events.map(({ name, lines }) => ({ name, data: lines.join("\n") })),
        );
      },
    ),
  );
});

test("an answer that is compressed, though nobody asked for that, is read", async () => {
  const done = { type: "response.completed", response: { id: "r", status: "completed" } };
  const delta = { type: "response.output_text.delta", item_id: "m", delta: "Packed." };
  await using api = await responsesApi(hello, {
    misbehave: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      return response.end(gzipSync([delta, done].map(sse).join(""))), true;
    },
  });
  await using server = await testServer({ api });
  const { turn } = await server.completeTurn("hi");
  assert.match(JSON.stringify(turn.items), /Packed\./);
});

test("a provider is asked through the proxy that the environment names", async () => {
  await using proxy = await responsesApi(hello);
  await using server = await testServer({
    api: { ...proxy, url: "http://model.invalid/v1" },
    env: { NODE_OPTIONS: "--use-env-proxy", http_proxy: new URL(proxy.url).origin, no_proxy: "" },
  });
  await server.completeTurn("hi");
  assert.deepEqual(proxy.paths, ["http://model.invalid/v1/responses"]);
});

async function eventsOf(bytes: Buffer, cuts: readonly number[]): Promise<SentEvent[]> {
  const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  async function* pieces() {
    for (const [at, end] of ends.entries()) yield bytes.subarray(ends[at - 1] ?? 0, end);
  }
  const events: SentEvent[] = [];
  for await (const event of sentEvents(pieces())) events.push(event);
  return events;
}
