// One end of a wire against another, in memory: who is answered, who is told when it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Call, Connection, type Receiver, type Transport } from "../../../../server/protocol/rpc/connection.ts";
import { ConnectionClosed, RpcError } from "../../../../server/protocol/rpc/errors.ts";
import type { Message } from "../../../../server/protocol/rpc/messages.ts";

test("requests are answered in either direction, with results, errors and null", async () => {
  const [a, b] = pair(
    { request: async (method) => (method === "none" ? undefined : { method }) },
    { request: async (_, params) => params },
  );
  assert.deepEqual(await b.connection.request("hello", {}), { method: "hello" });
  assert.equal(await b.connection.request("none", {}), null);
  assert.deepEqual(await a.connection.request("echo", [1]), [1]);
});

test("what a handler throws crosses as an error: RpcError as it is, anything else as an internal one", async () => {
  const [, b] = pair({
    request: async (method) => {
      throw method === "known" ? new RpcError(-5, "no", { data: { why: 1 } }) : new TypeError("boom");
    },
  });
  await assert.rejects(b.connection.request("known", {}), {
    name: "RpcError",
    code: -5,
    message: "no",
    data: { why: 1 },
  });
  await assert.rejects(b.connection.request("other", {}), { code: -32603, message: "other failed inside Belay: boom" });
});

test("closing rejects everyone who waits, aborts what runs, says so once, and refuses what comes after", async () => {
  const signals: AbortSignal[] = [];
  const [a, b] = pair({ request: (_, __, { signal }) => (signals.push(signal), new Promise(() => {})) });
  const waiting = [b.connection.request("one", {}), b.connection.request("two", {})];
  await settled();
  b.connection.close("bye");
  b.connection.close("again");
  for (const request of waiting) await assert.rejects(request, ConnectionClosed);
  await assert.rejects(b.connection.request("three", {}), { message: "The connection is closed: bye" });
  b.connection.notify("late", {});
  assert.deepEqual([a.closed, b.closed], [["the other side left"], ["bye"]]);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  assert.deepEqual([a.connection.isOpen, b.connection.isOpen], [false, false]);
});

test("whoever ends a connection, both sides have a signal that says so and why", () => {
  const [a, b] = pair({});
  assert.deepEqual([a.connection.ended.aborted, b.connection.ended.aborted], [false, false]);
  b.connection.close("done");
  assert.deepEqual(
    [a.connection.ended.reason, b.connection.ended.reason],
    [new ConnectionClosed("the other side left"), new ConnectionClosed("done")],
  );
});

test("a write that fails ends the connection for everyone", async () => {
  const [, b] = pair({ request: () => new Promise(() => {}) });
  b.breakWrites(new Error("EPIPE"));
  const first = b.connection.request("one", {});
  await assert.rejects(first, { message: /^The connection is closed: writing failed \(Error: EPIPE\)$/ });
  assert.equal(b.closed.length, 1);
});

test("a request that is given up is cancelled on the other side, and its late answer is ignored", async () => {
  let running: { signal: AbortSignal; finish: (result: unknown) => void } | null = null;
  const [a, b] = pair({
    request: (_, __, { signal }) => new Promise((finish) => (running = { signal, finish })),
  });
  const abort = new AbortController();
  const request = b.connection.request("slow", {}, { signal: abort.signal });
  await settled();
  abort.abort(new Error("enough"));
  await assert.rejects(request, { message: "enough" });
  await settled();
  const { signal, finish } = running as unknown as { signal: AbortSignal; finish: (result: unknown) => void };
  assert.ok(signal.aborted);
  finish("late");
  await settled();
  assert.deepEqual(a.sent.at(-1), { id: 0, result: "late" });
  await assert.rejects(b.connection.request("x", {}, { signal: abort.signal }), { message: "enough" });
});

test("a side that knows no cancelling is not told of it", async () => {
  const [, b] = pair({ request: () => new Promise(() => {}) }, {}, { cancels: false });
  const abort = new AbortController();
  const request = b.connection.request("slow", {}, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(request, { message: "enough" });
  assert.deepEqual(
    b.sent.map((message) => ("method" in message ? message.method : null)),
    ["slow"],
  );
});

test("two requests with one id are both answered, and cancelling that id stops the later one", async () => {
  const calls: (Call & { finish: (result: unknown) => void })[] = [];
  const [a, b] = pair({ request: (_, __, call) => new Promise((finish) => calls.push({ ...call, finish })) });
  b.raw({ id: "same", method: "one" });
  b.raw({ id: "same", method: "two" });
  calls[0]?.finish(1);
  await settled();
  b.raw({ method: "$/cancelRequest", params: { id: "same" } });
  assert.deepEqual(
    calls.map(({ signal }) => signal.aborted),
    [false, true],
  );
  calls[1]?.finish(2);
  await settled();
  assert.deepEqual(a.sent, [
    { id: "same", result: 1 },
    { id: "same", result: 2 },
  ]);
});

test("cancelling what is not there, or nothing, does nothing", async () => {
  const [a, b] = pair({ request: async () => "fine" });
  for (const params of [{ id: 99 }, {}, null, undefined, "x"]) b.raw({ method: "$/cancelRequest", params });
  assert.equal(await b.connection.request("still", {}), "fine");
  assert.deepEqual(a.malformed, []);
});

test("with answerFirst the answer overtakes everything said since, which then follows in order", async () => {
  const [a, b] = pair({
    request: async (method, _, { answerFirst }) => {
      if (method === "quick") return "quick";
      answerFirst();
      answerFirst();
      a.connection.notify("one", {});
      const asked = a.connection.request("ask", {});
      a.connection.notify("two", {});
      void asked.catch(() => {});
      await b.connection.request("quick", {});
      return "answer";
    },
  });
  await b.connection.request("slow", {});
  await settled();
  assert.deepEqual(
    a.sent.map((message) => ("method" in message ? message.method : "result" in message ? message.result : "error")),
    ["quick", "answer", "one", "ask", "two"],
  );
});

test("what waits behind an answer is not lost when that answer is an error", async () => {
  const [a, b] = pair({
    request: async (_, __, { answerFirst }) => {
      answerFirst();
      a.connection.notify("behind", {});
      throw new RpcError(-1, "no");
    },
  });
  await assert.rejects(b.connection.request("x", {}), { code: -1 });
  await settled();
  assert.deepEqual(b.notifications, ["behind"]);
});

test("what is no message is reported and not answered", async () => {
  const [a, b] = pair({ request: async () => "fine" });
  for (const value of [
    null,
    5,
    "x",
    [],
    {},
    { id: 1 },
    { id: null, result: 1 },
    { id: 1, error: 5 },
    { id: 1, error: { code: "x" } },
  ])
    b.raw(value);
  await settled();
  assert.deepEqual([a.malformed.length, a.sent, a.connection.isOpen], [9, [], true]);
});

test("requests beyond what is answered at a time are refused at once; an urgent one passes, and there is room again", async () => {
  const finish: ((result: unknown) => void)[] = [];
  const [a, b] = pair(
    {
      request: (method) => (method === "stop" ? Promise.resolve("stopped") : new Promise((done) => finish.push(done))),
      isUrgent: (method) => method === "stop",
    },
    {},
    { maxRunning: 2 },
  );
  for (const id of ["same", "same"]) b.raw({ id, method: "slow" });
  b.raw({ id: 3, method: "slow" });
  assert.deepEqual(a.sent, [{ error: { code: -32001, message: "Server overloaded; retry later." }, id: 3 }]);
  assert.equal(await b.connection.request("stop", {}), "stopped");
  for (const done of finish) done("done");
  await settled();
  const fourth = b.connection.request("slow", {});
  finish.at(-1)?.("fine");
  assert.equal(await fourth, "fine");
});

test("for a side that does not read nothing is done but what is urgent, and its answers still count", async () => {
  const asked: string[] = [];
  const handlers = {
    request: async (method: string) => asked.push(method),
    isUrgent: (name: string) => name === "stop",
  };
  const [a, b] = pair(handlers, {}, { maxRunning: 10 });
  const question = a.connection.request("ask", {});
  a.fallBehind();
  for (const method of ["work", "stop"]) b.raw({ id: method, method });
  b.raw({ id: 0, result: "answer" });
  assert.equal(await question, "answer");
  assert.deepEqual(asked, ["stop"]);
});

interface Side {
  connection: Connection;
  sent: Message[];
  notifications: string[];
  malformed: string[];
  closed: string[];
  /** Puts a value on the wire as this side. */
  raw(value: unknown): void;
  breakWrites(error: Error): void;
  /** From now on the other side does not read. */
  fallBehind(): void;
}

/** Two ends of one wire; what is said to a method without a handler never returns. */
function pair(first: Partial<Receiver>, second: Partial<Receiver> = {}, options = {}): [Side, Side] {
  const ends: { message(value: unknown): void; close(reason: string): void }[] = [];
  const side = (own: number, handlers: Partial<Receiver>): Side => {
    const other = 1 - own;
    let broken: Error | null = null;
    let isBehind = false;
    const seen = {
      sent: [] as Message[],
      notifications: [] as string[],
      malformed: [] as string[],
      closed: [] as string[],
    };
    const transport: Transport = {
      get isBehind() {
        return isBehind;
      },
      async send(message) {
        if (broken !== null) throw broken;
        seen.sent.push(message);
        ends[other]?.message(message);
      },
      listen: (message, close) => void (ends[own] = { message, close }),
      close: () => ends[other]?.close("the other side left"),
    };
    const receiver: Receiver = {
      request: () => new Promise(() => {}),
      notification: (method) => void seen.notifications.push(method),
      malformed: (reason) => void seen.malformed.push(reason),
      closed: (reason) => void seen.closed.push(reason),
      ...handlers,
    };
    const connection = new Connection(transport, receiver, options);
    return {
      ...seen,
      connection,
      raw: (value) => ends[other]?.message(value),
      breakWrites: (error) => void (broken = error),
      fallBehind: () => void (isBehind = true),
    };
  };
  return [side(0, first), side(1, second)];
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
