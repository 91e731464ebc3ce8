// One writer a thread: who has it keeps it while they live, and nobody else longer than that.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTick } from "node:timers/promises";
import { isRunning, ownIdentity, type ProcessPlace } from "../../../server/exec/process-identity.ts";
import { Heartbeat } from "../../../server/rollout/heartbeat.ts";
import { writerLock, type Writers } from "../../../server/rollout/writer-lock.ts";

function homeFor(t: { after(end: () => void): void }): string {
  const home = mkdtempSync(join(tmpdir(), "belay-lock-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
const here: ProcessPlace = { host: "here", machine: "m1", boot: "b1", namespace: "pid:[1]" };
const container: ProcessPlace = { ...here, host: "box", namespace: "pid:[2]" };

function writers(owner: string, alive: readonly string[], place = here): Writers {
  return { owner, isAlive: (other) => alive.includes(other), place, client: () => "vscode" };
}

/** Clocks that go as the test says. */
function clocks() {
  const now = { monotonic: 0, wall: 1_700_000_000_000 };
  return {
    beats: () => new Heartbeat({ monotonicMs: () => now.monotonic, wallMs: () => now.wall }),
    pass(seconds: number) {
      now.monotonic += seconds * 1000;
      now.wall += seconds * 1000;
    },
    set(seconds: number) {
      now.wall += seconds * 1000;
    },
  };
}

test("a thread has one writer at a time, and is free again when they let go", (t) => {
  const home = homeFor(t);
  const first = writerLock(home, "t", writers("1", ["1", "2"]));
  const second = writerLock(home, "t", writers("2", ["1", "2"]));
  assert.deepEqual([first.take(), first.take(), second.take()], [true, true, false]);
  assert.deepEqual([first.isOurs(), second.isOurs()], [true, false]);
  assert.deepEqual(second.writer(), { pid: 1, host: null, client: "vscode" });
  second.release();
  assert.equal(second.take(), false, "who does not have it cannot free it");
  first.release();
  assert.deepEqual([second.take(), first.take()], [true, false]);
  second.release();
  assert.deepEqual(readdirSync(join(home, "locks")), []);
  assert.equal(first.writer(), null);
});

test("what a process that is gone has left behind stops nobody, whatever is in it", (t) => {
  const home = homeFor(t);
  for (const left of ["9 1", "", "no process at all", "9 1 a/b/c/d %"]) {
    mkdirSync(join(home, "locks"), { recursive: true });
    writeFileSync(join(home, "locks", "t"), left);
    const clock = clocks();
    const lock = writerLock(home, "t", writers("2", ["2"]), clock.beats());
    // What another place has left is watched for a while.
    if (left.includes("/")) assert.equal(lock.take(), false);
    clock.pass(30);
    assert.equal(lock.take(), true, JSON.stringify(left));
    lock.release();
    assert.deepEqual(readdirSync(join(home, "locks")), []);
  }
});

test("a lock of another machine or container holds while its file is touched, and no longer than that", (t) => {
  const home = homeFor(t);
  const clock = clocks();
  const theirBeats = clock.beats();
  const theirs = writerLock(home, "t", writers("1", ["1"], container), theirBeats);
  const ours = writerLock(home, "t", writers("2", ["2"]), clock.beats());
  assert.ok(theirs.take());
  for (let step = 0; step < 20; step++) {
    clock.pass(5);
    theirBeats.beatAll();
    assert.equal(ours.take(), false);
  }
  assert.deepEqual(ours.writer(), { pid: 1, host: "box", client: "vscode" });
  // One look says nothing: it takes a second one, long enough after it.
  clock.pass(19);
  assert.equal(ours.take(), false);
  clock.pass(2);
  assert.equal(ours.take(), true);
  assert.deepEqual([theirs.isOurs(), ours.isOurs()], [false, true]);
  theirs.release();
  assert.ok(ours.isOurs(), "who has lost it frees nothing");
  ours.release();
});

test("a clock that jumps takes a lock from nobody who lives", (t) => {
  const home = homeFor(t);
  const clock = clocks();
  const theirBeats = clock.beats();
  const theirs = writerLock(home, "t", writers("1", ["1"], container), theirBeats);
  const ours = writerLock(home, "t", writers("2", ["2"]), clock.beats());
  assert.ok(theirs.take());
  for (const jumpSeconds of [3_600, -7_200, 315_576_000, -315_576_000]) {
    assert.equal(ours.take(), false);
    clock.set(jumpSeconds);
    assert.equal(ours.take(), false, `${jumpSeconds} s`);
    clock.pass(5);
    theirBeats.beatAll();
    assert.deepEqual([theirs.isOurs(), ours.take()], [true, false]);
  }
  theirs.release();
});

test("who was stopped for long and comes back knows whether the lock is still theirs", (t) => {
  const home = homeFor(t);
  const clock = clocks();
  const stopped = writerLock(home, "t", writers("1", ["1"], container), clock.beats());
  assert.ok(stopped.take());
  clock.pass(60);
  assert.ok(stopped.isOurs(), "nobody came");
  const thief = writerLock(home, "t", writers("2", ["2"]), clock.beats());
  assert.equal(thief.take(), false);
  clock.pass(60);
  assert.equal(thief.take(), true);
  assert.deepEqual([stopped.isOurs(), stopped.take()], [false, false]);
  thief.release();
});

test("a machine that has started anew has no living processes of before", (t) => {
  const home = homeFor(t);
  assert.ok(writerLock(home, "t", writers("1", ["1"])).take());
  const later = writerLock(home, "t", writers("1", ["1"], { ...here, boot: "b2", namespace: "pid:[7]" }));
  assert.equal(later.take(), true);
  later.release();
});

test("a lock that somebody removes by hand is noticed", (t) => {
  const home = homeFor(t);
  const lock = writerLock(home, "t", writers("1", ["1"]));
  assert.ok(lock.take());
  rmSync(join(home, "locks"), { recursive: true });
  assert.equal(lock.isOurs(), false);
  assert.equal(lock.take(), true);
  lock.release();
});

const zombies = process.platform === "linux" ? false : "seen in /proc alone";

test("where the system does not say when a process began, its number alone holds a lock only while its file is touched", (t) => {
  const home = homeFor(t);
  const { beats, pass } = clocks();
  const holding = beats();
  const first = writerLock(home, "t", { ...writers("7", []), isAlive: () => null }, holding);
  const second = writerLock(home, "t", { ...writers("8", []), isAlive: () => null }, beats());
  assert.deepEqual([first.take(), second.take()], [true, false]);
  pass(15);
  holding.beatAll();
  assert.equal(second.take(), false);
  pass(15);
  assert.equal(second.take(), false, "touched since");
  pass(21);
  assert.equal(second.take(), true, "another process has that number by now");
});

test("a process that has ended counts as gone, also while its parent does not look after it", {
  skip: zombies,
}, async () => {
  const parent = spawn("/bin/sh", ["-c", "exec 3<&0; read line <&3 & echo $!; exec sleep 600"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = line.toString().trim();
    const stat = () => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    const identity = `${pid} ${stat()[19]}`;
    // The shell may look after it; what takes the shell's place does not.
    while (readFileSync(`/proc/${parent.pid}/comm`, "utf8") !== "sleep\n") await nextTick();
    parent.stdin.end();
    while (stat()[0] !== "Z") await nextTick();
    assert.equal(isRunning(identity), false);
    assert.equal(isRunning(`${parent.pid}`), true);
  } finally {
    parent.kill("SIGKILL");
  }
});

test("a process is known by its number and its start", () => {
  assert.ok(isRunning(ownIdentity()));
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  assert.ok(!isRunning(String(gone)));
  for (const none of ["", "x", "-1", "0", `${process.pid} 1`]) assert.ok(!isRunning(none), none);
});
