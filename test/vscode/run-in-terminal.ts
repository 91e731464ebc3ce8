// Commands in the person's own shell: exactly what was approved, with an honest end.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { RunInTerminalResult } from "../../server/protocol/command.ts";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { belayWith, eventOf, inWorkspace, say } from "./belay.ts";

let asked = 0;

/** Shells may take so long to say that they are ready. */
async function belayWithShell(readyTimeoutMs: number): Promise<TestApi> {
  const api = await belayWith("puppet");
  api.runInTerminal.readyTimeoutMs = readyTimeoutMs;
  return api;
}

async function run(api: TestApi, script: string): Promise<RunInTerminalResult> {
  asked += 1;
  const command = {
    threadId: "thread-1",
    turnId: "turn-1",
    itemId: `own-${asked}`,
    script,
    cwd: inWorkspace("").fsPath,
  };
  const [response] = await say<RunInTerminalResult>(api, {
    ask: "belay/runInTerminal",
    id: `own-${asked}`,
    params: command,
  });
  assert.ok(response?.result, response?.error?.message ?? "no answer");
  return response.result;
}

/** Runs it once VS Code reads what the terminal shows: it misses what a command prints as it starts. */
async function runHeard(api: TestApi, script: string): Promise<RunInTerminalResult> {
  const folder = mkdtempSync(join(tmpdir(), "belay-heard-"));
  const sign = join(folder, "sign");
  const started = eventOf("the command to begin", vscode.window.onDidStartTerminalShellExecution, ({ execution }) =>
    execution.commandLine.value.includes(sign),
  );
  try {
    const separator = script.includes("\n") ? "\n" : "; ";
    const result = run(api, `until [ -e ${sign} ]; do sleep 0.1; done${separator}${script}`);
    await started;
    writeFileSync(sign, "");
    return await result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const own = () => vscode.window.terminals.filter(({ name }) => name === "Belay (yours)");

test("the exit code and the output of a command in the person's own shell come back, and its terminal is used again", async () => {
  const api = await belayWithShell(patienceMs);
  const failed = await runHeard(api, "echo said; pwd; (exit 3)");
  assert.deepEqual({ ...failed, output: null }, { ran: true, exitCode: 3, output: null, problem: null });
  assert.match(failed.output ?? "", /said\r?\n/);
  assert.ok(failed.output?.includes(inWorkspace("").fsPath));
  const worked = await run(api, "echo again");
  assert.equal(worked.exitCode, 0);
  assert.equal(own().length, 1);
});

test("a terminal in which a person went elsewhere is not used again", async () => {
  const api = await belayWithShell(patienceMs);
  await run(api, "cd /");
  const before = own().length;
  const { output } = await runHeard(api, "pwd");
  assert.ok(output?.includes(inWorkspace("").fsPath), `it ran elsewhere: ${output}`);
  assert.equal(own().length, before + 1);
});

test("nobody knows how a command ended whose terminal was closed", async () => {
  const api = await belayWithShell(patienceMs);
  const started = eventOf("the command to begin", vscode.window.onDidStartTerminalShellExecution, ({ execution }) =>
    execution.commandLine.value.includes("sleep 611"),
  );
  const result = run(api, "sleep 611");
  (await started).terminal.dispose();
  const { ran, exitCode, problem } = await result;
  assert.deepEqual([ran, exitCode], [true, null]);
  assert.match(problem ?? "", /closed before the command had ended/);
});

test("a command that is not wanted any more is interrupted as by Ctrl+C, and its shell stays", async () => {
  const api = await belayWithShell(patienceMs);
  const started = eventOf("the command to begin", vscode.window.onDidStartTerminalShellExecution, ({ execution }) =>
    execution.commandLine.value.includes("sleep 612"),
  );
  const result = run(api, "sleep 612");
  const { terminal } = await started;
  await say(api, { notify: "$/cancelRequest", params: { id: `own-${asked}` } });
  assert.equal((await result).exitCode, 130);
  assert.equal(terminal.exitStatus, undefined);
});

test("without shell integration the command is typed, and its end is said to be unknown", async () => {
  const api = await belayWithShell(1_000);
  for (const terminal of own()) terminal.dispose();
  const settings = vscode.workspace.getConfiguration("terminal.integrated.shellIntegration");
  await settings.update("enabled", false, vscode.ConfigurationTarget.Global);
  try {
    const { problem, ...result } = await run(api, "echo unseen");
    assert.deepEqual(result, { ran: true, exitCode: null, output: null });
    assert.match(problem ?? "", /shell integration/);
  } finally {
    await settings.update("enabled", undefined, vscode.ConfigurationTarget.Global);
    for (const terminal of own()) terminal.dispose();
  }
});

test("a command with control characters is not typed at all", async () => {
  const api = await belayWithShell(patienceMs);
  const before = own();
  const { ran, problem } = await run(api, "echo a\x1b[201~\rrm -rf x");
  assert.equal(ran, false);
  assert.match(problem ?? "", /control character/);
  assert.ok(own().every((terminal) => before.includes(terminal)));
});

test("a command of several lines runs whole", async () => {
  const api = await belayWithShell(patienceMs);
  const { exitCode, output } = await runHeard(
    api,
    "for word in one two\ndo echo said-$word\ndone\ncat <<END\n}\nEND\n(exit 4)",
  );
  assert.equal(exitCode, 4);
  assert.match(output ?? "", /said-one\r?\n.*said-two/s);
});
