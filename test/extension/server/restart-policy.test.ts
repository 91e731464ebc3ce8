// When a server that ended is started again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decideRestart } from "../../../extension/server/restart-policy.ts";

const minute = 60_000;
const table: [string, number[], number | null][] = [
  ["the first end", [0], 200],
  ["the second", [0, 500], 1_000],
  ["the third", [0, 500, 900], 2_000],
  ["the fourth", [0, 500, 900, 1_000], 4_000],
  ["the fifth within three minutes", [0, 500, 900, 1_000, 2_999], null],
  ["the fifth, when the first is three minutes ago", [0, minute, 2 * minute, 2.5 * minute, 3 * minute], 4_000],
  ["an end after an hour of peace", [0, 100, 200, 300, 60 * minute], 200],
];

for (const [name, endedAtMs, pauseMs] of table) {
  test(`${name} ${pauseMs === null ? "gives up" : `restarts after ${pauseMs} ms`}`, () => {
    const expected = pauseMs === null ? { kind: "giveUp" } : { kind: "restart", pauseMs };
    assert.deepEqual(decideRestart(endedAtMs), expected);
  });
}
