// Output at a pace: nothing waits without need, nothing is said twice, and a flood is bounded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pacedOutput } from "../../../server/tools/paced-output.ts";

test("the first piece goes out at once, what follows is put together, and the end waits for nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const output = pacedOutput((delta) => told.push(delta));
  for (const text of ["a", "b", "c"]) output.push(Buffer.from(text));
  assert.deepEqual(told, ["a"]);
  t.mock.timers.tick(33);
  assert.deepEqual(told, ["a", "bc"]);
  t.mock.timers.tick(100);
  output.push(Buffer.from("d"));
  output.push(Buffer.from("e"));
  output.end();
  t.mock.timers.tick(100);
  assert.deepEqual(told, ["a", "bc", "d", "e"]);
});

test("a burst is told in full; of a flood behind it the newest, with the count of what is not", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const output = pacedOutput((delta) => told.push(delta));
  const piece = Buffer.from("😀".repeat(16 * 1024));
  for (let count = 0; count < 64; count++) output.push(Buffer.from(piece));
  t.mock.timers.tick(33);
  assert.equal(told.join(""), piece.toString().repeat(64));
  told.length = 0;
  for (let count = 0; count < 100; count++) output.push(Buffer.from(piece));
  output.push(Buffer.from("!"));
  output.end();
  const [, omitted = "", shown = ""] = /^\n\[\.\.\. (\d+) bytes not shown \.\.\.\]\n(.*)$/s.exec(told.join("")) ?? [];
  assert.equal(Number(omitted) + Buffer.byteLength(shown), 100 * piece.length + 1);
  assert.ok(shown.isWellFormed() && shown.endsWith("😀!") && Buffer.byteLength(shown) <= 256 * 1024);
});

test("what was told or left out of a flood keeps no memory, and what it only shared stays whole", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const output = pacedOutput(() => {});
  const shared = Buffer.from("0123456789");
  const pieces = Array.from({ length: 200 }, () => Buffer.alloc(64 * 1024, "x"));
  for (const piece of pieces) output.push(piece);
  output.push(shared.subarray(0, 5));
  output.end();
  const canGiveBack = "transfer" in ArrayBuffer.prototype;
  assert.ok(pieces.every(({ length }) => length === (canGiveBack ? 0 : 64 * 1024)));
  assert.equal(shared.toString(), "0123456789");
});
