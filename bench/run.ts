// `npm run bench`: our server and the native one side by side, in one run, against one scripted model.
//   --rows a,b    only rows whose id begins so       --runs N        samples of each row (20)
//   --peer NAME   belay, codex or both (both)        --server FILE   another belay.mjs, built before
//   --assert      end with 1 when a row is behind its bar
//   --faults      none of this: what breaks when processes are killed (faults.ts, with options of its own)
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureNativeCodex } from "../test/support/native-codex.ts";
import { buildServer, bundleBytes } from "./build.ts";
import { type Bench, type Group, Results } from "./measure.ts";
import { belayPeer, codexPeer, type Peer } from "./peers.ts";
import { reportRow, tableOf, writeReport } from "./report.ts";
import { cache } from "./rows/cache.ts";
import { edits } from "./rows/edits.ts";
import { idle } from "./rows/idle.ts";
import { launch } from "./rows/launch.ts";
import { output } from "./rows/output.ts";
import { resume, resumeLarge } from "./rows/resume.ts";
import { size } from "./rows/size.ts";
import { snapshot } from "./rows/snapshot.ts";
import { review } from "./rows/review.ts";
import { start } from "./rows/start.ts";
import { threads } from "./rows/threads.ts";
import { turns } from "./rows/turns.ts";

const groups: readonly Group[] = [
  start,
  turns,
  threads,
  resume,
  resumeLarge,
  idle,
  output,
  edits,
  launch,
  snapshot,
  review,
  cache,
  size,
];
const checkout = fileURLToPath(new URL("..", import.meta.url));

if (process.argv.includes("--faults")) {
  process.argv = process.argv.filter((word) => word !== "--faults");
  const { runFaultBench } = await import("./faults.ts");
  process.exit(await runFaultBench());
}
const options = readOptions();
// Not under the system's folder for temporary files, which is private inside a sandbox.
const base = mkdtempSync(join(homedir(), ".belay-bench-"));
const model = spawn(process.execPath, [join(import.meta.dirname, "model.ts")], { stdio: ["pipe", "pipe", "inherit"] });
process.once("SIGINT", () => process.exit(130));
process.once("exit", () => {
  model.kill();
  rmSync(base, { recursive: true, force: true, maxRetries: 3 });
});
process.exitCode = await main();
model.stdin.end();

async function main(): Promise<number> {
  const [address] = (await once(model.stdout, "data")) as [Buffer];
  const peers = await findPeers(address.toString("utf8").trim());
  if (peers.length === 0) return 1;
  let dirs = 0;
  const newDir = (name: string) => join(base, `${dirs++}-${name}`);
  const bench: Bench = { peers, runs: options.runs, results: new Results(), newDir };
  const load = loadavg()[0] ?? 0;
  const failed = await measure(bench);
  const rows = groups
    .flatMap((group) => group.rows)
    .filter(({ id }) => isWanted(id))
    .map((spec) => reportRow(spec, bench.results));
  say(`\n${tableOf(rows)}`);
  const loads = `${load.toFixed(1)} before the first row and ${loadavg()[0]?.toFixed(1)} behind the last`;
  say(`Ratios are of costs, ours to theirs: below 1 is better. The load of the machine was ${loads}.`);
  writeReport(join(checkout, "out", "bench.json"), rows, { runs: options.runs, loadBefore: load, failed });
  if (failed.length > 0) return 1;
  return options.assert && rows.some(({ verdict }) => verdict === "behind") ? 1 : 0;
}

/** One group that cannot be measured costs its own rows only. */
async function measure(bench: Bench): Promise<string[]> {
  const failed: string[] = [];
  for (const group of groups.filter(({ rows }) => rows.some(({ id }) => isWanted(id)))) {
    const ids = group.rows.map(({ id }) => id).filter(isWanted);
    const startedAt = performance.now();
    process.stdout.write(`${ids.join(", ")}…`);
    try {
      await group.measure(bench);
      say(` ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    } catch (error) {
      failed.push(...ids);
      say(` could not be measured: ${(error as Error).message}`);
    }
  }
  return failed;
}

async function findPeers(baseUrl: string): Promise<Peer[]> {
  const [workspace, home] = [join(base, "workspace"), join(base, "user")];
  for (const dir of [workspace, home]) mkdirSync(dir, { recursive: true });
  const place = { workspace, baseUrl, env: { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8" } };
  const peers: Peer[] = [];
  if (options.peer !== "codex") {
    const server = options.server ?? buildServer(checkout, join(base, "build"));
    peers.push(belayPeer(server, bundleBytes(server), place));
  }
  if (options.peer === "belay") return peers;
  try {
    peers.push(codexPeer(await ensureNativeCodex(), place));
  } catch (error) {
    // Between cause and cure stands all that npm said.
    const said = (error as Error).message.split("\n");
    say(`The native server is not measured: ${[...new Set([said[0], said.at(-1)])].join("\n")}`);
  }
  return peers;
}

function isWanted(id: string): boolean {
  return options.rows.length === 0 || options.rows.some((wanted) => id.startsWith(wanted));
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "" },
      runs: { type: "string", default: "20" },
      peer: { type: "string", default: "both" },
      server: { type: "string" },
      assert: { type: "boolean", default: false },
    },
  });
  const rows = values.rows.split(",").filter((id) => id !== "");
  const known = groups.flatMap((group) => group.rows.map(({ id }) => id));
  const unknown = rows.find((wanted) => !known.some((id) => id.startsWith(wanted)));
  if (unknown !== undefined) refuse(`--rows: no row begins with ${unknown}. There are: ${known.join(", ")}`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) refuse(`--runs: ${values.runs} is no count. Give a whole number from 1 on`);
  const { peer } = values;
  if (peer !== "belay" && peer !== "codex" && peer !== "both") refuse(`--peer: ${peer} is not belay, codex or both`);
  const server = values.server === undefined ? undefined : resolve(values.server);
  if (server !== undefined && !existsSync(server)) refuse(`--server: there is no ${server}. Build it first`);
  return { rows, runs, peer, server, assert: values.assert };
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}.\n`);
  process.exit(2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
