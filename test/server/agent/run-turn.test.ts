// The loop with a model that says anything in any order: what is shown and what is recorded stays whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runTurn, type TurnEnd } from "../../../server/agent/run-turn.ts";
import type { HistoryItem, ModelEvent, ToolCallEntry } from "../../../server/model/model.ts";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import { applyToTurns } from "../../../server/thread/turn-log.ts";
import { assertOrder } from "../../support/order.ts";
import fc from "../../support/properties.ts";

const failure = { message: "no luck", info: "other", details: null };

test("whatever the model says, items complete once, calls have one output, and the turn has one end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(reply(), { minLength: 1, maxLength: 4 }), fc.nat(3), async (replies, stopAt) => {
      const { end, told, history } = await play(replies, { stopAt });
      assertOrder([
        ...told,
        { method: "turn/completed", params: { threadId: "t", turn: { id: "u", status: end.status } } },
      ]);
      assert.ok(["completed", "interrupted", "failed"].includes(end.status));
      const calls = history.flatMap((item) => (item.type === "toolCall" ? [item.callId] : []));
      const outputs = history.flatMap((item) => (item.type === "toolOutput" ? [item.callId] : []));
      assert.deepEqual(outputs, calls);
      // Messages may end in another order than they began in.
      const [shown, known] = [shownTexts(told).toSorted(), toldTexts(history).toSorted()];
      assert.deepEqual(shown, known, "what is shown is what the model knows it said");
    }),
    { numRuns: 300 },
  );
});

test("a message that the model never closed is kept as it was shown", async () => {
  const { end, history } = await play([
    [{ type: "messageStarted", id: "m" }, { type: "messageDelta", id: "m", delta: "Half" }, done],
  ]);
  assert.deepEqual([end, history], [{ status: "completed" }, [{ type: "message", role: "assistant", text: "Half" }]]);
});

test("a failure in the middle keeps what was said and forgets the calls that never ran", async () => {
  const events: ModelEvent[] = [
    { type: "messageStarted", id: "m" },
    { type: "messageDelta", id: "m", delta: "I" },
    toolCall("1"),
    { type: "failed", failure },
  ];
  const { end, history } = await play([events]);
  assert.deepEqual(
    [end, history],
    [{ status: "failed", failure }, [{ type: "message", role: "assistant", text: "I" }]],
  );
});

test("a tool that breaks costs its own output alone", async () => {
  const { end, history } = await play([[toolCall("1"), toolCall("broken"), toolCall("2"), done], [done]]);
  assert.deepEqual(end, { status: "completed" });
  assert.deepEqual(
    history.flatMap((item) => (item.type === "toolOutput" ? [[item.callId, item.output]] : [])),
    [
      ["1", "out 1"],
      ["broken", "exec_command failed inside Belay: broken"],
      ["2", "out 2"],
    ],
  );
});

test("what was shown of a call that never came is given up when the answer ends, however it ends", async () => {
  const piece = (callId: string): ModelEvent => ({ type: "toolInputDelta", callId, name: "exec_command", delta: "x" });
  for (const end of [[done], [{ type: "failed", failure }], [{ type: "interrupted" }], []] satisfies ModelEvent[][]) {
    const { dropped } = await play([[piece("1"), piece("1"), piece("2"), toolCall("2"), ...end]]);
    assert.deepEqual(dropped, end[0] === done ? ["1"] : ["1", "2"]);
  }
});

test("input that comes in keeps the turn going", async () => {
  const { end, asked } = await play([[done], [done], [done]], { inputs: [true, false] });
  assert.deepEqual([end, asked], [{ status: "completed" }, 2]);
});

test("of an answer that was asked for anew only the last one is shown, told to the model and run", async () => {
  const first: ModelEvent[] = [
    ...spoken("a", "Whole."),
    { type: "messageStarted", id: "b" },
    { type: "messageDelta", id: "b", delta: "Half" },
    toolCall("1"),
    { type: "toolInputDelta", callId: "2", name: "exec_command", delta: "x" },
  ];
  const again: ModelEvent = { type: "reconnecting", attempt: 1, of: 5, failure };
  const { told, history, dropped } = await play([[...first, again, ...spoken("a", "Whole."), toolCall("3"), done]]);
  const error = told.find(({ method }) => method === "error");
  assert.deepEqual(error?.params, {
    error: {
      message: "Reconnecting... 1/5",
      codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
      additionalDetails: "no luck",
      misalignment: null,
    },
    willRetry: true,
    takenBack: ["item-0", "item-1", "2"],
    ...{ threadId: "t", turnId: "u" },
  });
  assert.deepEqual(dropped, ["2"]);
  const cut = told.findLast(({ method, params }) => method === "item/completed" && params.item.id === "item-1");
  assert.deepEqual(
    cut?.method === "item/completed" && cut.params.item.type === "agentMessage" && cut.params.item.text,
    "",
  );
  assert.deepEqual(
    history.map((entry) => [entry.type, "callId" in entry ? entry.callId : "text" in entry ? entry.text : ""]),
    [
      ["message", "Whole."],
      ["toolCall", "3"],
      ["toolOutput", "3"],
    ],
  );
  assert.deepEqual(shownTexts(told), ["Whole."]);
});

const done: ModelEvent = { type: "completed", usage: null };

function toolCall(callId: string): ModelEvent {
  return { type: "toolCall", call: { type: "toolCall", callId, name: "exec_command", kind: "json", input: "{}" } };
}

function spoken(id: string, text: string): ModelEvent[] {
  return [
    { type: "messageStarted", id },
    { type: "messageCompleted", id, text },
  ];
}

/** As clients have it in the end. */
function shownTexts(told: readonly ServerNotification[]): string[] {
  const turns: Turn[] = [];
  for (const notification of told) applyToTurns(turns, notification);
  const texts = turns.flatMap(({ items }) => items.map((item) => (item.type === "agentMessage" ? item.text : "")));
  return texts.filter((text) => text !== "");
}

function toldTexts(history: readonly HistoryItem[]): string[] {
  return history.flatMap((item) => (item.type === "message" && item.role === "assistant" ? [item.text] : []));
}

/** Plays one list of events a request; a request too many gets an empty answer. */
async function play(
  replies: readonly (readonly ModelEvent[])[],
  options: { stopAt?: number; inputs?: boolean[] } = {},
) {
  const told: ServerNotification[] = [
    { method: "turn/started", params: { threadId: "t", turn: { id: "u" } as never } },
  ];
  const history: HistoryItem[] = [];
  const abort = new AbortController();
  const inputs = [...(options.inputs ?? [])];
  const [previewed, dropped] = [new Set<string>(), [] as string[]];
  let [asked, nextId, ran] = [0, 0, 0];
  const end: TurnEnd = await runTurn({
    ...{ threadId: "t", turnId: "u", signal: abort.signal, history },
    request: { model: "m", threadId: "t", effort: null, tools: [], outputSchema: null },
    model: {
      async *stream() {
        yield* replies[asked++] ?? [done];
      },
    },
    fit: { makeRoom: async () => {}, exceeded: async (refused) => refused },
    record: (entries) => void history.push(...entries),
    newInput: () => new AbortController().signal,
    takeInput: () => inputs.shift() ?? false,
    reportUsage() {},
    emit: (notification) => void told.push(structuredClone(notification)),
    now: () => 1,
    newId: () => `item-${nextId++}`,
    tools: {
      preview: ({ callId }) => void previewed.add(callId),
      settle: (calls) => {
        for (const { callId } of calls) previewed.delete(callId);
        const given = [...previewed];
        dropped.push(...given);
        previewed.clear();
        return given;
      },
      async run({ callId }: ToolCallEntry) {
        if (callId === "broken") throw new Error("broken");
        if (++ran === options.stopAt) abort.abort();
        return { output: `out ${callId}`, stopsTurn: false };
      },
      stop: () => abort.abort(),
    },
  });
  assert.equal(previewed.size, 0, "no preview is left behind");
  return { end, told, history, asked, dropped };
}

/** Outputs begin once, grow and may complete; then the stream ends somehow, or not at all. */
function reply(): fc.Arbitrary<ModelEvent[]> {
  const step = fc.record({
    what: fc.constantFrom("message", "reasoning", "call", "message", "reasoning", "call", "reconnecting"),
    id: fc.constantFrom("a", "b", "c"),
    text: fc.string({ maxLength: 3 }),
    grow: fc.boolean(),
  });
  const ends = fc.constantFrom<ModelEvent | null>(
    done,
    done,
    { type: "failed", failure },
    { type: "interrupted" },
    null,
  );
  let unique = 0;
  return fc.tuple(fc.array(step, { maxLength: 12 }), ends).map(([steps, end]) => {
    const events: ModelEvent[] = [];
    const stage = new Map<string, "open" | "closed">();
    for (const { what, id: name, text, grow } of steps) {
      const id = `${what} ${name}`;
      if (what === "reconnecting") {
        events.push({ type: "reconnecting", attempt: 1, of: 5, failure });
        stage.clear();
      } else if (what === "call") {
        const callId = `${name}${unique++}`;
        if (grow) events.push({ type: "toolInputDelta", callId, name: "exec_command", delta: text });
        events.push(toolCall(callId));
      } else if (!stage.has(id)) {
        stage.set(id, "open");
        events.push({ type: what === "message" ? "messageStarted" : "reasoningStarted", id });
      } else if (stage.get(id) === "open" && grow) {
        events.push(
          what === "message"
            ? { type: "messageDelta", id, delta: text }
            : { type: "reasoningSummaryDelta", id, index: 0, delta: text },
        );
      } else if (stage.get(id) === "open") {
        stage.set(id, "closed");
        events.push(
          what === "message"
            ? { type: "messageCompleted", id, text }
            : { type: "reasoningCompleted", id, summary: [text], content: [], encrypted: null },
        );
      }
    }
    return end === null ? events : [...events, end];
  });
}
