// What waits for a client that does not read: merged, bounded, and in the end true.
import assert from "node:assert/strict";
import { test } from "node:test";
import { later } from "../../../../server/doors/client.ts";
import type { Transport } from "../../../../server/protocol/rpc/connection.ts";
import type { Message, NotificationMessage } from "../../../../server/protocol/rpc/messages.ts";
import { type Backlog, bounded, type Pipe } from "../../../../server/protocol/rpc/outbox.ts";
import fc from "../../../support/properties.ts";

test("while the other side reads, every message goes straight through as it is", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  for (const text of ["a", "b"]) void outbox.send(delta("x", text));
  assert.deepEqual(pipe.read(), [delta("x", "a"), delta("x", "b")]);
  assert.equal(outbox.isBehind, false);
});

test("while it does not, deltas of one thing are joined, of what is replaced the latest stays, all else is kept", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  pipe.isFull = true;
  say(outbox, [
    { id: 1, result: "kept" },
    ...[status("t", "active"), delta("x", "1"), delta("y", "a"), event("started"), delta("x", "2"), delta("y", "b")],
    ...[status("t", "idle"), status("u", "idle"), event("completed"), { id: 2, method: "ask", params: {} }],
  ]);
  assert.deepEqual(pipe.read(), []);
  await pipe.drain();
  assert.deepEqual(pipe.read(), [
    { id: 1, result: "kept" },
    ...[delta("x", "12"), delta("y", "ab"), event("started"), status("t", "idle"), status("u", "idle")],
    ...[event("completed"), { id: 2, method: "ask", params: {} }],
  ]);
});

test("what is said behind an answer stays behind it: a snapshot neither lacks it nor has it twice", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  pipe.isFull = true;
  say(outbox, [event("first"), delta("x", "1"), delta("x", "2"), status("t", "active")]);
  say(outbox, [{ id: 1, result: "a snapshot with 12" }, delta("x", "3"), status("t", "idle"), delta("x", "4")]);
  await pipe.drain();
  assert.deepEqual(pipe.read(), [
    ...[event("first"), delta("x", "12"), status("t", "active")],
    ...[{ id: 1, result: "a snapshot with 12" }, delta("x", "34"), status("t", "idle")],
  ]);
});

test("the other side is behind from a megabyte that waits on, until it has read", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  pipe.isFull = true;
  void outbox.send(event("a"));
  assert.equal(outbox.isBehind, false);
  void outbox.send(event("x".repeat(1024 * 1024)));
  assert.equal(outbox.isBehind, true);
  await pipe.drain();
  assert.equal(outbox.isBehind, false);
});

test("deltas of another part of the same item, or of another method, stay apart", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  pipe.isFull = true;
  const part = (summaryIndex: number) => ({ method: "delta", params: { itemId: "x", summaryIndex, delta: "." } });
  say(outbox, [part(0), part(1), part(0), { ...part(0), method: "delta/other" }]);
  await pipe.drain();
  const joined = { method: "delta", params: { itemId: "x", summaryIndex: 0, delta: ".." } };
  assert.deepEqual(pipe.read(), [joined, part(1), { ...part(0), method: "delta/other" }]);
});

test("what was said stays as it was said, whatever becomes of it meanwhile", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  pipe.isFull = true;
  const item = { text: "before" };
  const shared = delta("x", "a");
  say(outbox, [{ method: "event", params: { item } }, shared, delta("x", "b")]);
  item.text = "after";
  await pipe.drain();
  assert.deepEqual(pipe.read(), [{ method: "event", params: { item: { text: "before" } } }, delta("x", "ab")]);
  assert.deepEqual(shared, delta("x", "a"));
});

test("too many deltas: the longest is left out, the shorter ones and everything else come", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later, maxDeltaBytes: 100 });
  pipe.isFull = true;
  say(outbox, [delta("message", "short"), delta("output", "x".repeat(90)), delta("output", "x".repeat(90))]);
  say(outbox, [delta("output", "end"), event("completed")]);
  await pipe.drain();
  assert.deepEqual(pipe.read(), [delta("message", "short"), delta("output", "end"), event("completed")]);
});

test("too much of what cannot be left out closes the wire, and says why", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later, maxBytes: 5_000 });
  pipe.isFull = true;
  for (let number = 0; number < 5; number++) void outbox.send(event("x".repeat(100)));
  assert.equal(pipe.isClosed, false);
  const sent = Array.from({ length: 5 }, () => outbox.send(event("x".repeat(100))));
  await assert.rejects(Promise.all(sent), { message: /does not read: more than 5000 bytes wait/ });
  assert.equal(pipe.isClosed, true);
});

test("who asked for much may take a while, unless nothing at all is taken of it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later, maxBytes: 5_000, stalledAfterMs: 30_000 });
  pipe.isFull = true;
  const sent = [1, 2, 3].map((id) => outbox.send({ id, result: "x".repeat(3_000) }));
  t.mock.timers.tick(29_999);
  assert.equal(pipe.isClosed, false);
  t.mock.timers.tick(1);
  assert.equal(pipe.isClosed, true);
  await assert.rejects(Promise.all(sent), { message: /does not read: more than 5000 bytes wait/ });
});

test("who reads on gets all of it, however much waits and however long it takes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later, maxBytes: 5_000, stalledAfterMs: 30_000 });
  pipe.isFull = true;
  const answers = Array.from({ length: 8 }, (_, id) => ({ id, result: "x".repeat(3_000) }));
  const sent = Promise.all(answers.map((answer) => outbox.send(answer)));
  for (const _ of answers) {
    t.mock.timers.tick(29_000);
    await pipe.takeOne();
  }
  await pipe.drain();
  await sent;
  t.mock.timers.tick(60_000);
  assert.deepEqual([pipe.isClosed, pipe.read()], [false, answers]);
});

test("memory has an end: answers beyond it are refused, and for anything else the wire is closed at once", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later, hardMaxBytes: 9_000 });
  pipe.isFull = true;
  say(
    outbox,
    [1, 2, 3].map((id) => ({ id, result: "x".repeat(3_500) })),
  );
  await pipe.drain();
  const [, , third] = pipe.read();
  assert.deepEqual(third, { error: { code: -32001, message: "Server overloaded; retry later." }, id: 3 });
  pipe.isFull = true;
  const sent = [1, 2, 3].map(() => outbox.send(event("x".repeat(3_500))));
  assert.equal(pipe.isClosed, true);
  await assert.rejects(Promise.all(sent), { message: /does not read: more than 9000 bytes wait/ });
});

test("a write that fails is told to whoever waits behind it", async () => {
  const pipe = fakePipe();
  const outbox = bounded(pipe, { backlogOf, later });
  const first = outbox.send(event("one"));
  pipe.isFull = true;
  const second = outbox.send(event("two"));
  pipe.fail(new Error("EPIPE"));
  for (const sent of [first, second]) await assert.rejects(sent, { message: "EPIPE" });
});

test("whenever the other side reads, it hears everything kept in order, all of each delta, and the latest at its place", async () => {
  const id = fc.constantFrom("x", "y", "z");
  const step = fc.oneof(
    fc.record({ say: fc.tuple(id, fc.string()).map(([of, text]) => delta(of, text)) }),
    fc.record({ say: fc.tuple(id, fc.nat()).map(([of, value]) => status(of, value)) }),
    fc.record({ say: fc.nat().map((value) => event(value)) }),
    fc.constant("fill" as const),
    fc.constant("drain" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const pipe = fakePipe();
      const outbox = bounded(pipe, { backlogOf, later });
      const said: NotificationMessage[] = [];
      for (const current of steps) {
        if (current === "fill") pipe.isFull = true;
        else if (current === "drain") await pipe.drain();
        else {
          said.push(current.say);
          void outbox.send(current.say);
        }
      }
      await pipe.drain();
      const heard = pipe.read() as NotificationMessage[];
      assert.deepEqual(heard.filter(isEvent), said.filter(isEvent));
      for (const name of ["x", "y", "z"]) {
        assert.equal(textOf(heard, name), textOf(said, name));
        assert.deepEqual(lastStatus(heard, name), lastStatus(said, name));
      }
    }),
  );
});

const backlogs: Record<string, Backlog> = { delta: "append", "delta/other": "append", status: "latest" };
const backlogOf = (method: string) => backlogs[method] ?? "keep";

const delta = (itemId: string, text: string) => ({ method: "delta", params: { itemId, delta: text } });
const status = (threadId: string, value: unknown) => ({ method: "status", params: { threadId, status: value } });
const event = (value: unknown) => ({ method: "event", params: { value } });

const isEvent = ({ method }: NotificationMessage) => method === "event";

function textOf(messages: readonly NotificationMessage[], itemId: string): string {
  const deltas = messages.map(({ params }) => params as { itemId?: string; delta: string });
  return deltas.flatMap((params) => (params.itemId === itemId ? [params.delta] : [])).join("");
}

/** The last status of a thread, and how many events came before it. */
function lastStatus(messages: readonly NotificationMessage[], threadId: string): unknown {
  const at = messages.findLastIndex(({ params }) => (params as { threadId?: string }).threadId === threadId);
  return at === -1 ? null : [messages[at], messages.slice(0, at).filter(isEvent).length];
}

function say(outbox: Transport, messages: readonly Message[]): void {
  for (const message of messages) void outbox.send(message);
}

interface FakePipe extends Pipe {
  isFull: boolean;
  isClosed: boolean;
  /** Takes what has come through so far. */
  read(): Message[];
  /** The other side reads on: what was sent settles, and there is room. */
  drain(): Promise<void>;
  /** It reads one message, and there is no room yet. */
  takeOne(): Promise<void>;
  fail(error: Error): void;
}

function fakePipe(): FakePipe {
  const through: Message[] = [];
  const settle: { resolve(): void; reject(error: Error): void }[] = [];
  const send = (message: Message) => {
    through.push(structuredClone(message));
    return new Promise<void>((resolve, reject) => void settle.push({ resolve, reject }));
  };
  const pipe: FakePipe = {
    isFull: false,
    isClosed: false,
    send,
    sendText: (text) => send(JSON.parse(text) as Message),
    listen: () => {},
    close: () => (pipe.isClosed = true),
    read: () => through.splice(0),
    async drain() {
      pipe.isFull = false;
      for (const sent of settle.splice(0)) sent.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
    async takeOne() {
      settle.shift()?.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
    fail(error) {
      for (const sent of settle.splice(0)) sent.reject(error);
    },
  };
  return pipe;
}
