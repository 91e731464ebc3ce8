// `npm run bench -- --faults`: servers, clients, the model and the disk break at random while threads run, and what must
// hold is checked behind each fault. Ends with 1 when something did not.
//   --minutes N   how long (5)            --count N     at least so many faults (0)
//   --seed N      what the chances are    --server FILE another belay.mjs, built before
//   --trace FILE  all that was said       --verbose     a line for each fault
import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildServer } from "./build.ts";
import { type FaultReport, runFaults } from "./faults/bench.ts";

if (import.meta.main) process.exitCode = await runFaultBench();

export async function runFaultBench(): Promise<number> {
  const options = readOptions();
  // Not under the system's folder for temporary files, which is private inside a sandbox.
  const base = mkdtempSync(join(homedir(), ".belay-faults-"));
  process.once("SIGINT", () => process.exit(130));
  process.once("exit", () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }));
  const server = options.server ?? buildServer(fileURLToPath(new URL("..", import.meta.url)), join(base, "build"));
  const startedAt = performance.now();
  const report = await runFaults({
    ...{ seed: options.seed, minutes: options.minutes, faults: options.faults, server: [server] },
    ...{ base: join(base, "run"), say: (line) => options.isVerbose && say(line) },
    trace: (line) => options.trace !== undefined && appendFileSync(options.trace, `${line}\n`),
  });
  tell(report, (performance.now() - startedAt) / 60_000, options.seed);
  return report.violations.length === 0 ? 0 : 1;
}

function tell(report: FaultReport, minutes: number, seed: number): void {
  const { kills, otherFaults, violations, answers } = report;
  const total = kills.server + kills.client + kills.model;
  for (const [what, count] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) say(`  ${count} × ${what}`);
  for (const sentence of report.skipped) say(`skipped: ${sentence}`);
  say(`seed ${seed}, ${minutes.toFixed(1)} minutes, load ${loadavg()[0]?.toFixed(1)}`);
  say(`kills: ${total} (server ${kills.server}, client ${kills.client}, model ${kills.model})`);
  say(
    `other faults: ${Object.entries(otherFaults)
      .map(([what, count]) => `${what} ${count}`)
      .join(", ")}`,
  );
  say(`checked ${report.checks} times; ${report.turns} turns, ${report.tornLines} torn lines; `);
  say(`commands were gone ${Math.round(report.slowestEndMs)} ms behind the end of their server at the latest`);
  for (const [at, sentence] of violations.entries()) say(`${at + 1}. ${sentence}`);
  say(`violations: ${violations.length}`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "5" },
      count: { type: "string", default: "0" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      server: { type: "string" },
      trace: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  });
  const number = (name: "minutes" | "count" | "seed") => {
    const value = Number(values[name]);
    if (values[name] === "" || !(value >= 0)) refuse(`--${name}: ${values[name]} is no count. Give a number from 0 on`);
    return value;
  };
  const server = values.server === undefined ? undefined : resolve(values.server);
  if (server !== undefined && !existsSync(server)) refuse(`--server: there is no ${server}. Build it first`);
  const counts = { minutes: number("minutes"), faults: number("count"), seed: number("seed") };
  return { ...counts, server, trace: values.trace, isVerbose: values.verbose };
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}.\n`);
  process.exit(2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
