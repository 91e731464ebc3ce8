// How a suite tells the test runner what happened: one JSON line per test in a file. Read by test/run.ts only.
import { readFileSync } from "node:fs";

export type TestResult = {
  name: string;
  outcome: "passed" | "failed" | "skipped";
  durationMs: number;
  /** Why it was skipped. */
  reason?: string;
};

export type Counts = { passed: number; failed: number; skipped: number };

/** A line of the results file. */
export function resultLine(result: TestResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** Counts the lines of a results file. A file that was never written counts nothing. */
export function countResults(file: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const line of readLines(file)) {
    const result: TestResult = JSON.parse(line);
    counts[result.outcome] += 1;
  }
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
