// The sandbox of this machine: what `select.ts` decides, with this machine's helper, files and placeholders. Given how
// to run a program; does not know who asks for one.
import { mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { Processes } from "../util/file-lock.ts";
import { diskFacts, executable } from "./facts.ts";
import { type LaunchFiles, launchFilesIn } from "./launch-files.ts";
import type { Launcher } from "./launcher.ts";
import { type Command, findHelper, type Program } from "./linux.ts";
import { type Placeholders, placeholdersIn } from "./placeholders.ts";
import type { FileSystemFacts } from "./policy.ts";
import { launchFailure, type ProbeResult, type SandboxStatus, sandboxProbe } from "./probe.ts";
import { isFilterArchitecture } from "./seccomp.ts";
import { type SandboxedCommand, sandboxCommand } from "./select.ts";

export interface MachineSandbox {
  /** Asked once with a real run of the sandbox; the answer stands until `failed`. */
  status(): Promise<SandboxStatus>;
  /** What to start for a command. Must not throw. */
  translate(command: Command, policy: SandboxPolicy, workspace: string): Promise<SandboxedCommand>;
  /** Looks for the helper and asks anew: somebody may have taken it away, or put it there. */
  renew(): Promise<SandboxStatus>;
  /** A start did not stand (`ended` said so): asks anew, and says what happened to people. */
  failed(output: string): Promise<string>;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** The user's home; null when there is none. */
  readonly userHome: string | null;
  readonly belayHome: string;
  /** Where to look for the helper besides the system's own folder: a PATH, and folders it must not come from. */
  readonly search: { readonly path: string; readonly roots: readonly string[] };
  /** This process, under a name of its own for each sandbox it makes. */
  readonly processes: Processes;
  readonly run: (program: Program) => Promise<ProbeResult>;
}

export function machineSandbox(machine: Machine): MachineSandbox {
  const { platform, arch, userHome: home, belayHome } = machine;
  let launch = launchOf(machine);
  let probe = newProbe();

  function newProbe() {
    const launcher = () => {
      const started = launch.next();
      if (started !== null) spent.push(started.ended);
      return started?.launcher ?? null;
    };
    const spent: (() => boolean)[] = [];
    const run = async (program: Program) => {
      const result = await machine.run(program);
      for (const ended of spent.splice(0)) ended();
      return result;
    };
    return sandboxProbe({ platform, arch, launcher, run });
  }

  function renew(): Promise<SandboxStatus> {
    launch = launchOf(machine);
    probe = newProbe();
    return probe();
  }

  return {
    status: () => probe(),
    async translate(command, policy, workspace) {
      const status = await probe();
      if (status.kind === "unavailable" || isUnrestricted(policy)) {
        const context = { cwd: workspace, home, belayHome, privateTmp: null, files: diskFacts };
        return sandboxCommand(command, policy, { status, launcher: null, context });
      }
      try {
        return launch.start(command, policy, { status, workspace });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { kind: "refuse", message: `The command was not run: the sandbox could not be prepared: ${message}.` };
      }
    },
    renew,
    failed: async (output) => launchFailure(output, await renew()),
  };
}

function isUnrestricted({ type }: SandboxPolicy): boolean {
  return type === "dangerFullAccess" || type === "externalSandbox";
}

interface Started {
  readonly launcher: Launcher;
  /** Of the command: see `SandboxedCommand`. */
  readonly ended: () => boolean;
}

interface Launch {
  /** Null: there is no helper. Throws Error when what it needs cannot be written. */
  next(): Started | null;
  start(
    command: Command,
    policy: SandboxPolicy,
    facts: { readonly status: SandboxStatus; readonly workspace: string },
  ): SandboxedCommand;
}

function launchOf(machine: Machine): Launch {
  return machine.platform === "darwin" ? macosLaunch(machine) : linuxLaunch(machine);
}

function linuxLaunch({ arch, userHome: home, belayHome, search, processes }: Machine): Launch {
  const helper = findHelper({ ...search, executable });
  let own: { files: LaunchFiles; placeholders: Placeholders } | null = null;

  /** Made with the first command: who runs none needs no folder. */
  function ownFiles() {
    if (!isFilterArchitecture(arch)) throw new Error(`there is no filter for ${arch}`);
    if (own !== null) return own;
    const directory = join(belayHome, "cache", "sandbox");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    own = {
      files: launchFilesIn(directory, arch, processes),
      placeholders: placeholdersIn(directory, processes),
    };
    return own;
  }

  function next(): Started | null {
    if (helper === null) return null;
    const { files } = ownFiles();
    const report = files.newReport();
    const launcher = { kind: "bubblewrap", helper, filter: files.filter(), report: report.path } as const;
    return { launcher, ended: () => report.wasReached() };
  }

  return {
    next,
    start(command, policy, { status, workspace }) {
      const started = next();
      const { placeholders } = ownFiles();
      let held: readonly string[] = [];
      const files: FileSystemFacts = {
        ...diskFacts,
        // To the policy a placeholder is nothing: that is what it stands for. The disk is asked first, being quicker.
        lstat(path) {
          const kind = diskFacts.lstat(path);
          return kind === "directory" && placeholders.has(path) ? null : kind;
        },
      };
      const sandboxed = sandboxCommand(command, policy, {
        status,
        launcher: started?.launcher ?? null,
        context: { cwd: workspace, home, belayHome, privateTmp: null, files },
        holdPlaceholders: (paths) => (held = placeholders.hold(paths)),
      });
      if (sandboxed.kind === "refuse") return sandboxed;
      const ended = () => {
        placeholders.release(held);
        return started?.ended() ?? true;
      };
      return { ...sandboxed, ended };
    },
  };
}

function macosLaunch({ userHome: home, belayHome }: Machine): Launch {
  let privateTmp: string | null = null;
  return {
    next: () => ({ launcher: { kind: "seatbelt" }, ended: () => true }),
    start(command, policy, { status, workspace }) {
      // The system clears its folder for such things.
      privateTmp ??= mkdtempSync(join(realpathSync(tmpdir()), "belay-"));
      const context = { cwd: workspace, home, belayHome, privateTmp, files: diskFacts };
      return sandboxCommand(command, policy, { status, launcher: { kind: "seatbelt" }, context });
    },
  };
}
