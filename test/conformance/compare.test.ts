// How two recorded conversations are compared: what may swap, what counts as the same shape, and what the table allows.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message, Said } from "./peer.ts";
import { compare } from "./replay/compare.ts";
import { conversation, normalForm } from "./replay/events.ts";
import { judge } from "./replay/judge.ts";
import { compareShapes, shapeOf } from "./replay/shape.ts";
import fc from "../support/properties.ts";

const place = { home: "/home", workspace: "/workspace" };
const threadId = "t-1";
const turnId = "u-1";
const started = (id: string, type = "commandExecution") => say("item/started", { turnId, item: { id, type } });
const completed = (id: string, type = "commandExecution") => say("item/completed", { turnId, item: { id, type } });
const output = (itemId: string, delta: string) => say("item/commandExecution/outputDelta", { turnId, itemId, delta });
const status = (...activeFlags: string[]) => say("thread/status/changed", { status: { type: "active", activeFlags } });
const beginning = say("turn/started", { turn: { id: turnId } });
const ending = say("turn/completed", { turn: { id: turnId } });

function say(method: string, params: Record<string, unknown>, id?: number): Said {
  const message = { method, params: { threadId, ...params }, ...(id !== undefined && { id }) };
  return { from: "server", message };
}

function asked(method: string, params: unknown, answer: Message): Said[] {
  const message = { method, id: 1, params };
  return [
    { from: "client", message },
    { from: "server", message: { id: 1, ...answer }, request: message },
  ];
}

function read(...said: Said[]) {
  return conversation({ processes: [said], exitCodes: [0], place });
}

function differences(ours: Said[], native: Said[]): string[] {
  return compare(read(...ours), read(...native)).map(({ kind, at, member }) => [kind, at, member].join(" ").trim());
}

test("conversations that differ in ids, texts and the cutting of deltas are the same", () => {
  const one = [beginning, started("a"), output("a", "one "), output("a", "two"), completed("a"), ending];
  const other = [beginning, started("b"), output("b", "three"), completed("b"), ending];
  assert.deepEqual(differences(one, other), []);
});

test("events of tool calls that run side by side swap, and so does the thread's status", () => {
  const one = [beginning, started("a"), started("b"), status(), completed("a"), completed("b"), ending];
  const other = [beginning, status(), started("a"), completed("a"), started("b"), completed("b"), ending];
  assert.deepEqual(differences(one, other), []);
});

test("events of one item, of the story, and the bounds of a turn do not swap", () => {
  const inOrder = [beginning, started("a"), completed("a"), started("m", "agentMessage"), ending];
  const [first, item, done, message, last] = inOrder as [Said, Said, Said, Said, Said];
  assert.deepEqual(differences([first, done, item, message, last], inOrder), ["moves item/completed commandExecution"]);
  assert.deepEqual(differences([first, message, item, done, last], inOrder), ["moves item/started agentMessage"]);
  assert.deepEqual(differences([first, item, done, last, message], inOrder), ["moves turn/completed"]);
});

test("a question belongs to its item, and so does its end", () => {
  const question = say("item/commandExecution/requestApproval", { turnId, itemId: "a" }, 7);
  const resolved = say("serverRequest/resolved", { requestId: 7 });
  const one = [beginning, started("a"), question, resolved, completed("a"), ending];
  const late = [beginning, started("a"), question, completed("a"), ending, resolved];
  assert.deepEqual(differences(one, [...one]), []);
  assert.deepEqual(differences(late, one), ["moves serverRequest/resolved of item/commandExecution/requestApproval"]);
});

test("what only one of them says is added or omitted", () => {
  const plain = [beginning, started("a"), completed("a"), ending];
  const more = [beginning, started("a"), output("a", "x"), completed("a"), ending];
  assert.deepEqual(differences(more, plain), ["adds item/commandExecution/outputDelta"]);
  assert.deepEqual(differences(plain, more), ["omits item/commandExecution/outputDelta"]);
});

test("answers are compared by shape, and refusals by code and sentence", () => {
  const result = (value: unknown) => asked("thread/list", {}, { result: value });
  const refusal = (message: string) => asked("thread/list", {}, { error: { code: -32600, message } });
  assert.deepEqual(differences(result({ data: [{ id: "1" }] }), result({ data: [{ id: "2" }, { id: "3" }] })), []);
  assert.deepEqual(differences(result({ data: [] }), result({ data: [1] })), ["differs answer to thread/list data"]);
  assert.deepEqual(differences(refusal("no /workspace/a"), refusal("no /workspace/a")), []);
  assert.deepEqual(differences(refusal("no"), refusal("never")), ["differs answer to thread/list error.message"]);
  assert.deepEqual(differences(result({}), refusal("never")), ["differs answer to thread/list error"]);
});

test("a shape has members and types, and the words that decide how a client reads it", () => {
  const shapes = (ours: unknown, native: unknown) =>
    compareShapes(shapeOf(ours), shapeOf(native)).map(({ kind, member, detail }) => `${kind} ${member}: ${detail}`);
  assert.deepEqual(shapes({ a: 1, name: "x" }, { a: 2, name: "y" }), []);
  assert.deepEqual(shapes({ type: "read" }, { type: "write" }), ['differs type: "read", not "write"']);
  assert.deepEqual(shapes({ a: { b: null } }, { a: { b: 1, c: [] } }), [
    "differs a.b: null, not number",
    "omits a.c: []",
  ]);
  assert.deepEqual(shapes([{ a: 1 }], [{ a: 1 }, { b: 1 }]), ["omits [].b: number"]);
});

test("the normal form is the same for every order that swaps can reach", () => {
  const { lanes } = read(beginning, started("a"), started("b"), status(), completed("a"), completed("b"), ending);
  const events = lanes.get("thread 1") ?? [];
  const keys = (list: typeof events) => list.map(({ key }) => key);
  const subject = (key: string) => key.match(/commandExecution \d|status|turn/)?.[0] ?? key;
  const maySwap = (one: string, other: string) =>
    subject(one) !== subject(other) && !one.startsWith("turn/") && !other.startsWith("turn/");
  fc.assert(
    fc.property(fc.array(fc.nat(events.length - 2), { maxLength: 30 }), (places) => {
      const shuffled = [...events];
      for (const at of places) {
        const [one, other] = shuffled.slice(at, at + 2);
        if (one && other && maySwap(one.key, other.key)) shuffled.splice(at, 2, other, one);
      }
      assert.deepEqual(keys(normalForm(shuffled)), keys(events));
    }),
  );
});

test("the table allows what it names, tells the rest apart, and knows what is out of date", () => {
  const found = [
    { kind: "omits", at: "item/started agentMessage", member: "item.extra", detail: "null", replay: "one" },
    { kind: "omits", at: "item/completed agentMessage", member: "item.extra", detail: "null", replay: "one" },
    { kind: "adds", at: "warning", detail: "warning", replay: "one" },
    { kind: "adds", at: "warning", detail: "warning 2", replay: "two" },
  ] as const;
  const table = [
    { why: "a", what: [{ kind: "omits", at: "item/* agentMessage", member: "item.extra" }] },
    { why: "b", what: [{ kind: "adds", at: "warning" }], in: ["two"] },
    {
      why: "c",
      what: [
        { kind: "adds", at: "error" },
        { kind: "omits", at: "item/*", member: "item.*" },
      ],
    },
    { why: "d", what: [{ kind: "adds", at: "error" }], in: ["not played"] },
    { why: "e", what: [{ kind: "adds", at: "error" }], sometimes: true },
  ] as const;
  const { unlisted, listed, outdated } = judge(found, table, ["one", "two"]);
  assert.deepEqual(unlisted, [{ kind: "adds", at: "warning", detail: "warning", replays: ["one"] }]);
  assert.equal(listed, 3);
  assert.deepEqual(outdated, [{ kind: "adds", at: "error", why: "c" }]);
});
