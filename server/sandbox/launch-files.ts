// The files that a start in the sandbox takes on Linux: the filter, and a report that tells a command that ran from a
// sandbox that did not stand.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Processes } from "../util/file-lock.ts";
import { type FilterArchitecture, seccompFilter } from "./seccomp.ts";

export interface LaunchFiles {
  /** Of the filter, which is looked at before each start. Throws Error when it cannot be written. */
  filter(): string;
  newReport(): LaunchReport;
}

export interface LaunchReport {
  readonly path: string;
  /** Whether the command itself was reached. Forgets it: to be asked once, after the end. */
  wasReached(): boolean;
}

/** `directory` is ours alone, and exists. */
export function launchFilesIn(directory: string, arch: FilterArchitecture, { owner, isAlive }: Processes): LaunchFiles {
  const program = seccompFilter(arch);
  const hash = createHash("sha256").update(program).digest("hex").slice(0, 16);
  const filter = join(directory, `filter-${hash}`);
  const reports = join(directory, "starts");
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  removeAbandoned(reports, isAlive);
  const name = owner.replaceAll(" ", "-");
  let count = 0;

  return {
    filter() {
      if (!holds(filter, program)) {
        const aside = `${filter}.${name}`;
        writeFileSync(aside, program, { mode: 0o600 });
        renameSync(aside, filter);
      }
      return filter;
    },
    newReport() {
      const path = join(reports, `${name}.${++count}`);
      return { path, wasReached: () => wasReached(path) };
    },
  };
}

function holds(file: string, program: Uint8Array): boolean {
  try {
    return readFileSync(file).equals(program);
  } catch {
    return false;
  }
}

function wasReached(report: string): boolean {
  try {
    return readFileSync(report).length > 0;
  } catch {
    // It was not even made.
    return false;
  } finally {
    rmSync(report, { force: true });
  }
}

function removeAbandoned(reports: string, isAlive: (owner: string) => boolean): void {
  for (const file of readdirSync(reports)) {
    const owner = file.split(".")[0] ?? "";
    if (!isAlive(owner.replaceAll("-", " "))) rmSync(join(reports, file), { force: true });
  }
}
