// The server's log lines keep their level in the editor's log.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { findCause, readLogLine } from "../../../extension/server/server-log.ts";

const table: [string, ReturnType<typeof readLogLine>][] = [
  ["2026-01-31T12:00:00.000Z error it broke", { level: "error", message: "it broke" }],
  ["2026-01-31T12:00:00.000Z warning careful", { level: "warn", message: "careful" }],
  ["2026-01-31T12:00:00.000Z info all is well", { level: "info", message: "all is well" }],
  ["2026-01-31T12:00:00.000Z strange level", { level: "warn", message: "2026-01-31T12:00:00.000Z strange level" }],
  ["(node:1) Warning: from Node itself", { level: "warn", message: "(node:1) Warning: from Node itself" }],
];

for (const [line, expected] of table) {
  test(`${JSON.stringify(line)} is logged as ${expected.level}`, () => assert.deepEqual(readLogLine(line), expected));
}

test("the cause of an end is the error, not its stack; without one the last words", () => {
  const crash = [
    "file:///dist/belay.mjs:3",
    "throw new TypeError('no');",
    "      ^",
    "TypeError: no",
    "    at main (file:///x:1:2)",
    "Node.js v24.0.0",
  ];
  assert.equal(findCause(crash), "TypeError: no");
  assert.equal(findCause(["2026-01-31T12:00:00.000Z info hello", "Killed by its sandbox"]), "Killed by its sandbox");
  assert.equal(findCause([]), null);
});

test("a server that ran out of memory is said to have, whatever stack the engine prints", async () => {
  const program = "const kept = []; for (;;) kept.push(new Array(10_000).fill({}));";
  const child = spawn(process.execPath, ["--max-old-space-size=32", "-e", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const printed = await text(child.stderr);
  // As many as are kept of it.
  assert.equal(findCause(printed.trimEnd().split("\n").slice(-50)), "it ran out of memory");
});
