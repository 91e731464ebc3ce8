// What this machine has of what Belay works with: Node, a sandbox, terminals, git, ripgrep.
import { delimiter, join } from "node:path";
import type { Terminals } from "../../exec/pty.ts";
import { runProgram } from "../../exec/run.ts";
import { editorRootVariable } from "../../exec/terminals.ts";
import { findRipgrep } from "../../files/ripgrep.ts";
import { type ContainerFinding, describeContainer } from "../../sandbox/container.ts";
import { commandEnvironment } from "../../sandbox/environment.ts";
import { diskFacts, executable } from "../../sandbox/facts.ts";
import type { SandboxState } from "../../protocol/command.ts";
import { type Check, fail, ok, warn } from "./check.ts";

type Found = Omit<Check, "id" | "name">;

const OLDEST_NODE = 20;

export function checkNode({ version, path }: { version: string; path: string }): Found {
  const facts = { version, path };
  if (Number(version.split(".")[0]) >= OLDEST_NODE) return ok(`${version}, ${path}`, facts);
  return fail(`Node ${version} at ${path} is too old.`, `Run belay with Node ${OLDEST_NODE} or newer.`, facts);
}

export function checkSandbox(state: SandboxState): Found {
  const { kind, layer, reason, cure } = state;
  const facts = { kind, layer, reason };
  switch (kind) {
    case "works":
      return ok(`commands are confined by ${layer ?? "a sandbox"}; a real run has shown it`, facts);
    case "container": {
      const summary = `This container is the sandbox, as you have chosen. Commands that may write run in it as they are; under read-only each that is not known to be harmless asks. ${reason ?? ""}`;
      return warn(summary.trim(), cure, facts);
    }
    case "unavailable":
      return warn(`${reason ?? "None works here."} Each command that is not known to be harmless asks.`, cure, facts);
    default:
      return kind satisfies never;
  }
}

export function checkContainer(finding: ContainerFinding, { isSandbox }: { isSandbox: boolean }): Found {
  const openings = finding.kind === "container" ? finding.openings : [];
  const facts = { kind: finding.kind, sign: "sign" in finding ? finding.sign : null, openings };
  const found = describeContainer(finding);
  if (!isSandbox || openings.length === 0) return ok(found, facts);
  const cure = "Close it, or do not let this container be the sandbox.";
  return warn(`${found}. It has a way out: ${openings.join("; ")}.`, cure, facts);
}

export function checkTerminals(found: Terminals): Found {
  if (found.kind === "available")
    return ok(`from ${found.name}`, { kind: "available", name: found.name, reason: null });
  const summary = `Commands run on pipes: ${found.reason}.`;
  return warn(summary, null, { kind: "unavailable", name: null, reason: found.reason });
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Nothing that lies in it is run. */
  readonly cwd: string;
}

export async function checkGit(around: Surroundings): Promise<Found> {
  const { path, version } = await findProgram("git", around);
  const facts = { path, version };
  if (version !== null) return ok(`${version}, ${path}`, facts);
  const lack = "The model cannot look at what changed, nor at what was before.";
  return warn(missing("git", path, lack), "Install git, for example with: apt-get install git", facts);
}

/** The one that the agent searches with. Without one it searches by itself. */
export async function checkRipgrep(
  around: Surroundings & { readonly platform: NodeJS.Platform; readonly arch: string },
): Promise<Found> {
  const { env, cwd } = around;
  const places = { ...around, path: env["PATH"] ?? "", editorRoot: env[editorRootVariable] };
  const found = findRipgrep(places, [cwd, diskFacts.realpath(cwd) ?? cwd]);
  const version = found === null ? null : await versionOf(found.file, commandEnvironment(env, { roots: [cwd] }));
  const facts = { path: found?.file ?? null, from: found?.from ?? null, version };
  if (found !== null && version !== null) return ok(`${version} of ${found.from}, ${found.file}`, facts);
  const lack = "Belay searches files by itself, which is slower in a large workspace.";
  const cure = "Install ripgrep, for example with: apt-get install ripgrep";
  return warn(missing("rg", facts.path, lack), cure, facts);
}

function missing(name: string, path: string | null, lack: string): string {
  return `${path === null ? `${name} is not on the PATH.` : `${path} does not run.`} ${lack}`;
}

/** As commands find it, so that nothing planted in the workspace is run. */
async function findProgram(
  name: string,
  { env, cwd }: Surroundings,
): Promise<{ path: string | null; version: string | null }> {
  const clean = commandEnvironment(env, { roots: [cwd] });
  const places = (clean["PATH"] ?? "/usr/bin:/bin").split(delimiter).map((directory) => join(directory, name));
  const path = places.find((place) => executable(place) !== null) ?? null;
  return { path, version: path === null ? null : await versionOf(path, clean) };
}

/** Null when it does not run. */
async function versionOf(file: string, env: Readonly<Record<string, string>>): Promise<string | null> {
  const request = { file, args: ["--version"], cwd: "/", env, timeoutMs: 2_000, keepBytes: 4_096 };
  const { exitCode, output } = await runProgram(request);
  return exitCode === 0 ? (/\d+(?:\.\d+)+/.exec(output)?.[0] ?? "of no version") : null;
}
