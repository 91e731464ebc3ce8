// The tests that run inside VS Code's extension host: registering, running, reporting. Bundled into the test module,
// so it knows only Node. A file under test/vscode calls `test`; test/vscode/index.ts exports `runSuite` as `run`.
import { appendFileSync } from "node:fs";
import { resultLine, type TestResult } from "../results.ts";
import { within } from "./deadline.ts";

/** Set by test/run.ts: where the results go, and which tests to run (substrings of names, separated by newlines). */
export const resultsVariable = "BELAY_TEST_RESULTS";
export const filterVariable = "BELAY_TEST_FILTER";

/** Begins each line that is ours: VS Code's own chatter comes through the same pipe. */
export const linePrefix = "[test] ";

export type TestOptions = {
  /** Default three minutes. */
  timeoutMs?: number;
  /** Why this test cannot run here. Printed and counted as skipped. */
  skip?: string | undefined;
};

type RegisteredTest = { name: string; body: () => Promise<void> | void; options: TestOptions };

const defaultTimeoutMs = 180_000;
const registered: RegisteredTest[] = [];

/** Registers a test. They run one after the other, in the order of registration. */
export function test(name: string, body: () => Promise<void> | void, options: TestOptions = {}): void {
  registered.push({ name, body, options });
}

/** Runs what is registered. Rejects when a test failed, which is how VS Code learns its exit code. */
export async function runSuite(): Promise<void> {
  const filters = (process.env[filterVariable] ?? "").split("\n").filter((filter) => filter !== "");
  const chosen = registered.filter(({ name }) => filters.length === 0 || filters.some((part) => name.includes(part)));
  let failures = 0;
  for (const candidate of chosen) {
    const result = await runOne(candidate);
    if (result.outcome === "failed") failures += 1;
    const file = process.env[resultsVariable];
    if (file) appendFileSync(file, resultLine(result));
  }
  if (failures > 0) throw new Error(`${failures} of ${chosen.length} tests in VS Code failed.`);
}

async function runOne({ name, body, options }: RegisteredTest): Promise<TestResult> {
  if (options.skip !== undefined) {
    print(`﹣ ${name} # ${options.skip}`);
    return { name, outcome: "skipped", durationMs: 0, reason: options.skip };
  }
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  try {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    // Through `then`, so that a synchronous throw is a failed test too.
    await within(timeoutMs, `the test ${JSON.stringify(name)}`, Promise.resolve().then(body));
    print(`✔ ${name} (${elapsed()} ms)`);
    return { name, outcome: "passed", durationMs: elapsed() };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    print(`✖ ${name} (${elapsed()} ms)\n${failure}`);
    return { name, outcome: "failed", durationMs: elapsed(), failure };
  }
}

function print(text: string): void {
  for (const line of text.split("\n")) {
    // The only output of an extension host that reaches whoever started VS Code.
    console.log(`${linePrefix}${line}`);
  }
}
