// Where review goes from here, and which change a line is in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hunkAt, nextStop, turnToRedo, turnToUndo } from "../../../extension/review/stops.ts";
import type { ReviewFile, ReviewHunk, TurnChanges } from "../../../server/protocol/review.ts";

function hunk(start: number, count: number, baseline = { start, count: 1 }): ReviewHunk {
  return { id: `${start}`, baseline, current: { start, count }, turns: [], isEdited: false };
}

function file(path: string, kind: ReviewFile["kind"], ...hunks: ReviewHunk[]) {
  return { path, kind, state: "written" as const, hunks };
}

const files = [
  file("/a", "update", hunk(2, 3), hunk(9, 0)),
  file("/b", "delete", hunk(0, 0, { start: 0, count: 40 })),
  file("/picture", "update"),
  file("/z", "add", hunk(0, 5)),
];

const at = (path: string, line: number, lastLine = 100) => ({ path, line, lastLine });
const name = (stop: { path: string; line: number } | null) => (stop === null ? null : `${stop.path}:${stop.line}`);

test("the next change is the first behind the cursor, through files that are reviewed as a whole, and around", () => {
  const walk = [];
  for (let stop = nextStop(files, null, "next"); walk.length < 6 && stop !== null; ) {
    walk.push(name(stop));
    stop = nextStop(files, { ...stop, lastLine: 100 }, "next");
  }
  assert.deepEqual(walk, ["/a:2", "/a:9", "/b:0", "/picture:0", "/z:0", "/a:2"]);
});

test("the previous change is the last before the cursor; inside one that is its beginning", () => {
  assert.equal(name(nextStop(files, at("/a", 4), "previous")), "/a:2");
  assert.equal(name(nextStop(files, at("/a", 2), "previous")), "/z:0");
  assert.equal(name(nextStop(files, at("/z", 0), "previous")), "/picture:0");
  assert.equal(name(nextStop(files, null, "previous")), "/z:0");
});

test("from a file that is not to review the way goes by the order of paths", () => {
  assert.equal(name(nextStop(files, at("/ab", 7), "next")), "/b:0");
  assert.equal(name(nextStop(files, at("/ab", 7), "previous")), "/a:9");
});

test("a change behind the last line does not hold the cursor for ever", () => {
  assert.equal(name(nextStop(files, at("/a", 8, 8), "next")), "/b:0");
});

test("with nothing to review there is nowhere to go", () => {
  assert.equal(nextStop([], at("/a", 1), "next"), null);
});

test("a line is in the change that has it, or beside one that took lines away, on either side", () => {
  const hunks = [hunk(2, 3, { start: 2, count: 0 }), hunk(9, 0, { start: 6, count: 2 })];
  const found = (line: number, side: "baseline" | "current") => hunkAt(hunks, line, side)?.id;
  assert.deepEqual(
    [1, 2, 4, 5, 8, 9, 10].map((line) => found(line, "current")),
    [undefined, "2", "2", undefined, "9", "9", undefined],
  );
  assert.deepEqual(
    [1, 2, 3, 6, 7, 8].map((line) => found(line, "baseline")),
    ["2", "2", undefined, "9", "9", undefined],
  );
});

test("turns are undone from the last on, and done again in the reverse order", () => {
  const turns = (...states: TurnChanges["state"][]) => states.map((state, turn) => ({ state, turn }));
  assert.equal(turnToUndo(turns("applied", "partlyUndone", "undone"))?.turn, 1);
  assert.equal(turnToUndo(turns("undone")), null);
  assert.equal(turnToRedo(turns("applied", "undone", "undone"))?.turn, 1);
  assert.equal(turnToRedo(turns("undone", "applied"))?.turn, 0);
  assert.equal(turnToRedo(turns("applied")), null);
});
