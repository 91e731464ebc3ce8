// The queue as a list: whatever is done to it in whatever order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { added, type Queue, reordered, updated, without } from "../../../server/thread/queue.ts";
import fc, { propertyRuns } from "../../support/properties.ts";

const entry = (id: string, text = id) => ({
  id,
  input: [{ type: "text" as const, text, text_elements: [] }],
  clientUserMessageId: id,
  responsesapiClientMetadata: null,
});
const ids = (queue: Queue) => queue.map(({ id }) => id);

test("whatever order is asked for, no message of a queue is lost or doubled by it", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-e]$/));
  fc.assert(
    fc.property(names, fc.array(fc.stringMatching(/^[a-f]$/)), (has, wanted) => {
      const queue = has.map((id) => entry(id));
      const isWhole = [...wanted].sort().join() === [...has].sort().join();
      if (isWhole) assert.deepEqual(ids(reordered(queue, wanted)), wanted);
      else assert.throws(() => reordered(queue, wanted), /every queued submission exactly once/);
    }),
    propertyRuns(200),
  );
});

test("a change keeps the place, taking out keeps the rest, and what is not there changes nothing", () => {
  const queue = ["a", "b", "c"].map((id) => entry(id));
  assert.deepEqual(updated(queue, entry("b", "new")), [entry("a"), entry("b", "new"), entry("c")]);
  assert.throws(() => updated(queue, entry("x")), /queued submission not found: x/);
  assert.deepEqual(ids(without(queue, new Set(["a", "x"]))), ["b", "c"]);
  assert.equal(without(queue, new Set(["x"])), queue);
  const full = Array.from({ length: 100 }, (_, n) => entry(`${n}`));
  assert.throws(() => added(full, entry("x")), /queue cannot contain more than 100 submissions/);
});
