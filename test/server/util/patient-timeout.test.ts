// How long is waited for others: by the time that passes for who waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { patientTimeout } from "../../../server/util/patient-timeout.ts";

test("on a machine with nothing else to do a deadline is when it says, and comes once", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let calls = 0;
  patientTimeout(() => calls++, 2_000);
  t.mock.timers.tick(1_999);
  assert.equal(calls, 0);
  t.mock.timers.tick(1);
  assert.equal(calls, 1);
  t.mock.timers.tick(10_000);
  assert.equal(calls, 1);
});

test("who is done in time is not called", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const inTime = patientTimeout(() => assert.fail("it was in time"), 2_000);
  t.mock.timers.tick(1_900);
  inTime();
  t.mock.timers.tick(10_000);
});

test("a beat counts once, however late it is: a process that was kept from running has not used up its patience", (t) => {
  const beats: (() => void)[] = [];
  t.mock.method(globalThis, "setInterval", (beat: () => void) => void beats.push(beat));
  let calls = 0;
  patientTimeout(() => calls++, 2_000);
  for (let beat = 0; beat < 19; beat++) beats[0]?.();
  assert.equal(calls, 0);
  beats[0]?.();
  assert.equal(calls, 1);
});
