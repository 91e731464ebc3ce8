// Who may work at the same time as whom within a turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lockOf, type Occupant, TurnLock } from "../../../server/tools/turn-lock.ts";

const forever = new AbortController().signal;

test("commands work side by side; a file tool waits for them, and later commands wait for it", async () => {
  const { entered, enter, leave } = visitors(new TurnLock());
  enter("commands", "c1");
  enter("commands", "c2");
  enter("files", "f1");
  enter("files", "f2");
  enter("commands", "c3");
  enter("files", "f3");
  assert.deepEqual(await entered(), ["c1", "c2"]);
  leave("c1");
  assert.deepEqual(await entered(), ["c1", "c2"]);
  leave("c2");
  assert.deepEqual(await entered(), ["c1", "c2", "f1", "f2"]);
  leave("f2");
  leave("f1");
  assert.deepEqual(await entered(), ["c1", "c2", "f1", "f2", "c3"]);
  leave("c3");
  assert.deepEqual(await entered(), ["c1", "c2", "f1", "f2", "c3", "f3"]);
});

test("who is aborted while it waits never enters, and who waited behind it need not wait any more", async () => {
  const { entered, enter, leave } = visitors(new TurnLock());
  const abort = new AbortController();
  enter("commands", "c1");
  enter("files", "f1", abort.signal);
  enter("commands", "c2");
  assert.deepEqual(await entered(), ["c1"]);
  abort.abort();
  assert.deepEqual(await entered(), ["c1", "c2"]);
  leave("c1");
  leave("c2");
  enter("files", "f2", abort.signal);
  enter("files", "f3");
  assert.deepEqual(await entered(), ["c1", "c2", "f3"]);
});

test("one signal has one lock", () => {
  const [one, other] = [new AbortController().signal, new AbortController().signal];
  assert.equal(lockOf(one), lockOf(one));
  assert.notEqual(lockOf(one), lockOf(other));
});

function visitors(lock: TurnLock) {
  const names: string[] = [];
  const exits = new Map<string, () => void>();
  return {
    enter(kind: Occupant, name: string, signal = forever): void {
      void lock.enter(kind, signal).then((leave) => {
        if (leave === null) return;
        names.push(name);
        exits.set(name, leave);
      });
    },
    leave: (name: string) => exits.get(name)?.(),
    /** Once all that can happen by itself has happened. */
    entered: () => new Promise<string[]>((resolve) => setImmediate(() => resolve([...names]))),
  };
}
