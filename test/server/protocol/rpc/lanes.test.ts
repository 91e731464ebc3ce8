// Work of one key in order, of different keys side by side.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lanes } from "../../../../server/protocol/rpc/lanes.ts";

test("work of one key runs one after the other, also behind a failure; other keys do not wait", async () => {
  const lanes = new Lanes();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const run = (key: string, name: string, until: Promise<unknown> = Promise.resolve()) =>
    lanes.run(key, async () => {
      log.push(`${name} begins`);
      await until;
      log.push(`${name} ends`);
      if (name === "a2") throw new Error("a2 failed");
      return name;
    });
  const results = Promise.allSettled([run("a", "a1", first.promise), run("a", "a2"), run("a", "a3"), run("b", "b1")]);
  await run("b", "b2");
  assert.deepEqual(log, ["a1 begins", "b1 begins", "b1 ends", "b2 begins", "b2 ends"]);
  first.resolve();
  const settled = (await results).map((result) =>
    result.status === "fulfilled" ? result.value : String(result.reason),
  );
  assert.deepEqual(settled, ["a1", "Error: a2 failed", "a3", "b1"]);
  assert.deepEqual(log.slice(5), ["a1 ends", "a2 begins", "a2 ends", "a3 begins", "a3 ends"]);
});
