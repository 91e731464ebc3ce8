// One writer a thread: who has it keeps it while they live, and nobody else longer than that.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isRunning, ownIdentity } from "../../../server/exec/process-identity.ts";
import { writerLock } from "../../../server/rollout/writer-lock.ts";

function homeFor(t: { after(end: () => void): void }): string {
  const home = mkdtempSync(join(tmpdir(), "belay-lock-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
const alive = (...owners: string[]) => ({ isAlive: (owner: string) => owners.includes(owner) });

test("a thread has one writer at a time, and is free again when they let go", (t) => {
  const home = homeFor(t);
  const first = writerLock(home, "t", { owner: "1", ...alive("1", "2") });
  const second = writerLock(home, "t", { owner: "2", ...alive("1", "2") });
  assert.deepEqual([first.take(), first.take(), second.take()], [true, true, false]);
  second.release();
  assert.equal(second.take(), false, "who does not have it cannot free it");
  first.release();
  assert.deepEqual([second.take(), first.take()], [true, false]);
  second.release();
  assert.deepEqual(readdirSync(join(home, "locks")), []);
});

test("what a process that is gone has left behind stops nobody, whatever is in it", (t) => {
  const home = homeFor(t);
  for (const left of ["9 1", "", "no process at all"]) {
    const lock = writerLock(home, "t", { owner: "2", ...alive("2") });
    assert.equal(writerLock(home, "t", { owner: "9 1", ...alive() }).take(), true);
    writeFileSync(join(home, "locks", "t"), left);
    assert.equal(lock.take(), true, JSON.stringify(left));
    lock.release();
    assert.ok(!existsSync(join(home, "locks", "t")));
  }
});

test("a process is known by its number and its start", () => {
  assert.ok(isRunning(ownIdentity()));
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  assert.ok(!isRunning(String(gone)));
  for (const none of ["", "x", "-1", "0", `${process.pid} 1`]) assert.ok(!isRunning(none), none);
});
