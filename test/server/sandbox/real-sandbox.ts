// A workspace, a home and a place outside on the real disk, and commands run in them under a policy.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { arch, platform } from "node:process";
import { ownPart } from "../../../server/exec/process-identity.ts";
import { type ProgramRequest, runProgram } from "../../../server/exec/run.ts";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import { commandEnvironment } from "../../../server/sandbox/environment.ts";
import { type MachineSandbox, machineSandbox } from "../../../server/sandbox/machine.ts";

function sandboxOf(userHome: string, belayHome: string): MachineSandbox {
  const search = { path: "", roots: [] };
  return machineSandbox({ platform, arch, userHome, belayHome, search, processes: ownPart(), run: runProgram });
}

const probeHome = mkdtempSync("/var/tmp/belay-probe-");
const status = await sandboxOf(probeHome, probeHome).status();
rmSync(probeHome, { recursive: true });

/** For the options of a test: false, or the reason why the sandbox cannot be attacked here. */
export const skip = status.kind === "works" ? false : `${status.reason} ${status.cure}`;

export const readOnly: SandboxPolicy = { type: "readOnly", networkAccess: false };
export const workspaceWrite = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
} satisfies SandboxPolicy;
export const unrestricted: SandboxPolicy = { type: "dangerFullAccess" };

/** Not in /tmp: the private /tmp would hide it, and an attack on it would prove nothing. */
export class Arena {
  readonly base = realpathSync(mkdtempSync("/var/tmp/belay-arena-"));
  readonly workspace = this.#directory("ws");
  readonly outside = this.#directory("outside");
  readonly home = this.#directory("home");
  readonly belayHome = this.#directory("home/.belay");

  readonly sandbox = sandboxOf(this.home, this.belayHome);

  constructor() {
    this.#directory("ws/.git");
    this.write("ws/.git/config", "original");
    this.#directory("home/.ssh");
    this.write("home/.ssh/id", "SSH-SECRET");
    this.write("home/.netrc", "NETRC-SECRET");
    this.write("home/.belay/key", "BELAY-SECRET");
    this.write("outside/file", "original");
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.base, path), text);
  }

  /** Runs a Bash script in the workspace. `wrapper` is what starts the program, if it is not started directly. */
  async run(script: string, policy: SandboxPolicy, request: { wrapper?: string[] } & Partial<ProgramRequest> = {}) {
    const { wrapper = [], ...rest } = request;
    const { workspace: WS, outside: OUT, home: HOME, base: BASE } = this;
    const env = { ...commandEnvironment({ PATH: "/usr/bin:/bin" }, { roots: [WS] }), WS, OUT, HOME, BASE, ...rest.env };
    const sandboxed = await this.sandbox.translate({ argv: ["/bin/bash", "-c", script], cwd: WS, env }, policy, WS);
    if (sandboxed.kind === "refuse") throw new Error(sandboxed.message);
    const [file = "", ...args] = [...wrapper, sandboxed.file, ...sandboxed.args];
    const result = await runProgram({ ...rest, ...sandboxed, file, args });
    return { ...result, wasReached: sandboxed.ended?.() ?? true };
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  #directory(path: string): string {
    const directory = join(this.base, path);
    mkdirSync(directory, { recursive: true });
    return directory;
  }
}
