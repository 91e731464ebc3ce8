// A thread that is put away or cut at the very moment in which its turn ends: nothing begins behind that.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelEvent } from "../../../server/model/model.ts";
import { loneThread } from "../../support/lone-thread.ts";

for (const how of ["stopped", "reverted"] as const) {
  test(`what is said while a turn reaches the disk is kept, and begins no turn, in a thread that is ${how} meanwhile`, async () => {
    const asked: string[] = [];
    const flushing = Promise.withResolvers<void>();
    const flushed = Promise.withResolvers<void>();
    const model = {
      async *stream(): AsyncGenerator<ModelEvent> {
        asked.push("once more");
        yield { type: "completed", usage: null };
      },
    };
    const flush = () => {
      flushing.resolve();
      return flushed.promise;
    };
    const { thread, say, heard } = loneThread({ model, recorder: { flush } });
    await say("first");
    await flushing.promise;
    await say("second");
    const done = how === "stopped" ? thread.stop() : thread.revert(thread.record.turns[0]?.id ?? "");
    flushed.resolve();
    await done;
    await thread.life.end();
    assert.equal(asked.length, 1);
    assert.equal(heard.filter(({ method }) => method === "turn/started").length, 1);
    const said = thread.record.history.filter((entry) => entry.type === "message" && entry.text === "second");
    assert.equal(said.length, how === "stopped" ? 1 : 0);
  });
}
