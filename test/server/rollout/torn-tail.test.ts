// A rollout cut at every byte of its last two lines: what a machine that lost its power leaves behind.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { readRollout } from "../../../server/rollout/reader.ts";
import { openRecorder } from "../../../server/rollout/recorder.ts";
import type { WriterLock } from "../../../server/rollout/writer-lock.ts";
import { rebuildRecord } from "../../../server/thread/rebuild.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const free: WriterLock = { take: () => true, isOurs: () => true, writer: () => null, release() {} };
const calls = [{ name: "exec_command", arguments: { cmd: "true" } }];

test("cut anywhere in its last two lines, a thread loads without the cut line alone, and goes on in whole lines", {
  // Hundreds of files, one after the other.
  timeout: 400_000,
}, async () => {
  await using api = await responsesApi([{ prompt: "go", steps: [{ text: "😀\u2028", calls }, { text: "Done." }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("go");
  const path = (await server.request("thread/read", { threadId })).thread.path ?? "";
  const folder = mkdtempSync(join(tmpdir(), "belay-torn-"));
  const torn = join(folder, basename(path));
  const whole = readFileSync(path);
  const lines = whole.toString("utf8").trimEnd().split("\n");
  const lastTwo = whole.length - Buffer.byteLength(`${lines.at(-2)}\n${lines.at(-1)}\n`);
  for (let cut = lastTwo; cut <= whole.length; cut++) {
    writeFileSync(torn, whole.subarray(0, cut));
    const before = await readRollout(torn);
    const complete = whole.subarray(0, cut).toString("latin1").split("\n").length - 1;
    // Without its line feed alone a line is whole.
    const isWhole = whole[cut] === 0x0a;
    assert.deepEqual(
      [before.lines.length, before.nextOrdinal, before.unreadable],
      isWhole ? [complete + 1, complete + 1, 0] : [complete, complete, cut === 0 || whole[cut - 1] === 0x0a ? 0 : 1],
      `cut at ${cut}`,
    );
    const record = rebuildRecord(before.lines);
    assert.deepEqual([record?.meta.id, record?.turns.length], [threadId, 1]);
    appendTo(torn, before.nextOrdinal);
    const after = await readRollout(torn);
    assert.deepEqual(
      after.lines.map(({ ordinal }) => ordinal),
      Array.from({ length: before.lines.length + 1 }, (_, at) => at),
      `cut at ${cut}`,
    );
    assert.ok(readFileSync(torn, "utf8").endsWith("\n"));
  }
  rmSync(folder, { recursive: true });
});

function appendTo(path: string, nextOrdinal: number): void {
  const recorder = openRecorder(path, {
    ...{ nextOrdinal, knownBytes: null, now: () => 0, lock: free },
    onTrouble: (trouble) => assert.fail(trouble?.cause),
    onMended: assert.fail,
    onGivenUp: (lines) => assert.fail(`${lines} lines`),
  });
  recorder.append({ type: "metadata", payload: { name: "next", gitInfo: null } });
  recorder.close();
}
