// The server processes of a stage, found as the system lists them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { patienceMs } from "../support/vscode/deadline.ts";

/** The process id of the one server that uses this home. */
export function serverOf(home: string): number {
  const [pid, ...others] = serversOf(home);
  assert.deepEqual(others, []);
  assert.ok(pid !== undefined, "no server runs");
  return pid;
}

/** A server of this home other than `before`, once there is one. The system sends no event for that, hence the polling. */
export async function serverAfter(before: number, home: string): Promise<number> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(100)) {
    const server = serversOf(home).find((pid) => pid !== before);
    if (server !== undefined) return server;
  }
  throw new Error(`Waited ${patienceMs} ms for a server after ${before}.`);
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
