// Output at a pace: nothing waits without need, nothing is said twice, and a flood is bounded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pacedOutput } from "../../../server/tools/paced-output.ts";

test("the first piece goes out at once, what follows is put together, and the end waits for nothing", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const output = pacedOutput((delta) => told.push(delta));
  for (const text of ["a", "b", "c"]) output.push(text);
  assert.deepEqual(told, ["a"]);
  t.mock.timers.tick(33);
  assert.deepEqual(told, ["a", "bc"]);
  t.mock.timers.tick(100);
  output.push("d");
  output.push("e");
  output.end();
  t.mock.timers.tick(100);
  assert.deepEqual(told, ["a", "bc", "d", "e"]);
});

test("of a flood the newest part is told, with the count of what is not, and no character is cut in two", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const output = pacedOutput((delta) => told.push(delta));
  output.push("first");
  for (let piece = 0; piece < 1000; piece++) output.push("😀".repeat(4 * 1024));
  output.push("!");
  t.mock.timers.tick(33);
  const [, flood = ""] = told;
  assert.ok(flood.isWellFormed() && flood.endsWith("😀!"));
  const [, omitted = "", shown = ""] = /^\n\[\.\.\. (\d+) characters not shown \.\.\.\]\n(.*)$/s.exec(flood) ?? [];
  assert.equal(Number(omitted) + shown.length, 1000 * 8 * 1024 + 1);
  assert.ok(shown.length >= 1024 * 1024 - 1 && shown.length <= 2 * 1024 * 1024);
});
