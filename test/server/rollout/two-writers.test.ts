// Two processes and one thread: whoever writes has it alone, and nobody's lines are ever mixed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { test } from "node:test";
import { Heartbeat } from "../../../server/rollout/heartbeat.ts";
import { readRollout } from "../../../server/rollout/reader.ts";
import { openRecorder, type RecorderOptions } from "../../../server/rollout/recorder.ts";
import type { SavingTrouble } from "../../../server/protocol/thread-saving.ts";
import { writerLock, type Writers } from "../../../server/rollout/writer-lock.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { root, testServer } from "../../support/test-server.ts";

test("ten thousand appends of two processes that take turns are ten thousand whole lines in order", async () => {
  const home = mkdtempSync(join(tmpdir(), "belay-two-"));
  const path = join(home, "threads", "r.jsonl");
  const program = join(root, "test/fixtures/programs/appends-in-turns.ts");
  const writes = async (name: string) => {
    const child = spawn(process.execPath, [program, home, "t", path, name, "10000"]);
    return [await readAll(child.stdout), await readAll(child.stderr)];
  };
  const said = await Promise.all([writes("a"), writes("b")]);
  const counts = said.map(([out, err]) => {
    assert.match(out ?? "", /^appended \d+\n$/, err);
    return Number(/\d+/.exec(out ?? ""));
  });
  const { lines, unreadable } = await readRollout(path);
  assert.equal(unreadable, 0);
  assert.deepEqual(
    lines.map(({ ordinal }) => ordinal),
    Array.from({ length: 10_000 }, (_, at) => at),
  );
  for (const [at, name] of ["a", "b"].entries()) {
    const own = lines.map(({ payload }) => (payload as { text: string }).text.split(" ")).filter(([by]) => by === name);
    assert.deepEqual(
      own.map(([, number]) => Number(number)),
      Array.from({ length: counts[at] ?? 0 }, (_, n) => n),
    );
  }
  rmSync(home, { recursive: true });
});

test("of two servers that load a thread at the same moment one has it, and the other hears who", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("one");
  await first.end();
  await using a = await testServer({ like: first });
  await using b = await testServer({ like: first });
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([a, b].map((server) => server.requestRaw("thread/resume", { threadId })));
    const at = answers.findIndex((answer) => "error" in answer);
    const [loser, winner] = at === 0 ? [a, b] : [b, a];
    assert.equal(answers.filter((answer) => "error" in answer).length, 1);
    assert.deepEqual(answers[at]?.["error"], {
      code: -32600,
      message: `thread ${threadId} already has an active writer`,
      data: { belay: { writer: { pid: winner.child.pid, host: null, client: "test" } } },
    });
    assert.equal((await loser.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 1);
    // Archiving lets go of it.
    await winner.request("thread/archive", { threadId });
    await loser.request("thread/unarchive", { threadId });
  }
});

test("a thread that is loaded in a container which shares the home is in use, though its process cannot be seen", {
  skip:
    process.platform !== "linux" || process.getuid?.() !== 0 ? "only root may make a namespace of processes" : false,
}, async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  const inContainer = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  await using server = await testServer({ api, startedBy: inContainer, sandboxMode: "danger-full-access" });
  const { threadId } = await server.completeTurn("one");
  await using other = await testServer({ like: server });
  const refused = await other.refusal("thread/resume", { threadId });
  assert.deepEqual(refused.data, { belay: { writer: { pid: 1, host: null, client: "test" } } });
  await server.end();
  assert.equal((await other.request("thread/resume", { threadId })).thread.id, threadId);
});

test("a server that is stopped keeps its thread, and goes on with it when it is continued", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  server.child.kill("SIGSTOP");
  await using other = await testServer({ like: server });
  assert.match((await other.refusal("thread/resume", { threadId })).message, /already has an active writer$/);
  server.child.kill("SIGCONT");
  assert.equal((await server.completeTurn("two", threadId)).turn.status, "completed");
  assert.equal((await other.request("thread/read", { threadId, includeTurns: true })).thread.turns.length, 2);
});

test("who was out of touch so long that another machine took the thread over appends nothing any more", async () => {
  const home = mkdtempSync(join(tmpdir(), "belay-taken-"));
  const path = join(home, "threads", "r.jsonl");
  const now = { monotonic: 0, wall: 1_700_000_000_000 };
  const beats = () => new Heartbeat({ monotonicMs: () => now.monotonic, wallMs: () => now.wall });
  const place = { host: hostname(), machine: "m", boot: "b", namespace: "1" };
  const writers = (host: string): Writers => ({
    ...{ owner: `7 ${host.length}`, isAlive: () => true, place: { ...place, host }, client: () => null },
  });
  const troubles: (SavingTrouble | null)[] = [];
  const given: number[] = [];
  const options = (host: string, nextOrdinal: number): RecorderOptions => ({
    ...{ nextOrdinal, knownBytes: null, now: () => 0, lock: writerLock(home, "t", writers(host), beats()) },
    onTrouble: (trouble) => troubles.push(trouble),
    onMended: assert.fail,
    onGivenUp: (lines) => given.push(lines),
  });
  const entry = (text: string) => ({
    type: "history" as const,
    payload: { type: "message" as const, role: "user" as const, text },
  });
  const stopped = openRecorder(path, options("far", 0));
  stopped.append(entry("before"));
  const there = options("near", 1);
  assert.equal(there.lock.take(), false);
  now.monotonic += 60_000;
  assert.equal(there.lock.take(), true);
  const other = openRecorder(path, there);
  other.append(entry("theirs"));
  const text = readFileSync(path, "utf8");
  stopped.append(entry("after"));
  stopped.append(entry("and after that"));
  stopped.close();
  assert.equal(readFileSync(path, "utf8"), text);
  assert.deepEqual(
    troubles.map((trouble) => trouble?.kind),
    ["lost"],
  );
  assert.match(troubles[0]?.cause ?? "", /^Another process \(process 7, on near\) has taken this thread over/);
  assert.deepEqual(given, [1]);
  other.append(entry("theirs again"));
  other.close();
  assert.equal((await readRollout(path)).lines.length, 3);
  rmSync(home, { recursive: true });
});
