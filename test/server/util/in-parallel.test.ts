// Work on many things at a time: never more than was said, and never left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inParallel } from "../../../server/util/in-parallel.ts";

test("answers come in the order of the things, and no more are at work than was said", async () => {
  let [busy, most] = [0, 0];
  const answers = await inParallel([5, 4, 3, 2, 1], 2, async (item, index) => {
    busy += 1;
    most = Math.max(most, busy);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    busy -= 1;
    return `${index}:${item}`;
  });
  assert.deepEqual([answers, most, busy], [["0:5", "1:4", "2:3", "3:2", "4:1"], 2, 0]);
});

test("after a failure nothing new is begun, and what was begun is waited for", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inParallel([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    if (item === 0) throw new Error("no");
    await Promise.resolve();
    ended.push(item);
  });
  await assert.rejects(work, /no/);
  assert.deepEqual([begun, ended], [[0, 1], [1]]);
});
