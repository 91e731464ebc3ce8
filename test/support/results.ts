// How a suite tells the test runner what happened: one JSON line per test in a file. Read by test/run.ts only.
import { readFileSync } from "node:fs";

export type TestResult = {
  name: string;
  outcome: "passed" | "failed" | "skipped";
  durationMs: number;
  /** Why it was skipped. */
  reason?: string;
  /** What went wrong, as its runner tells it. */
  failure?: string;
};

export type Counts = { passed: number; failed: number; skipped: number };

/** A line of the results file. */
export function resultLine(result: TestResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** The lines of a results file. One that was never written has none. */
export function readResults(file: string): TestResult[] {
  return readLines(file).map((line): TestResult => JSON.parse(line));
}

export function countResults(results: readonly TestResult[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

// Ends at the last "\n": a suite that was killed may leave half a line.
function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    // The suite ended before its first test; the runner knows that from its exit code.
    return [];
  }
}
