// What gets through a turnstile, and when.
import assert from "node:assert/strict";
import { setImmediate as settled } from "node:timers/promises";
import { test } from "node:test";
import { Turnstile } from "../../../server/util/turnstile.ts";

const never = new AbortController().signal;

/** Names in the order they got in, and how to let each out. */
function crowd(turnstile: Turnstile) {
  const inside = new Map<string, Disposable>();
  const given: string[] = [];
  return {
    come(name: string, weight?: number, signal = never) {
      void turnstile.enter(signal, weight).then((place) => (place ? inside.set(name, place) : given.push(name)));
    },
    leave(name: string) {
      inside.get(name)?.[Symbol.dispose]();
      inside.delete(name);
    },
    async now() {
      await settled();
      return [...inside.keys()].join("");
    },
    given,
  };
}

test("no more get in than there is room for, and the others in order", async () => {
  const { come, leave, now } = crowd(new Turnstile(2));
  for (const name of "abcd") come(name);
  assert.equal(await now(), "ab");
  leave("b");
  assert.equal(await now(), "ac");
  leave("a");
  leave("c");
  assert.equal(await now(), "d");
});

test("a heavy one is not overtaken, and one heavier than all the room gets in alone", async () => {
  const { come, leave, now } = crowd(new Turnstile(10));
  come("a", 6);
  come("b", 99);
  come("c", 1);
  assert.equal(await now(), "a");
  leave("a");
  assert.equal(await now(), "b");
  leave("b");
  assert.equal(await now(), "c");
});

test("who gives up while waiting leaves the room to those behind", async () => {
  const { come, leave, now, given } = crowd(new Turnstile(10));
  const stop = new AbortController();
  come("a", 6);
  come("b", 8, stop.signal);
  come("c", 4);
  stop.abort();
  assert.equal(await now(), "ac");
  come("d", 1, stop.signal);
  leave("a");
  leave("c");
  assert.equal(await now(), "");
  assert.deepEqual(given, ["b", "d"]);
});
