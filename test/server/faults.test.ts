// A short run of the fault bench: a fixed seed and a few faults, over real processes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runFaults } from "../../bench/faults/bench.ts";
import { root } from "../support/test-server.ts";

const skip = process.platform === "linux" ? false : "processes are found by their environment, which only Linux shows";

// Six faults and what follows each of them take their time on a busy machine.
test("whatever is killed, threads keep what was said and done in them", { skip, timeout: 400_000 }, async () => {
  const folder = mkdtempSync(join(homedir(), ".belay-faults-"));
  const trace: string[] = [];
  try {
    const report = await runFaults({
      ...{ seed: 1, minutes: 0, faults: 6, server: [join(root, "server/main.ts")], base: join(folder, "run") },
      ...{ say() {}, trace: (line) => void trace.push(line.slice(0, 400)) },
    });
    assert.deepEqual(report.violations, [], trace.slice(-100).join("\n"));
    const { server, client, model } = report.kills;
    assert.ok(server + client + model > 0);
    assert.equal(report.checks, 6);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
