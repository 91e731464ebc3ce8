// Rollouts with lines that no version of Belay wrote: those lines are left out and counted, and the rest is there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../../support/responses-api.ts";
import { root, testServer } from "../../support/test-server.ts";

const MB = 2 ** 20;
const middle = (lines: string[], line: string) => lines.toSpliced(Math.floor(lines.length / 2), 0, line);
const joined = (lines: string[]) => `${lines.join("\n")}\n`;

for (const [name, { spoil, unreadable }] of Object.entries<{ spoil(lines: string[]): string; unreadable: number }>({
  "a line of garbage": { spoil: (lines) => joined(middle(lines, "\u{fffd}garbage {]")), unreadable: 1 },
  "a run of NUL bytes": { spoil: (lines) => joined(middle(lines, "\0".repeat(5_000))), unreadable: 1 },
  "a line of 50 MB": {
    spoil: (lines) =>
      joined(middle(lines, `{"timestamp":"x","ordinal":1,"type":"history","payload":"${"x".repeat(50 * MB)}"}`)),
    unreadable: 1,
  },
  "two bad lines": { spoil: (lines) => joined(middle(middle(lines, "{"), "}")), unreadable: 2 },
  "a damaged first line": { spoil: ([, ...lines]) => joined([`{"timestamp":"x","ord`, ...lines]), unreadable: 1 },
  "a first line of NUL bytes": { spoil: ([, ...lines]) => joined(["\0".repeat(400), ...lines]), unreadable: 1 },
  "a byte order mark": { spoil: (lines) => `\ufeff${joined(lines)}`, unreadable: 0 },
  "line ends of Windows": { spoil: (lines) => `${lines.join("\r\n")}\r\n`, unreadable: 0 },
  "empty lines": { spoil: (lines) => joined(lines.flatMap((line) => [line, ""])), unreadable: 0 },
})) {
  test(`a rollout with ${name} is loaded, and its reader is told once what is missing`, async () => {
    await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
    await using server = await testServer({ api });
    const { threadId } = await server.completeTurn("first words");
    const { path } = (await server.request("thread/read", { threadId })).thread;
    await server.end();
    const lines = readFileSync(path ?? "", "utf8")
      .trimEnd()
      .split("\n");
    writeFileSync(path ?? "", spoil(lines));
    await using next = await testServer({ like: server });
    const { thread, cwd } = await next.request("thread/resume", { threadId });
    assert.deepEqual(
      [thread.id, thread.preview, cwd, thread.turns.map(({ status, items }) => [status, items.length])],
      [threadId, "first words", server.workspace, [["completed", 2]]],
    );
    assert.equal((await next.completeTurn("again", threadId)).turn.status, "completed");
    const told = next.heard
      .filter(({ method }) => method === "warning")
      .map(({ params }) => (params as { message: string }).message);
    assert.equal(told.length, unreadable === 0 ? 0 : 1);
    const count = unreadable === 1 ? "One line" : `${unreadable} lines`;
    if (unreadable > 0) assert.ok(told[0]?.startsWith(`${count} of this thread's file cannot be read`), told[0]);
  });
}

test("an empty file is no thread, and in nobody's way", async () => {
  await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("first");
  const { path } = (await server.request("thread/read", { threadId })).thread;
  await server.end();
  truncateSync(path ?? "");
  await using next = await testServer({ like: server });
  assert.equal(
    (await next.refusal("thread/resume", { threadId })).message,
    `no rollout found for thread id ${threadId}`,
  );
  assert.deepEqual((await next.request("thread/list", {})).data, []);
  assert.equal((await next.completeTurn("other")).turn.status, "completed");
});

test("a line of 200 MB is passed over without being held in memory", () => {
  const folder = mkdtempSync(join(tmpdir(), "belay-long-"));
  const path = join(folder, "r.jsonl");
  writeFileSync(path, "");
  // Without a block on the disk: one line of NUL bytes.
  truncateSync(path, 200 * MB);
  writeFileSync(path, `\n${JSON.stringify({ timestamp: "x", ordinal: 7, type: "settings", payload: {} })}\n`, {
    flag: "a",
  });
  const script = `
    import { readRollout } from "./server/rollout/reader.ts";
    const { lines, unreadable, nextOrdinal } = await readRollout(process.argv[1]);
    console.log(JSON.stringify([lines.length, unreadable, nextOrdinal, process.resourceUsage().maxRSS * 1024]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, path], { cwd: root });
  rmSync(folder, { recursive: true });
  assert.equal(stderr.toString(), "");
  const [lines, unreadable, nextOrdinal, peakBytes] = JSON.parse(stdout.toString()) as number[];
  assert.deepEqual([lines, unreadable, nextOrdinal], [1, 1, 8]);
  assert.ok((peakBytes ?? 0) < 200 * MB, `${Math.round((peakBytes ?? 0) / MB)} MB at the peak`);
});
