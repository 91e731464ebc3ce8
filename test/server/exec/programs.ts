// The fixture programs, and what is left of them in the process list.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ProgramRequest, runProgram } from "../../../server/exec/run.ts";

/** The facts of a program that ended well and said nothing. */
export const ended = {
  exitCode: 0,
  signal: null,
  timedOut: false,
  aborted: false,
  spawnError: null,
  output: "",
  truncatedBytes: 0,
};

export function fixture(name: string): string {
  return join(import.meta.dirname, "../../fixtures/programs", name);
}

/** Runs a fixture to its end. The duration is left out of the result, so that whole results can be compared. */
export async function runFixture(name: string, args: string[] = [], request: Partial<ProgramRequest> = {}) {
  const { durationMs: _, ...facts } = await runProgram({
    file: process.execPath,
    args: [fixture(name), ...args],
    cwd: import.meta.dirname,
    env: {},
    ...request,
  });
  return facts;
}

/** The ids of running processes with `tag` among their arguments. A process that is ending has no arguments any more. */
export function processesTagged(tag: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((id) => argumentsOf(id).includes(tag))
    .map(Number);
}

/** False for one that has ended and was not yet asked how. */
export function isRunning(id: number): boolean {
  return argumentsOf(String(id)).some((argument) => argument !== "");
}

function argumentsOf(id: string): string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
  } catch {
    // It ended between the listing and the reading.
    return [];
  }
}

/** Where the VS Code of the editor's tests lies, if it was fetched before: its own node-pty is a provider, too. */
export function vscodeHere(): string | undefined {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "belay");
  const found = existsSync(cache) ? readdirSync(cache).find((name) => name.startsWith("vscode-")) : undefined;
  return found && join(cache, found, "node_modules/code-server/lib/vscode");
}
