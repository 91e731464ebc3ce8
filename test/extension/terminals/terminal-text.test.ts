// What a command's terminal says, and how output becomes what a terminal wants.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  endedName,
  header,
  leftOutLine,
  statusLine,
  TerminalOutput,
  terminalName,
  typingLine,
} from "../../../extension/terminals/terminal-text.ts";
import type { ThreadItemOf } from "../../../server/protocol/item.ts";

function command(changes: Partial<ThreadItemOf<"commandExecution">> = {}): ThreadItemOf<"commandExecution"> {
  return {
    type: "commandExecution",
    id: "1",
    command: "bash -lc 'npm test'",
    script: "npm test",
    cwd: "/work",
    processId: null,
    source: "agent",
    status: "completed",
    commandActions: [],
    aggregatedOutput: null,
    exitCode: 0,
    durationMs: 1_234,
    ...changes,
  };
}

const plain = (text: string) => text.replaceAll(/\x1b\[\d+m/g, "");

test("a terminal is named by the beginning of its command, on one line", () => {
  const names = ["npm test", "for f in *; do\n  echo $f\ndone", "x".repeat(60)].map((script) =>
    terminalName(command({ script })),
  );
  assert.deepEqual(names, ["npm test", "for f in *; do echo $f done", `${"x".repeat(31)}…`]);
});

test("control characters in a command cannot steer the terminal", () => {
  const item = command({ script: "echo \x1b]52;c;aGk=\x07 \x9b31m", cwd: "/w\x1b[2J" });
  assert.equal(plain(header(item)), "/w\ufffd[2J $ echo \ufffd]52;c;aGk=\ufffd \ufffd31m\n");
  assert.doesNotMatch(terminalName(item), /[\x00-\x1f\x7f-\x9f]/);
});

test("the end of a command is in its last line and in its name", () => {
  const table: [Partial<ThreadItemOf<"commandExecution">>, string, string][] = [
    [{}, "✓ npm test", "[exit code 0, 1.2 s]\n"],
    [{ status: "failed", exitCode: 1, durationMs: 80 }, "✗ npm test (exit code 1)", "[exit code 1, 80 ms]\n"],
    [
      { status: "failed", exitCode: null, durationMs: 61_000 },
      "✗ npm test (stopped by a signal)",
      "[stopped by a signal, 1 min 1 s]\n",
    ],
    [{ durationMs: null }, "✓ npm test", "[exit code 0]\n"],
    [
      { status: "failed", exitCode: null, ending: "signal", signal: "SIGSEGV" },
      "✗ npm test (ended by SIGSEGV)",
      "[ended by SIGSEGV, 1.2 s]\n",
    ],
    [
      { status: "failed", exitCode: null, ending: "stopped", signal: "SIGTERM" },
      "✗ npm test (stopped)",
      "[stopped, 1.2 s]\n",
    ],
    [{ status: "failed", exitCode: null, ending: "timedOut" }, "✗ npm test (timed out)", "[timed out, 1.2 s]\n"],
    [
      { status: "failed", exitCode: null, ending: "unknown", durationMs: null },
      "? npm test (nobody knows how it ended)",
      "[nobody knows how it ended]\n",
    ],
  ];
  for (const [changes, name, line] of table) {
    const item = command(changes);
    assert.deepEqual([endedName(terminalName(item), item), plain(statusLine(item))], [name, line]);
  }
});

test("line ends become those of a terminal, also where a delta splits one", () => {
  const table: [string[], string][] = [
    [["a\nb\n"], "a\r\nb\r\n"],
    [["a\r\nb"], "a\r\nb"],
    [["a\r", "\nb"], "a\r\nb"],
    [["50%\r", "99%\r"], "50%\r99%\r"],
    [["\n\n"], "\r\n\r\n"],
    [["", "x"], "x"],
  ];
  for (const [deltas, expected] of table) {
    const output = new TerminalOutput({ hasTerminal: false });
    assert.equal(deltas.map((delta) => output.output(delta)).join(""), expected);
  }
});

test("a line of ours starts on a line of its own", () => {
  const output = new TerminalOutput({ hasTerminal: false });
  assert.equal(output.note("first\n"), "first\r\n");
  output.output("no line end");
  assert.equal(output.note("[done]\n"), "\r\n[done]\r\n");
  output.output("\x1b[31mred\n\x1b[0m");
  assert.equal(output.note("[done]\n"), "[done]\r\n");
});

test("line ends that a command's own terminal made are left alone", () => {
  const output = new TerminalOutput({ hasTerminal: true });
  assert.equal(output.output("a\r\nb\nc"), "a\r\nb\nc");
  assert.equal(output.note("[done]\n"), "\r\n[done]\r\n");
});

test("the last line of a command with a terminal is seen even where it was killed in its own screen", () => {
  const line = statusLine(command({ tty: true }));
  assert.match(line, /\x1b\[\?1047l.*\x1b\[\?25h.*\x1b\[0m\x1b\[2m\[exit code 0/);
  assert.doesNotMatch(statusLine(command()), /\x1b\[\?/);
});

test("a command without a terminal says that it cannot be typed to", () => {
  assert.equal(typingLine(command({ tty: true })), "");
  assert.match(typingLine(command()), /no terminal.*Ctrl\+C/);
});

test("the end of a long output says how much came before it", () => {
  assert.deepEqual([leftOutLine(0), plain(leftOutLine(7))], ["", "[… 7 characters before this are not kept here]\n"]);
});
