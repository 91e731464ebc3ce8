// Appending to a rollout: whole lines, private files, and trouble that passes.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { RolloutEntry } from "../../../server/rollout/line.ts";
import { readRollout } from "../../../server/rollout/reader.ts";
import type { SavingTrouble } from "../../../server/protocol/thread-saving.ts";
import { openRecorder, type RecorderOptions } from "../../../server/rollout/recorder.ts";
import type { WriterLock } from "../../../server/rollout/writer-lock.ts";

const entry = (text: string): RolloutEntry => ({ type: "history", payload: { type: "message", role: "user", text } });

/** Nobody else writes. */
const free: WriterLock = { take: () => true, isOurs: () => true, writer: () => null, release() {} };

const plain: RecorderOptions = {
  ...{ nextOrdinal: 0, knownBytes: null, now: () => 0, lock: free },
  onTrouble: (trouble) => assert.fail(trouble?.cause),
  onMended: assert.fail,
  onGivenUp: (lines) => assert.equal(lines, 0),
  // By each append alone, unless a test has timers.
  later: () => ({ cancel() {} }),
};

test("lines are numbered from where the file ends, and a torn last line is sealed", async () => {
  using folder = temporary();
  const path = join(folder.path, "a/b/r.jsonl");
  record(path, 0, ["one\u2028\n", "😀"]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, `${readFileSync(path, "utf8")}{"torn":`);
  record(path, 2, ["three"]);
  const { lines, unreadable } = await readRollout(path);
  assert.deepEqual(
    lines.map(({ ordinal, payload }) => [ordinal, (payload as { text: string }).text]),
    [
      [0, "one\u2028\n"],
      [1, "😀"],
      [2, "three"],
    ],
  );
  assert.equal(unreadable, 1);
});

test("trouble is told once while it lasts; nothing is lost, and the order stays", async () => {
  using folder = temporary();
  const place = join(folder.path, "threads");
  const troubles: (SavingTrouble | null)[] = [];
  const recorder = openRecorder(join(place, "r.jsonl"), { ...plain, onTrouble: (trouble) => troubles.push(trouble) });
  writeFileSync(place, "in the way");
  for (const text of ["1", "2", "3"]) recorder.append(entry(text));
  assert.deepEqual(troubles, [
    {
      kind: "waiting",
      cause: `Something is in the way of ${place}.`,
      cure: "Move it away. What is missing is written by itself then.",
    },
  ]);
  rmSync(place);
  recorder.append(entry("4"));
  assert.deepEqual([troubles.length, troubles[1], recorder.trouble], [2, null, null]);
  recorder.close();
  rmSync(place, { recursive: true });
  writeFileSync(place, "again");
  recorder.append(entry("5"));
  assert.equal(troubles.length, 3);
  rmSync(place);
  recorder.append(entry("6"));
  recorder.close();
  const { lines } = await readRollout(join(place, "r.jsonl"));
  assert.deepEqual(
    lines.map(({ payload }) => (payload as { text: string }).text),
    ["5", "6"],
  );
});

test("whatever is in a file, reading it does not throw, and gives back the whole lines", async () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  const good = fc.string().map((text) => [JSON.stringify({ timestamp: "x", ordinal: 0, ...entry(text) }), 1] as const);
  const bad = fc.constantFrom(
    ...[
      "{",
      "null",
      "5",
      '"x"',
      "[]",
      "{}",
      '{"type":"history"}',
      '{"type":"history","payload":null}',
      '{"type":"history","payload":"x"}',
      "\0\0",
      "\u2028",
    ].map((line) => [line, 0] as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(good, bad), { maxLength: 12 }), fc.boolean(), async (parts, isTerminated) => {
      writeFileSync(path, parts.map(([line]) => line).join("\n") + (isTerminated ? "\n" : ""));
      const { lines } = await readRollout(path);
      assert.equal(lines.length, parts.filter(([, count]) => count === 1).length);
    }),
    { numRuns: 50 },
  );
});

function record(path: string, nextOrdinal: number, texts: string[]): void {
  const recorder = openRecorder(path, { ...plain, nextOrdinal });
  for (const text of texts) recorder.append(entry(text));
  recorder.flush();
  recorder.close();
}

function temporary(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "belay-rollout-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
