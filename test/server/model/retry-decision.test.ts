// When an answer is asked for anew and when not, and how long to wait before: for any failures, in any order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { askedWaitMs, waitWords } from "../../../server/model/asked-wait.ts";
import type { Model, ModelEvent, ModelFailure, Retry } from "../../../server/model/model.ts";
import { decideRetry, MAX_ASKED_WAIT_MS, type RetryLimits, retryingModel } from "../../../server/model/retry.ts";
import fc from "../../support/properties.ts";

const limits = fc.record({
  requestRetries: fc.nat(6),
  streamRetries: fc.nat(6),
  baseDelayMs: fc.nat(60_000),
});
const retry: fc.Arbitrary<Retry> = fc.record({
  kind: fc.constantFrom("request", "stream"),
  afterMs: fc.option(fc.nat(2 * MAX_ASKED_WAIT_MS)),
  httpStatus: fc.constant(null),
});
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("whatever fails, there are never more tries than allowed, and no wait is shorter than asked for or without bounds", () => {
  fc.assert(
    fc.property(limits, fc.array(fc.tuple(retry, chance), { minLength: 20, maxLength: 20 }), (allowed, failures) => {
      const tried = { silent: 0, shown: 0 };
      for (const [failure, random] of failures) {
        const decision = decideRetry(failure, tried, allowed, random);
        const isPatient = (failure.afterMs ?? 0) <= MAX_ASKED_WAIT_MS;
        if (decision.type === "giveUp") {
          assert.ok(!isPatient || tried.shown === allowed.streamRetries);
          continue;
        }
        assert.ok(isPatient && decision.waitMs >= (failure.afterMs ?? 0));
        assert.ok(decision.waitMs <= Math.max(12_000, MAX_ASKED_WAIT_MS * 1.1));
        assert.ok(decision.isShown || failure.kind === "request");
        tried[decision.isShown ? "shown" : "silent"]++;
      }
      assert.ok(tried.shown <= allowed.streamRetries && tried.silent <= allowed.requestRetries);
    }),
  );
});

test("waits double from the first on, a fifth more or less, up to ten seconds", () => {
  fc.assert(
    fc.property(chance, fc.nat(20), (random, shown) => {
      const allowed: RetryLimits = { requestRetries: 0, streamRetries: 21, baseDelayMs: 200 };
      const cut: Retry = { kind: "stream", afterMs: null, httpStatus: null };
      const decision = decideRetry(cut, { silent: 0, shown }, allowed, random);
      const expected = Math.min(200 * 2 ** shown, 10_000);
      assert.ok(decision.type === "tryAgain");
      assert.ok(decision.waitMs >= expected * 0.8 && decision.waitMs <= expected * 1.2);
    }),
  );
});

test("by default a network that is away for half a minute costs no turn", () => {
  const allowed: RetryLimits = { requestRetries: 4, streamRetries: 5, baseDelayMs: 200 };
  const away: Retry = { kind: "request", afterMs: null, httpStatus: null };
  const tried = { silent: 0, shown: 0 };
  const waits: number[] = [];
  for (;;) {
    const decision = decideRetry(away, tried, allowed, 0);
    if (decision.type === "giveUp") break;
    waits.push(decision.waitMs);
    tried[decision.isShown ? "shown" : "silent"]++;
  }
  assert.deepEqual(tried, { silent: 4, shown: 5 });
  assert.ok(waits.reduce((sum, wait) => sum + wait, 0) > 30_000);
});

test("a failure that another try would not change is told at once, and so is one in the last try", async () => {
  const lasting = { message: "no", info: "other", details: null };
  const passing: ModelFailure = { ...lasting, retry: { kind: "stream", afterMs: null, httpStatus: null } };
  assert.deepEqual(await play([[failed(lasting)]]), [failed(lasting)]);
  const again = (attempt: number): ModelEvent => ({ type: "reconnecting", attempt, of: 2, failure: passing });
  assert.deepEqual(await play([[failed(passing)], [failed(passing)], [failed(passing)]]), [
    again(1),
    again(2),
    failed(passing),
  ]);
});

test("what has spoken is never asked again without a word", async () => {
  const passing: ModelFailure = {
    ...{ message: "no", info: "other", details: null },
    retry: { kind: "request", afterMs: null, httpStatus: 500 },
  };
  const started: ModelEvent = { type: "messageStarted", id: "m" };
  const done: ModelEvent = { type: "completed", usage: null };
  const events = await play([[failed(passing)], [started, failed(passing)], [done]]);
  assert.deepEqual(
    events.map(({ type }) => type),
    ["messageStarted", "reconnecting", "completed"],
  );
});

const at = (retryAfter: string, date = "Mon, 23 Nov 2026 10:00:00 GMT") =>
  new Headers({ "retry-after": retryAfter, ...(date === "" ? {} : { date }) });

const asked: [string, Headers | undefined, string, number | null][] = [
  ["nothing", undefined, "Slow down", null],
  ["seconds", at("20"), "", 20_000],
  ["parts of a second", at(" 1.5 "), "", 1500],
  ["milliseconds, which are more exact", new Headers({ "retry-after-ms": "250", "retry-after": "1" }), "", 250],
  ["a moment, by the provider's own clock", at("Mon, 23 Nov 2026 10:02:00 GMT"), "", 120_000],
  ["a moment that is over", at("Mon, 23 Nov 2026 09:59:00 GMT"), "", null],
  ["more seconds than there are", at("9".repeat(400)), "", Number.MAX_SAFE_INTEGER],
  ["more milliseconds than there are", new Headers({ "retry-after-ms": "Infinity" }), "", Number.MAX_SAFE_INTEGER],
  ["nonsense", at("soon"), "", null],
  ["a negative number", at("-5", ""), "", null],
  ["words", undefined, "Rate limit reached. Please try again in 1.3s. Visit us.", 1300],
  ["words of several units", undefined, "try again in 6m0s", 360_000],
  ["words of milliseconds", undefined, "Please try again in 500ms", 500],
  ["words in full", undefined, "Please retry after 20 seconds.", 20_000],
  ["words of hours", undefined, "Try again in 1h2m3.5s", 3_723_500],
];

for (const [name, headers, message, expected] of asked) {
  test(`how long a provider asks to wait is read from ${name}`, () =>
    assert.equal(askedWaitMs(headers, message), expected));
}

test("a wait is told in one unit, rounded up", () => {
  assert.deepEqual([1, 1001, 89_000, 90_001, 3_600_000, 20_000_000].map(waitWords), [
    "1 s",
    "2 s",
    "89 s",
    "2 min",
    "60 min",
    "6 h",
  ]);
});

function failed(failure: ModelFailure): ModelEvent {
  return { type: "failed", failure };
}

/** What is heard of a model that answers each time with the next of these. */
async function play(attempts: readonly (readonly ModelEvent[])[]): Promise<ModelEvent[]> {
  let asks = 0;
  const model: Model = {
    async *stream() {
      yield* attempts[asks++] ?? [];
    },
  };
  const patient = retryingModel(model, { requestRetries: 1, streamRetries: 2, baseDelayMs: 0 });
  const request = { model: "m", threadId: "t", effort: null, history: [], tools: [], outputSchema: null };
  const heard: ModelEvent[] = [];
  for await (const event of patient.stream(request, new AbortController().signal)) heard.push(event);
  return heard;
}
