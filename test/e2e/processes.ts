// The server processes of a stage, found as the system lists them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

/** The process id of the one server that uses this home. */
export function serverOf(home: string): number {
  const [pid, ...others] = serversOf(home);
  assert.deepEqual(others, []);
  assert.ok(pid !== undefined, "no server runs");
  return pid;
}

export function serversOf(home: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const isServer =
          line.includes("belay.mjs") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`BELAY_HOME=${home}`);
        return isServer && !isCopy(pid);
      } catch {
        // It has ended meanwhile, or belongs to someone else.
        return false;
      }
    })
    .map(Number);
}

/** A program that a server is about to start looks like the server for a moment. */
function isCopy(pid: string): boolean {
  const [, parent = "1"] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return parent === "1" || readFileSync(`/proc/${parent}/cmdline`, "utf8").includes("belay.mjs");
}
