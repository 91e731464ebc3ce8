// What several folders' journals tell of one file, put together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { baselineOf, joinParts, type Part, partWith } from "../../../extension/review/joined.ts";
import type { ReviewHunk } from "../../../server/protocol/review.ts";

type Span = readonly [start: number, count: number];

function hunk(id: string, [start, count]: Span, [oldStart, oldCount]: Span): ReviewHunk {
  return { id, current: { start, count }, baseline: { start: oldStart, count: oldCount }, turns: [], isEdited: false };
}

function part(cwd: string, path: string, hunks: ReviewHunk[], more: Partial<Part> = {}): Part {
  const facts = { movedFrom: null, kind: "update" as const, state: "written" as const, added: 1, removed: 1 };
  return { cwd, path, ...facts, hunks, isText: true, turns: [], warning: null, cannotUndo: null, ...more };
}

test("a file stands once, with the changes of all folders in order of lines", () => {
  const one = part("/one", "/f", [hunk("a", [1, 3], [1, 1]), hunk("c", [9, 0], [7, 2])]);
  const two = part("/two", "/f", [hunk("b", [6, 1], [6, 1])], { warning: "Look." });
  const [file, other, ...more] = joinParts([part("/one", "/z", []), one, two]);
  assert.deepEqual([file?.path, file?.added, file?.warning, other?.path, more], ["/f", 2, "Look.", "/z", []]);
  assert.deepEqual(
    file?.hunks.map(({ id, baseline }) => [id, baseline.start, baseline.count]),
    [
      ["a", 1, 1],
      ["b", 4, 1],
      ["c", 7, 2],
    ],
  );
  assert.deepEqual(
    ["a", "b", "gone"].map((id) => file && partWith(file, id)?.cwd),
    ["/one", "/two", undefined],
  );
});

test("what is proposed stands beside what is written", () => {
  const rows = joinParts([part("/one", "/f", [], { state: "proposed" }), part("/two", "/f", [])]);
  assert.deepEqual(
    rows.map(({ state }) => state),
    ["written", "proposed"],
  );
});

test("the text before all changes has none of any folder's", () => {
  const current = "0\nA\nA2\n2\n3\nB\n5\n";
  const parts = [
    part("/one", "/f", [hunk("a", [1, 2], [1, 1])]),
    part("/two", "/f", [hunk("b", [5, 1], [5, 1]), hunk("d", [7, 0], [7, 1])]),
  ];
  const baselines = ["0\n1\n2\n3\nB\n5\n", "0\nA\nA2\n2\n3\n4\n5\n6"];
  assert.equal(baselineOf(current, parts, baselines), "0\n1\n2\n3\n4\n5\n6");
});

test("of changes in the same lines the outer one is shown until it is decided", () => {
  const parts = [part("/one", "/f", [hunk("in", [1, 1], [1, 1])]), part("/two", "/f", [hunk("all", [0, 3], [0, 0])])];
  const [file] = joinParts(parts);
  assert.deepEqual(
    file?.hunks.map(({ id }) => id),
    ["all"],
  );
  assert.equal(baselineOf("a\nb\nc\n", parts, ["a\n-\nc\n", ""]), "");
});
