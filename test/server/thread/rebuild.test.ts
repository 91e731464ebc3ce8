// From rollout lines back to a thread.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryItem } from "../../../server/model/model.ts";
import type { RolloutEntry, ThreadMeta } from "../../../server/rollout/line.ts";
import { rebuildRecord } from "../../../server/thread/rebuild.ts";
import { takenLines } from "../../../server/thread/said.ts";
import type { ThreadSettings } from "../../../server/protocol/thread.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import fc from "../../support/properties.ts";

const meta: ThreadMeta = {
  ...{ id: "t", createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview: "hi", forkedFromId: null },
  ...{ base: null, threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
};
const settings = (model: string): ThreadSettings => ({
  ...{ model, modelProvider: "p", cwd: "/w", approvalPolicy: "never", sandbox: { type: "dangerFullAccess" } },
  ...{ permissionProfile: null, reasoningEffort: null, mode: "fullAccess" },
});
const turn = (status: Turn["status"]): Turn => ({
  ...{
    id: "u",
    items: [],
    itemsView: "notLoaded",
    status,
    error: null,
    startedAt: 100,
    completedAt: null,
    durationMs: null,
  },
});
const message: HistoryItem = { type: "message", role: "user", text: "hi" };
const call = (callId: string): HistoryItem => ({ type: "toolCall", callId, name: "x", kind: "json", input: "{}" });
const output = (callId: string, text: string): HistoryItem => ({
  type: "toolOutput",
  callId,
  kind: "json",
  output: text,
});
const lost = "No result: Belay was stopped while this ran. It may have had effects.";

test("the first meta and the last settings count, and the time of the last line is the time of the change", () => {
  const record = rebuild([
    { type: "threadMeta", payload: meta },
    { type: "settings", payload: settings("a") },
    { type: "threadMeta", payload: { ...meta, id: "other" } },
    { type: "settings", payload: settings("b") },
  ]);
  assert.deepEqual([record?.meta, record?.settings.model, record?.updatedAt], [meta, "b", 1_767_225_603]);
});

test("without meta there is no thread", () => {
  assert.equal(rebuild([]), null);
  assert.equal(rebuild([{ type: "settings", payload: settings("a") }]), null);
});

const substituted = { sandbox: { type: "readOnly", networkAccess: false }, approvalPolicy: "on-request", mode: "ask" };
for (const [name, stored, expected] of [
  ["an unknown sandbox", { ...settings("a"), sandbox: { type: "lockedDown" } }, { ...settings("a"), ...substituted }],
  ["an empty sandbox", { ...settings("a"), sandbox: {} }, { ...settings("a"), ...substituted }],
  ["an unknown approval policy", { ...settings("a"), approvalPolicy: "x" }, { ...settings("a"), ...substituted }],
  ["nothing in them", {}, { ...settings("m"), ...substituted }],
] as const) {
  test(`settings with ${name} mean the read-only sandbox and questions, and the thread says so`, () => {
    const record = rebuild([
      { type: "threadMeta", payload: meta },
      { type: "settings", payload: settings("old") },
      { type: "settings", payload: stored as unknown as ThreadSettings },
    ]);
    assert.deepEqual(record?.settings, expected);
    assert.match(record?.notices.join() ?? "", /^The saved permissions of this thread cannot be read/);
  });
}

test("settings whose permissions fit keep them, whatever else does not", () => {
  const record = rebuild([
    { type: "threadMeta", payload: meta },
    { type: "settings", payload: { ...settings("a"), cwd: 7, mode: "later" } as unknown as ThreadSettings },
  ]);
  assert.deepEqual([record?.settings, record?.notices], [settings("a"), []]);
});

test("a turn that nobody ended was interrupted; lines of a later version are passed over", () => {
  const record = rebuild([
    ...begin,
    { type: "notification", payload: { method: "turn/started", params: { threadId: "t", turn: turn("inProgress") } } },
    { type: "telemetry", payload: { x: 1 } } as unknown as RolloutEntry,
    { type: "notification", payload: { method: "later/thing", params: {} } } as unknown as RolloutEntry,
  ]);
  assert.deepEqual(record?.turns, [{ ...turn("interrupted"), itemsView: "full" }]);
});

test("each call has one output: a lost one is made up behind its calls, one without its call is dropped", () => {
  assert.deepEqual(history([message, call("a"), call("b")]), [
    message,
    call("a"),
    call("b"),
    output("a", lost),
    output("b", lost),
  ]);
  assert.deepEqual(history([call("a"), call("b"), output("a", "1"), message]), [
    call("a"),
    call("b"),
    output("b", lost),
    output("a", "1"),
    message,
  ]);
  assert.deepEqual(history([message, output("x", "1"), call("a"), output("a", "2")]), [
    message,
    call("a"),
    output("a", "2"),
  ]);
  assert.deepEqual(history([output("a", "1"), call("a")]), [call("a"), output("a", lost)]);
});

test("whichever lines are missing, every call has exactly one output behind it", () => {
  const ids = fc.constantFrom("a", "b", "c", "d");
  const entries = fc.array(fc.tuple(ids, fc.constantFrom("call", "output", "message")), { maxLength: 20 });
  fc.assert(
    fc.property(entries, (wanted) => {
      // One call and one output an id, as a real history has it, in any order and with any of them missing.
      const unique = [...new Map(wanted.map(([id, kind]) => [`${id} ${kind}`, [id, kind] as const])).values()];
      const found = history(
        unique.map(([id, kind]) => (kind === "call" ? call(id) : kind === "output" ? output(id, id) : message)),
      );
      const calls = found.flatMap((item, at) => (item.type === "toolCall" ? [[item.callId, at] as const] : []));
      const outputs = found.flatMap((item, at) => (item.type === "toolOutput" ? [[item.callId, at] as const] : []));
      assert.deepEqual(outputs.map(([id]) => id).toSorted(), calls.map(([id]) => id).toSorted());
      for (const [id, at] of outputs) assert.ok(calls.some(([called, before]) => called === id && before < at));
      assert.deepEqual(history(found), found);
    }),
  );
});

const begin: RolloutEntry[] = [
  { type: "threadMeta", payload: meta },
  { type: "settings", payload: settings("a") },
];

function history(items: readonly HistoryItem[]): HistoryItem[] {
  return rebuild([...begin, ...items.map((payload) => ({ type: "history" as const, payload }))])?.history ?? [];
}

test("whichever line a process dies behind, what was said is shown once, in its turn, and told once", () => {
  const messages = [
    { words: "a", turnId: "u1" },
    { words: "b", turnId: "u1" },
    { words: "c", turnId: "u2" },
  ];
  const [a = [], b = [], c = []] = messages.map(saidAndTaken);
  const [first, second] = ["u1", "u2"].map(begun);
  const base: RolloutEntry[] = [
    { type: "threadMeta", payload: meta },
    { type: "settings", payload: settings("a") },
  ];
  const whole = [...base, a[0], first, b[0], ...a.slice(1), ...b.slice(1), c[0], second, ...c.slice(1)];
  const entries = whole.filter((entry) => entry !== undefined);
  for (let end = base.length; end <= entries.length; end++) {
    const left = entries.slice(0, end);
    const expected = messages.filter(({ words }) => left.some((e) => e.type === "said" && e.payload.itemId === words));
    const record = rebuild(left);
    assert.deepEqual(saidIn(record), [expected, expected.map(({ words }) => words).sort()], `${end} lines`);
    assert.ok(record?.turns.every(({ status }) => status === "interrupted"));
    const loaded = [...left, ...(record?.recovered ?? [])];
    const again = rebuild(loaded);
    assert.deepEqual([saidIn(again), again?.recovered], [saidIn(record), []], `${end} lines, loaded`);
    const kept = expected.filter(({ turnId }) => turnId === "u1");
    const cut = rebuild([...loaded, { type: "reverted", payload: { beforeTurnId: "u2" } }]);
    assert.deepEqual(saidIn(cut)[0], kept, `${end} lines, reverted`);
  }
});

function rebuild(entries: readonly RolloutEntry[]) {
  const lines = entries.map((entry, ordinal) => ({
    timestamp: `2026-01-01T00:00:0${ordinal % 10}.000Z`,
    ordinal,
    ...structuredClone(entry),
  }));
  return rebuildRecord(lines);
}

function begun(id: string): RolloutEntry {
  const params = { threadId: "t", turn: { ...turn("inProgress"), id } };
  return { type: "notification", payload: { method: "turn/started", params } };
}

/** The lines of a message; its item has its words as id. */
function saidAndTaken({ words, turnId }: { words: string; turnId: string }): RolloutEntry[] {
  const input = [{ type: "text" as const, text: words, text_elements: [] }];
  const told: HistoryItem = { type: "message", role: "user", text: words };
  const said = { turnId, itemId: words, clientId: null, input, told };
  return [{ type: "said", payload: said }, ...takenLines(said, { threadId: "t", atMs: 100, begins: false })];
}

/** What people said, turn by turn, and what the model is told of it. */
function saidIn(record: ReturnType<typeof rebuild>) {
  const shown = record?.turns.flatMap(({ id: turnId, items }) => items.map(({ id: words }) => ({ words, turnId })));
  const told = record?.history.flatMap((item) => (item.type === "message" ? [item.text] : []));
  return [shown, told?.sort()];
}
