// Whether the server answers, told by beats: silence is noticed, said to be long, and over with the first answer.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { BEAT_MS, type Silence, startHeartbeat } from "../../../extension/server/heartbeat.ts";

function listening(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked: PromiseWithResolvers<unknown>[] = [];
  const heard: Silence[] = [];
  const stop = startHeartbeat({
    ask: () => {
      asked.push(Promise.withResolvers());
      return asked.at(-1)?.promise ?? Promise.resolve();
    },
    changed: (silence) => heard.push(silence),
    beatMs: BEAT_MS,
  });
  const beats = (count: number) => {
    for (let beat = 0; beat < count; beat++) t.mock.timers.tick(BEAT_MS);
  };
  const answer = async (settle: (question: PromiseWithResolvers<unknown>) => void) => {
    const latest = asked.at(-1);
    assert.ok(latest);
    settle(latest);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { asked, heard, stop, beats, answer };
}

test("ten seconds without an answer are silence, thirty a long one, and the first answer ends it", async (t) => {
  const { asked, heard, beats, answer } = listening(t);
  beats(1);
  beats(1);
  assert.deepEqual(heard, []);
  beats(1);
  assert.deepEqual(heard, ["short"]);
  beats(4);
  assert.deepEqual(heard, ["short", "long"]);
  assert.equal(asked.length, 1);
  await answer(({ resolve }) => resolve({}));
  assert.deepEqual(heard, ["short", "long", "none"]);
  beats(1);
  assert.equal(asked.length, 2);
});

test("an error is an answer", async (t) => {
  const { asked, heard, beats, answer } = listening(t);
  for (let question = 1; question < 10; question++) {
    beats(1);
    assert.equal(asked.length, question);
    await answer(({ reject }) => reject(new Error("there is no such method")));
  }
  assert.deepEqual(heard, []);
});

test("an hour of sleep is one beat, however far the clocks have moved", async (t) => {
  const { heard, beats, answer } = listening(t);
  beats(1);
  t.mock.timers.setTime(60 * 60_000);
  beats(1);
  await answer(({ resolve }) => resolve({}));
  assert.deepEqual(heard, []);
});

test("nothing is asked or said after the end", async (t) => {
  const { asked, heard, stop, beats, answer } = listening(t);
  beats(3);
  stop();
  beats(20);
  await answer(({ resolve }) => resolve({}));
  assert.deepEqual([asked.length, heard], [1, ["short"]]);
});
