// Ids that sort by the time they were made.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isUuid, uuidV7, uuidV7Time } from "../../../server/util/uuid-v7.ts";

test("an id is a version 7 UUID that begins with its time", () => {
  const id = uuidV7(0x0123_4567_89ab);
  assert.match(id, /^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(isUuid(id) && isUuid(id.toUpperCase()));
});

test("ids sort by time and are all different", () => {
  const ids = Array.from({ length: 1_000 }, (_, at) => uuidV7(1_700_000_000_000 + at));
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(Array.from({ length: 1_000 }, () => uuidV7(5))).size, 1_000);
});

for (const [name, jumpMs] of Object.entries({ "+1 h": 3_600_000, "-1 h": -3_600_000, "+10 years": 315_576_000_000 })) {
  test(`ids sort behind those made before, though the clock jumps by ${name} and back`, (t) => {
    const startMs = uuidV7Time(uuidV7()) ?? 0;
    let nowMs = startMs;
    t.mock.method(Date, "now", () => nowMs);
    const ids: string[] = [];
    for (const atMs of [startMs + 5, startMs + 5 + jumpMs, startMs + 6, startMs + 7]) {
      nowMs = atMs;
      ids.push(...Array.from({ length: 5_000 }, () => uuidV7()));
    }
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Set(ids).size, ids.length);
  });
}

test("what only looks like an id is none", () => {
  const id = uuidV7();
  for (const other of [
    "",
    id.slice(1),
    `${id}0`,
    `${id}\n`,
    id.replaceAll("-", ""),
    `../${id}`,
    id.replace(/.$/, "g"),
  ]) {
    assert.ok(!isUuid(other), JSON.stringify(other));
  }
});
