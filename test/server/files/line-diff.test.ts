// Which lines differ: always an answer that leads from one list to the other, the smallest one while it is cheap.
import assert from "node:assert/strict";
import { test } from "node:test";
import { diffArrays } from "diff";
import { changedLines, type LineChange } from "../../../server/files/line-diff.ts";
import fc from "../../support/properties.ts";

const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });

test("the changes lead from one list to the other, and no fewer lines would do", () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const changes = changedLines(a, b);
      assert.deepEqual(applied(a, b, changes), b);
      const fewest = diffArrays(a, b).reduce(
        (sum, { added, removed, count }) => sum + (added || removed ? count : 0),
        0,
      );
      assert.equal(sizeOf(changes), fewest);
    }),
    { numRuns: 1000 },
  );
});

test("a long file that was written anew keeps the lines that stand once in both", () => {
  const before = Array.from({ length: 5000 }, (_, index) => `const value${index} = compute(${index});`);
  const after = before.flatMap((line, index) => (index % 3 === 0 ? [line] : [`${line} // ${index}`, "more"]));
  const changes = changedLines(before, after);
  assert.deepEqual(applied(before, after, changes), after);
  assert.equal(changes.length, 1667);
});

test("long lists of which nothing stands in both once are one change, or more, but always the right one", () => {
  const some = (seed: number) => Array.from({ length: 20_000 }, (_, index) => `${(index * index * seed + index) % 7}`);
  const [before, after] = [some(3), some(5)];
  assert.deepEqual(applied(before, after, changedLines(before, after)), after);
});

function applied(a: readonly string[], b: readonly string[], changes: readonly LineChange[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const { aStart, aCount, bStart, bCount } of changes) {
    result.push(...a.slice(at, aStart), ...b.slice(bStart, bStart + bCount));
    at = aStart + aCount;
  }
  return [...result, ...a.slice(at)];
}

function sizeOf(changes: readonly LineChange[]): number {
  return changes.reduce((sum, { aCount, bCount }) => sum + aCount + bCount, 0);
}
