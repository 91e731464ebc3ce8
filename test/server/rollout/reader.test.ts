// Reading rollouts: valid JSON in a wrong shape costs its own line.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ThreadMeta } from "../../../server/rollout/line.ts";
import { readRollout } from "../../../server/rollout/reader.ts";
import { temporary } from "../../support/temporary.ts";

const meta = (id: string): ThreadMeta => ({
  ...{ id, createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview: "hi", forkedFromId: null },
  ...{ base: null, threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
});
const line = (type: string, payload: unknown, more = {}) =>
  `${JSON.stringify({ timestamp: "2026-01-01T00:00:00Z", ordinal: 5, type, payload, ...more })}\n`;
const message = { type: "message", role: "user", text: "x" };
const told = (method: string, params?: unknown) => line("notification", { method, params });

for (const [name, text] of Object.entries({
  "a history entry without a type": line("history", {}),
  "a message without text": line("history", { type: "message", role: "user" }),
  "an entry that is a list": line("history", []),
  "a call whose input is a number": line("history", {
    type: "toolCall",
    callId: "1",
    name: "x",
    kind: "json",
    input: 3,
  }),
  "a notification without a method": line("notification", {}),
  "an item that completes without params": told("item/completed"),
  "an item that is null": told("item/completed", { threadId: "t", turnId: "u", item: null, completedAtMs: 1 }),
  "a turn that is null": told("turn/started", { threadId: "t", turn: null }),
  "a turn without an id": told("turn/started", { threadId: "t", turn: { items: [] } }),
  "usage that is text": told("thread/tokenUsage/updated", { tokenUsage: { total: "x" } }),
  "a thread without a preview": line("threadMeta", { ...meta("t"), preview: undefined }),
  "a time that is a number": line("history", message, { timestamp: 7 }),
  "an ordinal that is text": line("history", message, { ordinal: "x" }),
})) {
  test(`a line with ${name} is counted as unreadable, and the others are kept`, async () => {
    using folder = temporary();
    const path = join(folder.path, "r.jsonl");
    writeFileSync(path, line("threadMeta", meta("t")) + text + line("history", message, { ordinal: 8 }));
    const { lines, unreadable, nextOrdinal } = await readRollout(path);
    assert.deepEqual(
      { types: lines.map(({ type }) => type), unreadable, nextOrdinal },
      { types: ["threadMeta", "history"], unreadable: 1, nextOrdinal: 9 },
    );
  });
}

test("what a later version wrote is passed over, and is no damage", async () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  writeFileSync(path, line("telemetry", { x: 1 }) + told("later/thing", {}) + line("settings", { sandbox: "new" }));
  const { lines, unreadable, nextOrdinal } = await readRollout(path);
  assert.deepEqual([lines.map(({ type }) => type), unreadable, nextOrdinal], [["settings"], 0, 6]);
});

test("what is appended behind a line that counts too far can be read", async () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  writeFileSync(path, line("history", message) + line("history", message, { ordinal: Number.MAX_SAFE_INTEGER }));
  const { nextOrdinal } = await readRollout(path);
  writeFileSync(path, line("history", message, { ordinal: nextOrdinal }), { flag: "a" });
  const { lines, unreadable } = await readRollout(path);
  assert.deepEqual([nextOrdinal, lines.length, unreadable], [6, 3, 0]);
});
