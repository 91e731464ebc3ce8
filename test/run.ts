// The one test runner behind `npm test`: builds, runs each suite, and ends with how many tests passed.
//   npm test                      everything
//   npm test -- sandbox approval  test files whose path contains one of these (in VS Code: tests by name)
//   npm test -- e2e               one suite: unit, vscode or e2e
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { type Counts, countResults, readResults, type TestResult } from "./support/results.ts";
import { whyNoWorkbench } from "./support/vscode/install.ts";
import { runInVscode } from "./support/vscode/run-in-vscode.ts";

type SuiteName = "unit" | "vscode" | "e2e";
type Outcome = Counts & { name: string; note: string; durationMs: number; failures: TestResult[] };

const root = path.dirname(import.meta.dirname);
const resultsDir = path.join(root, "out", "test-results");
const suiteNames: SuiteName[] = ["unit", "vscode", "e2e"];
// For one test. A suite that hangs between tests is ended by whoever started us.
const testTimeoutMs = { unit: 120_000, e2e: 600_000 };
/** Of each failure, in the summary: a log may be cut to its end. */
const maxFailureLines = 40;

process.chdir(root);
// Ending by process.exit takes the running suite with it.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => process.exit(code));
}
process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const onlySuites = suiteNames.filter((name) => words.includes(name));
  const filters = words.filter((word) => !suiteNames.some((name) => name === word));
  rmSync(resultsDir, { recursive: true, force: true });
  mkdirSync(resultsDir, { recursive: true });

  const outcomes: Outcome[] = [];
  const build = await timed("build", () => runBuild());
  if (build.failed > 0) outcomes.push(build);
  for (const name of suiteNames) {
    if (onlySuites.length > 0 && !onlySuites.includes(name)) continue;
    say(`\n== ${name} ==`);
    const outcome = await timed(name, () => runSuite(name, filters, build.failed > 0));
    if (outcome.note) say(outcome.note);
    outcomes.push(outcome);
  }
  return printSummary(outcomes);
}

async function runBuild(): Promise<Partial<Outcome>> {
  const code = await runNode(["esbuild.mjs"]);
  return code === 0 ? {} : { failed: 1, note: "the build failed" };
}

async function runSuite(name: SuiteName, filters: string[], isBuildBroken: boolean): Promise<Partial<Outcome>> {
  const all = findTests(name);
  if (all.length === 0) return { note: "no tests there yet" };
  // In VS Code all files are one bundle, where the filter picks tests by name.
  const files = name === "vscode" ? all : all.filter((file) => matches(file, filters));
  if (files.length === 0) return { note: "nothing matches the filter" };
  if (name !== "unit") {
    const reason = isBuildBroken ? "the build failed" : whySkipped(name);
    if (reason) return { skipped: files.length, note: `skipped: ${reason}` };
  }
  const resultsFile = path.join(resultsDir, `${name}.jsonl`);
  const code =
    name === "vscode"
      ? await runInVscode({ root, resultsFile, filters })
      : await runNodeTests(name, files, resultsFile);
  const results = readResults(resultsFile);
  const counts = { ...countResults(results), failures: results.filter(({ outcome }) => outcome === "failed") };
  // A crash or a broken file fails the suite though no test of it says so.
  const hasSilentFailure = code !== 0 && counts.failed === 0;
  return hasSilentFailure ? { ...counts, failed: 1, note: `ended with code ${code} and no failed test` } : counts;
}

function findTests(name: SuiteName): string[] {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" }).map(
    (file) => `test/${file.split(path.sep).join("/")}`,
  );
  const isUi = (file: string) => file.startsWith("test/vscode/") || file.startsWith("test/e2e/");
  const isFixture = (file: string) => file.startsWith("test/fixtures/");
  switch (name) {
    case "unit":
      return files.filter((file) => /\.test\.tsx?$/.test(file) && !isUi(file) && !isFixture(file)).sort();
    case "vscode":
      return existsSync("test/vscode/index.ts") ? ["test/vscode/index.ts"] : [];
    case "e2e":
      return files.filter((file) => /^test\/e2e\/.*\.e2e\.ts$/.test(file)).sort();
    default:
      return name satisfies never;
  }
}

function matches(file: string, filters: string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.includes(filter));
}

function whySkipped(name: SuiteName): string | undefined {
  if (name === "vscode" && process.env["BELAY_VSCODE"]) return undefined;
  return whyNoWorkbench();
}

async function runNodeTests(name: "unit" | "e2e", files: string[], resultsFile: string): Promise<number> {
  const reporter = path.join(import.meta.dirname, "support", "results-reporter.ts");
  return await runNode([
    "--test",
    `--test-timeout=${testTimeoutMs[name]}`,
    // One VS Code at a time: two of them on two cores miss each other's deadlines. Unit tests mostly wait for processes.
    `--test-concurrency=${name === "e2e" ? 1 : Math.max(3, availableParallelism())}`,
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...[`--test-reporter=${reporter}`, `--test-reporter-destination=${resultsFile}`],
    ...files,
  ]);
}

async function runNode(args: string[]): Promise<number> {
  // Hundreds of processes load the same sources: compiled once is enough.
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(root, "out", "compile-cache") };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"], env });
  const kill = () => child.kill();
  process.once("exit", kill);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("exit", kill);
      resolve(code ?? 1);
    });
  });
}

async function timed(name: string, work: () => Promise<Partial<Outcome>>): Promise<Outcome> {
  const startedAt = performance.now();
  const outcome = await work();
  const durationMs = performance.now() - startedAt;
  return { name, passed: 0, failed: 0, skipped: 0, note: "", failures: [], ...outcome, durationMs };
}

/** Prints what failed, the table and, as the very last line, the sum. Returns the exit code. */
function printSummary(outcomes: Outcome[]): number {
  for (const { name, failure = "" } of outcomes.flatMap(({ failures }) => failures)) {
    say(`\n✖ ${name}\n${failure.split("\n").slice(0, maxFailureLines).join("\n")}`);
  }
  const rows = outcomes.map(
    ({ name, passed, failed, skipped, durationMs, note }) =>
      [name, String(passed), String(failed), String(skipped), `${(durationMs / 1000).toFixed(1)} s`, note] as const,
  );
  say("");
  for (const [name, passed, failed, skipped, time, note] of [
    ["suite", "passed", "failed", "skipped", "time", ""] as const,
    ...rows,
  ]) {
    const numbers = [passed, failed, skipped, time].map((cell) => cell.padStart(9)).join("");
    say(`${name.padEnd(8)}${numbers}  ${note}`.trimEnd());
  }
  const sum = (key: keyof Counts) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  if (sum("passed") === 0) say("No test passed, which counts as a failure.");
  say(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  return sum("failed") > 0 || sum("passed") === 0 ? 1 : 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
