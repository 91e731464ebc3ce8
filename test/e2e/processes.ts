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
        return (
          line.includes("belay.mjs") && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`BELAY_HOME=${home}`)
        );
      } catch {
        // It has ended meanwhile, or belongs to someone else.
        return false;
      }
    })
    .map(Number);
}
