// The words that every list of threads uses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byAge, relativeTime, stateOf, titleOf } from "../../../server/protocol/thread-words.ts";

const at = (text: string) => new Date(text).getTime() / 1000;

test("a thread is called by its name, else by the first line that was written to it", () => {
  assert.equal(titleOf({ name: "Shed", preview: "Paint the shed" }), "Shed");
  assert.equal(titleOf({ name: null, preview: "\n Paint the shed\nin red" }), "Paint the shed");
  assert.equal(titleOf({ name: null, preview: " " }), "New thread");
});

test("what waits for a person comes before what runs, and what ran unseen is told from what is calm", () => {
  const seen = { isUnseen: false };
  const active = (...activeFlags: ("waitingOnApproval" | "waitingOnUserInput")[]) => ({
    type: "active" as const,
    activeFlags,
  });
  assert.equal(stateOf(active(), seen), "running");
  assert.equal(stateOf(active("waitingOnUserInput"), seen), "waitsForAnswer");
  assert.equal(stateOf(active("waitingOnUserInput", "waitingOnApproval"), seen), "waitsForApproval");
  assert.equal(stateOf({ type: "systemError" }, seen), "failed");
  assert.equal(stateOf({ type: "notLoaded" }, seen), "calm");
  assert.equal(stateOf({ type: "idle" }, { isUnseen: true }), "finished");
});

test("a list is parted by the days of the calendar, not by spans of 24 hours, and has no empty parts", () => {
  const now = at("2026-03-10T00:30:00");
  const times = ["2026-03-10T00:10:00", "2026-03-09T23:50:00", "2026-03-03T12:00:00", "2026-03-02T23:59:00"];
  assert.deepEqual(
    byAge(times, at, now).map(([age, members]) => [age, members.length]),
    [
      ["Today", 1],
      ["Yesterday", 1],
      ["Previous 7 days", 1],
      ["Older", 1],
    ],
  );
  assert.deepEqual(byAge(["2026-03-10T00:31:00"], at, now), [["Today", ["2026-03-10T00:31:00"]]]);
});

test("how long ago is short, and a date once a week has passed", () => {
  assert.deepEqual(
    [-5, 59, 60, 7200, 90_000].map((ago) => relativeTime(1_000_000 - ago, 1_000_000)),
    ["now", "now", "1 min", "2 h", "1 d"],
  );
});
