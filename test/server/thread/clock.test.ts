// A clock that is set while threads live: order, ids and durations do not follow it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { root, testServer } from "../../support/test-server.ts";

const hour = 3_600_000;
const jumps = [0, hour, -hour, 10 * 365.25 * 24 * hour, 0];

test("turns keep their order and items their durations, though the clock jumps by hours and by years", async () => {
  const folder = mkdtempSync(join(tmpdir(), "belay-clock-"));
  const clock = join(folder, "offset");
  writeFileSync(clock, "0");
  const calls = [
    { name: "exec_command", arguments: { cmd: "true" } },
    { name: "list_dir", arguments: { path: "." } },
  ];
  let jump = 0;
  // Jumps while the model is asked: inside a turn.
  const setClock = () => {
    writeFileSync(clock, String(jumps[jump++ % jumps.length]));
    return false;
  };
  await using api = await responsesApi([{ steps: [{ text: "Go.", calls }, { text: "Done." }] }], {
    misbehave: setClock,
  });
  const env = {
    NODE_OPTIONS: `--require=${join(root, "test/fixtures/programs/settable-clock.cjs")}`,
    BELAY_TEST_CLOCK: clock,
  };
  await using server = await testServer({ api, env, sandboxMode: "danger-full-access", approvalPolicy: "never" });
  const threadId = await server.startThread();
  const turnIds: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const { turnId, turn: ended } = await server.completeTurn(`turn ${turn}`, threadId);
    turnIds.push(turnId);
    assertDuration(ended.durationMs);
  }
  const { thread } = await server.request("thread/read", { threadId, includeTurns: true });
  for (const item of thread.turns.flatMap(({ items }) => items)) {
    assert.ok((item.completedAtMs ?? 0) >= (item.startedAtMs ?? 0), `${item.type} ends before it begins`);
    if ("durationMs" in item) assertDuration(item.durationMs);
  }
  const ids = thread.turns.map(({ id }) => id);
  assert.deepEqual([ids, ids.toSorted()], [turnIds, turnIds]);
  const others = [await server.startThread(), await server.startThread()];
  assert.deepEqual([threadId, ...others].toSorted(), [threadId, ...others]);
  const lines = readFileSync(thread.path ?? "", "utf8")
    .trimEnd()
    .split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { ordinal: number }).ordinal),
    lines.map((_, at) => at),
  );
  await server.end();
  await using next = await testServer({ like: server });
  const again = await next.request("thread/resume", { threadId });
  assert.deepEqual(
    again.thread.turns.map(({ id, status }) => [id, status]),
    turnIds.map((id) => [id, "completed"]),
  );
  rmSync(folder, { recursive: true });
});

function assertDuration(durationMs: number | null | undefined): void {
  assert.ok(typeof durationMs === "number" && durationMs >= 0 && durationMs < hour / 2, `it took ${durationMs} ms`);
}
