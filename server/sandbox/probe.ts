// Does the sandbox work here? Asked once, with the argv that commands will really get, and answered with cause and cure.
import { commandEnvironment } from "./environment.ts";
import { confine, type Launcher, layerNames } from "./launcher.ts";
import type { Program } from "./linux.ts";
import { seatbeltHelper } from "./macos.ts";
import type { RestrictedPolicy } from "./policy.ts";
import { isFilterArchitecture } from "./seccomp.ts";

export type SandboxStatus =
  /** The layer in words, such as "bubblewrap, seccomp". */
  | { readonly kind: "works"; readonly layer: string }
  | { readonly kind: "unavailable"; readonly reason: string; readonly cure: string };

/** What the probe needs to hear about a program that ended. */
export interface ProbeResult {
  readonly exitCode: number | null;
  readonly spawnError: string | null;
  readonly output: string;
}

export interface ProbeFacts {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Null: bubblewrap is not there. Throws Error when what it needs cannot be written. Not asked elsewhere. */
  readonly launcher: () => Launcher | null;
  readonly run: (program: Program) => Promise<ProbeResult>;
}

/** The answer is kept in the function returned, so whoever makes it decides how long it stands. */
export function sandboxProbe(facts: ProbeFacts): () => Promise<SandboxStatus> {
  let answer: Promise<SandboxStatus> | null = null;
  return () => {
    answer ??= probe(facts);
    return answer;
  };
}

/** `output` is what came instead of the command; `status` what the sandbox says of itself since. */
export function launchFailure(output: string, status: SandboxStatus): string {
  const said = lastLine(output);
  const cause = `The command was not run: the sandbox could not be started${said === "" ? "" : ` (${said})`}.`;
  return status.kind === "works" ? cause : `${cause} ${status.reason} ${status.cure}`;
}

async function probe({ platform, arch, launcher: find, run }: ProbeFacts): Promise<SandboxStatus> {
  if (platform !== "linux" && platform !== "darwin") {
    const name = platform === "win32" ? "Windows" : platform;
    return unavailable(
      `There is no command sandbox for ${name} yet.`,
      "Approve commands one by one, or work in WSL, a container or a Linux machine.",
    );
  }
  if (platform === "linux" && !isFilterArchitecture(arch)) {
    return unavailable(
      `The sandbox knows the system calls of x64 and arm64, not those of ${arch}.`,
      "Approve commands one by one, or work on a machine of these.",
    );
  }
  let launcher: Launcher | null;
  try {
    launcher = find();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return unavailable(`The sandbox could not be prepared: ${message}.`, "Make BELAY_HOME a folder you may write to.");
  }
  if (launcher === null) return unavailable("bubblewrap (bwrap) is not installed.", installBubblewrap);
  return judge(launcher, await run(probeProgram(launcher)));
}

function probeProgram(launcher: Launcher): Program {
  const argv = launcher.kind === "bubblewrap" ? hasFilter : ["/usr/bin/true"];
  return confine({ argv, cwd: "/", env: commandEnvironment({}, { roots: [] }) }, probed, launcher);
}

function judge(launcher: Launcher, result: ProbeResult): SandboxStatus {
  if (result.exitCode === 0 && result.spawnError === null) return { kind: "works", layer: layerNames[launcher.kind] };
  if (launcher.kind === "bubblewrap") return explain(result);
  return unavailable(
    `${seatbeltHelper} failed: ${result.spawnError ?? lastLine(result.output)}`,
    "Approve commands one by one.",
  );
}

const noFilterExitCode = 88;

// The kernel's own word that the filter is in force.
const hasFilter = [
  "/bin/bash",
  "-p",
  "-c",
  'while read -r name value; do [ "$name$value" = Seccomp:2 ] && exit 0; done </proc/self/status; ' +
    `exit ${noFilterExitCode}`,
];

const installBubblewrap =
  "Install bubblewrap 0.8 or newer, for example with: apt-get install bubblewrap (dnf, pacman and apk have it too).";

const probed: RestrictedPolicy = {
  kind: "restricted",
  cwd: "/",
  writableRoots: [],
  visibleInTmp: [],
  pinnedPaths: [],
  protectedPaths: [],
  placeholders: [],
  deniedPaths: [],
  networkAccess: false,
  privateTmp: null,
};

// The helper has no error codes: its messages are the only way to tell the causes apart.
function explain({ spawnError, output, exitCode }: ProbeResult): SandboxStatus {
  if (spawnError !== null) return unavailable(`bubblewrap could not be started: ${spawnError}`, installBubblewrap);
  const said = lastLine(output);
  if (exitCode === noFilterExitCode || /seccomp|PR_SET_SECCOMP/i.test(said)) {
    return unavailable(
      `The kernel did not take the filter of system calls (${said || "it is not in force"}).`,
      "Use a kernel that is built with seccomp filters.",
    );
  }
  // The shell that starts it says so, and gives 127.
  if (/bwrap: (?:not found|No such file)/i.test(said)) {
    return unavailable(`bubblewrap could not be started: ${said}`, installBubblewrap);
  }
  if (/unknown option/i.test(said)) {
    return unavailable(`The bubblewrap installed here is too old (${said}).`, installBubblewrap);
  }
  if (/\/bin\/bash/.test(said)) {
    return unavailable("The sandbox needs /bin/bash, which is missing.", "Install bash.");
  }
  if (/namespace|uid map|Operation not permitted|Permission denied|RTM_NEWADDR/i.test(said)) {
    return unavailable(
      `User namespaces are blocked here (${said}).`,
      "On Ubuntu 24.04 and later load the AppArmor profile for /usr/bin/bwrap, or run: " +
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0. In a container, let it create user namespaces " +
        "(for Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined " +
        "--security-opt systempaths=unconfined), or let the container be the sandbox.",
    );
  }
  return unavailable(
    `bubblewrap failed with exit code ${exitCode ?? "none"}: ${said}`,
    "Run the same command by hand to see why.",
  );
}

function unavailable(reason: string, cure: string): SandboxStatus {
  return { kind: "unavailable", reason, cure };
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
