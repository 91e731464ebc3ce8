// When an answer counts as lost. Clocks and timers are the test's own.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type Lost, startWatchdog, type Watchdog } from "../../../server/model/watchdog.ts";

const MB = 1024 * 1024;

test("a machine that slept loses its answer when it wakes, though its timers stood still", () => {
  assert.equal(
    watch(({ wait, sleep }) => {
      wait(20_000);
      sleep(3_600_000);
      wait(5_000);
    }),
    "slept",
  );
});

test("a process that was stopped for a moment does not", () => {
  assert.equal(
    watch(({ wait, sleep }) => {
      for (let times = 0; times < 5; times++) {
        sleep(20_000);
        wait(10_000);
      }
    }),
    null,
  );
});

test("silence ends an answer", () => {
  assert.equal(
    watch(({ wait }) => wait(60_000)),
    "idle",
  );
});

test("bytes without an event end it when they are many, and events make them none", () => {
  assert.equal(
    watch(({ dog }) => {
      for (let times = 0; times < 10; times++) {
        dog.sawBytes(60 * MB);
        dog.sawEvent();
      }
    }),
    null,
  );
  assert.equal(
    watch(({ dog }) => {
      dog.sawBytes(60 * MB);
      dog.sawBytes(5 * MB);
    }),
    "flood",
  );
});

test("the longest wait that can be configured is no wait of none", () => {
  assert.equal(
    watch(({ wait }) => wait(100_000), Number.MAX_SAFE_INTEGER),
    null,
  );
});

interface Hands {
  dog: Watchdog;
  /** Timers and the clock go on. */
  wait(ms: number): void;
  /** Only the clock does. */
  sleep(ms: number): void;
}

function watch(play: (hands: Hands) => void, idleTimeoutMs = 60_000): Lost | null {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  try {
    let clock = 1000;
    const dog = startWatchdog(idleTimeoutMs, () => clock);
    play({
      dog,
      wait(ms) {
        for (let passed = 0; passed < ms; passed += 100) {
          clock += 100;
          mock.timers.tick(100);
        }
      },
      sleep: (ms) => void (clock += ms),
    });
    dog.stop();
    assert.equal(dog.signal.aborted, dog.lost !== null);
    return dog.lost;
  } finally {
    mock.timers.reset();
  }
}
