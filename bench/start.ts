// How long from `fork` to an answered `initialize`, on both doors, beside a bare Node process in the same run.
// Prints medians and ratios; a ratio is what can be compared between machines. `npm run bench -- --runs 50`.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("..", import.meta.url));
const server = join(checkout, "dist", "belay.mjs");
const home = mkdtempSync(join(tmpdir(), "belay-bench-"));
const env = { ...process.env, BELAY_HOME: home };
const at = process.argv.indexOf("--runs");
const runs = at === -1 ? 20 : Number(process.argv[at + 1]);

const bare = join(home, "bare.mjs");
writeFileSync(bare, 'process.on("message", (m) => process.send({ id: m.id, result: {} }));');

const initialize = { id: 1, method: "initialize", params: { clientInfo: { name: "bench", version: "1" } } };
const lspInitialize = { jsonrpc: "2.0", id: 1, method: "initialize", params: { processId: process.pid } };

function answered(child: ChildProcess, start: () => void, listen: (done: () => void) => void): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    listen(() => {
      const took = performance.now() - from;
      child.once("exit", () => resolve(took));
      child.kill("SIGKILL");
    });
    start();
  });
}

function overIpc(script: string, args: string[]): Promise<number> {
  const child = fork(script, args, { env });
  return answered(
    child,
    () => child.send(lspInitialize),
    (done) => child.once("message", done),
  );
}

function overStdio(): Promise<number> {
  const child = spawn(process.execPath, [server, "app-server"], { env, stdio: ["pipe", "pipe", "inherit"] });
  return answered(
    child,
    () => child.stdin.write(`${JSON.stringify(initialize)}\n`),
    (done) => child.stdout.once("data", done),
  );
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const rows = { "bare Node over IPC": [], "belay editor (IPC)": [], "belay app-server (stdio)": [] } as Record<
  string,
  number[]
>;
// Interleaved, so that a busy moment of the machine meets all alike.
for (let run = 0; run < runs; run++) {
  rows["bare Node over IPC"]?.push(await overIpc(bare, []));
  rows["belay editor (IPC)"]?.push(await overIpc(server, ["editor"]));
  rows["belay app-server (stdio)"]?.push(await overStdio());
}
const base = median(rows["bare Node over IPC"] ?? []);
const result = Object.entries(rows).map(([name, times]) => ({
  name,
  medianMs: median(times),
  ratio: median(times) / base,
}));
for (const { name, medianMs, ratio } of result) {
  process.stdout.write(`${name.padEnd(26)} ${medianMs.toFixed(1).padStart(7)} ms   ${ratio.toFixed(2)} x bare Node\n`);
}
writeFileSync(
  join(checkout, "out", "bench-start.json"),
  JSON.stringify({ runs, node: process.version, result }, null, 2),
);
rmSync(home, { recursive: true, force: true });
