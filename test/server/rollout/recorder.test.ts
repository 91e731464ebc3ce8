// Appending to a rollout: whole lines, private files, and trouble that passes.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { RolloutEntry } from "../../../server/rollout/line.ts";
import { readRollout } from "../../../server/rollout/reader.ts";
import type { SavingTrouble } from "../../../server/protocol/thread-saving.ts";
import { openRecorder, type RecorderOptions } from "../../../server/rollout/recorder.ts";
import { UnwrittenLines } from "../../../server/rollout/unwritten-lines.ts";
import type { WriterLock } from "../../../server/rollout/writer-lock.ts";
import fc from "../../support/properties.ts";
import { temporary } from "../../support/temporary.ts";

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
  const open = () => openRecorder(join(place, "r.jsonl"), { ...plain, onTrouble: (trouble) => troubles.push(trouble) });
  const recorder = open();
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
  const other = open();
  other.append(entry("5"));
  assert.equal(troubles.length, 3);
  rmSync(place);
  other.append(entry("6"));
  other.close();
  const { lines } = await readRollout(join(place, "r.jsonl"));
  assert.deepEqual(
    lines.map(({ payload }) => (payload as { text: string }).text),
    ["5", "6"],
  );
});

test("what comes when it is closed does not bring a file back that was moved or deleted since", () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  const lost: number[] = [];
  const recorder = openRecorder(path, { ...plain, onGivenUp: (lines) => lost.push(lines) });
  recorder.append(entry("1"));
  recorder.close();
  rmSync(path);
  recorder.append(entry("2"));
  assert.deepEqual([existsSync(path), lost], [false, [1]]);
});

test("a timer tries again, less and less often, and what waits is written in order without another append", async () => {
  using folder = temporary();
  const place = join(folder.path, "threads");
  const waits: number[] = [];
  let retry = () => {};
  const troubles: (string | null)[] = [];
  const recorder = openRecorder(join(place, "r.jsonl"), {
    ...plain,
    onTrouble: (trouble) => troubles.push(trouble?.kind ?? null),
    later(work, ms) {
      waits.push(ms);
      retry = work;
      return { cancel() {} };
    },
  });
  writeFileSync(place, "in the way");
  for (const text of ["1", "2"]) recorder.append(entry(text));
  for (let turn = 0; turn < 8; turn++) retry();
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  rmSync(place);
  retry();
  assert.deepEqual(troubles, ["waiting", null]);
  assert.deepEqual(await textsIn(recorder.path), ["1", "2"]);
  recorder.close();
});

test("more than may wait in memory is told, and all of it is kept", async () => {
  using folder = temporary();
  const place = join(folder.path, "threads");
  const troubles: (string | null)[] = [];
  const recorder = openRecorder(join(place, "r.jsonl"), {
    ...plain,
    maxWaitingBytes: 500,
    onTrouble: (trouble) => troubles.push(trouble?.kind ?? null),
  });
  writeFileSync(place, "in the way");
  const texts = ["a", "b".repeat(300), "c".repeat(300), "d"];
  for (const text of texts) recorder.append(entry(text));
  rmSync(place);
  recorder.append(entry("e"));
  assert.deepEqual(troubles, ["waiting", "full", null]);
  assert.deepEqual(await textsIn(recorder.path), [...texts, "e"]);
  recorder.close();
});

test("what is never written is said to be lost when the thread is closed", () => {
  using folder = temporary();
  writeFileSync(join(folder.path, "threads"), "in the way");
  const given: number[] = [];
  const recorder = openRecorder(join(folder.path, "threads", "r.jsonl"), {
    ...plain,
    onTrouble() {},
    onGivenUp: (lines) => given.push(lines),
  });
  for (const text of ["1", "2"]) recorder.append(entry(text));
  recorder.close();
  assert.deepEqual(given, [2]);
});

test("a thread that was read without its lock is not written to when somebody else has written since", async () => {
  using folder = temporary();
  const path = join(folder.path, "r.jsonl");
  record(path, 0, ["one"]);
  const knownBytes = statSync(path).size;
  record(path, 1, ["theirs"]);
  const troubles: (string | null)[] = [];
  const late = openRecorder(path, {
    ...plain,
    ...{ nextOrdinal: 1, knownBytes, onGivenUp() {} },
    onTrouble: (trouble) => troubles.push(trouble?.kind ?? null),
  });
  late.append(entry("ours"));
  late.close();
  assert.deepEqual([troubles, await textsIn(path)], [["lost"], ["one", "theirs"]]);
});

test("something too large to be read back is not written, and said", async () => {
  using folder = temporary();
  const told: string[] = [];
  const path = join(folder.path, "r.jsonl");
  const recorder = openRecorder(path, { ...plain, onMended: (sentence) => told.push(sentence) });
  for (const text of ["1", "x".repeat(33 * 2 ** 20), "2"]) recorder.append(entry(text));
  recorder.close();
  assert.deepEqual(await textsIn(path), ["1", "2"]);
  assert.deepEqual(told, ["Something of 33 MB is too large to be kept: it will be missing when the thread is read."]);
});

test("however writes are cut, the lines in the file are those that were pushed, each once", () => {
  const Lines = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(Lines, fc.infiniteStream(fc.nat(60)), fc.infiniteStream(fc.boolean()), (texts, cuts, seals) => {
      const waiting = new UnwrittenLines();
      const lines = texts.map((text) => Buffer.from(`${JSON.stringify(text)}\n`));
      for (const line of lines) waiting.push(line);
      let file = "";
      for (let step = 0; waiting.count > 0 && step < 2_000; step++) {
        const bytes = waiting.next().subarray(0, (cuts.next().value ?? 0) + 1);
        file += bytes.toString("latin1");
        waiting.wrote(bytes.length);
        // Somebody has sealed what was cut, as who opens the file anew does.
        if (step < 20 && seals.next().value && !file.endsWith("\n")) {
          file += "#\n";
          waiting.sealed();
        }
      }
      const whole = file.split("\n").filter((line) => line !== "" && !line.endsWith("#"));
      assert.deepEqual(
        whole,
        lines.map((line) => line.toString("latin1").trimEnd()),
      );
      assert.equal(waiting.bytes, 0);
    }),
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

async function textsIn(path: string): Promise<string[]> {
  return (await readRollout(path)).lines.map(({ payload }) => (payload as { text: string }).text);
}

function record(path: string, nextOrdinal: number, texts: string[]): void {
  const recorder = openRecorder(path, { ...plain, nextOrdinal });
  for (const text of texts) recorder.append(entry(text));
  recorder.close();
}
