// Reading rollouts: valid JSON in a wrong shape costs its own line, and a list costs little.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { rolloutPath } from "../../../server/rollout/files.ts";
import { RolloutList } from "../../../server/rollout/index.ts";
import type { ThreadMeta } from "../../../server/rollout/line.ts";
import { readMeta, readRollout } from "../../../server/rollout/reader.ts";

const meta = (id: string, preview = "hi"): ThreadMeta => ({
  ...{ id, createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview, forkedFromId: null },
  ...{ threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
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

test("a first line is read whole, however long a preview makes it", async () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  for (const length of [10, 3_900, 4_096, 5_000, 60_000]) {
    const expected = meta("t", "😀".repeat(length / 4));
    writeFileSync(path, line("threadMeta", expected) + line("history", message));
    assert.deepEqual(await readMeta(path), expected);
  }
});

test("a list reads each file again only when it has changed, and forgets those that are gone", async () => {
  using folder = temporary();
  const paths = Array.from({ length: 100 }, (_, at) => write(folder.path, meta(`id-${at}`)));
  const list = new RolloutList(folder.path, (trouble) => assert.fail(trouble));
  assert.equal((await list.read()).length, 100);
  const [first = "", second = "", third = ""] = paths;
  // The same size and time: it is not looked into.
  writeFileSync(first, line("threadMeta", meta("id-X")));
  utimesSync(first, 1000, 1000);
  writeFileSync(second, line("threadMeta", meta("changed")));
  utimesSync(second, 1001, 1001);
  rmSync(third);
  const ids = new Set((await list.read()).map(({ meta: { id } }) => id));
  assert.deepEqual([ids.size, ids.has("id-0"), ids.has("changed"), ids.has("id-2")], [99, true, true, false]);
});

const isRoot = process.getuid?.() === 0 ? "root may read every file" : false;
test("files that cannot be read are said once a listing, and the others are listed", { skip: isRoot }, async () => {
  using folder = temporary();
  write(folder.path, meta("a"));
  chmodSync(write(folder.path, meta("b")), 0);
  const troubles: string[] = [];
  const list = new RolloutList(folder.path, (trouble) => troubles.push(trouble));
  assert.deepEqual(
    (await list.read()).map(({ meta: { id } }) => id),
    ["a"],
  );
  assert.match(troubles.join(), /^the list of threads is not complete, because files cannot be read \(1\): EACCES/);
});

function write(home: string, content: ThreadMeta): string {
  const path = rolloutPath(home, content.id, 0);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, line("threadMeta", content));
  utimesSync(path, 1000, 1000);
  return path;
}

function temporary(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "belay-rollout-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
