// Does the sandbox work here? Asked once, with the argv that commands will really get, and answered with cause and cure.
import { commandEnvironment } from "./environment.ts";
import { linuxSandbox, type Program } from "./linux.ts";
import type { RestrictedPolicy } from "./policy.ts";

export type SandboxStatus =
  | { readonly kind: "works" }
  | { readonly kind: "unavailable"; readonly reason: string; readonly cure: string };

/** What the probe needs to hear about a program that ended. */
export interface ProbeResult {
  readonly exitCode: number | null;
  readonly spawnError: string | null;
  readonly output: string;
}

export interface ProbeFacts {
  readonly platform: NodeJS.Platform;
  /** From `findHelper`. */
  readonly helper: string | null;
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

async function probe({ platform, helper, run }: ProbeFacts): Promise<SandboxStatus> {
  if (platform !== "linux") {
    return unavailable(
      `There is no command sandbox for ${platform} yet.`,
      "Approve commands one by one, or work in WSL, a container or a Linux machine.",
    );
  }
  if (helper === null) return unavailable("bubblewrap (bwrap) is not installed.", installBubblewrap);
  const program = linuxSandbox(
    { argv: ["true"], cwd: "/", env: commandEnvironment({}, { roots: [] }) },
    probed,
    helper,
  );
  const result = await run(program);
  return result.exitCode === 0 && result.spawnError === null ? { kind: "works" } : explain(result);
}

const installBubblewrap =
  "Install bubblewrap 0.8 or newer, for example with: apt-get install bubblewrap (dnf, pacman and apk have it too).";

const probed: RestrictedPolicy = {
  kind: "restricted",
  cwd: "/",
  writableRoots: [],
  visibleInTmp: [],
  pinnedPaths: [],
  protectedPaths: [],
  deniedPaths: [],
  networkAccess: false,
  privateTmp: null,
};

// The helper has no error codes: its messages are the only way to tell the causes apart.
function explain({ spawnError, output, exitCode }: ProbeResult): SandboxStatus {
  if (spawnError !== null) return unavailable(`bubblewrap could not be started: ${spawnError}`, installBubblewrap);
  const said = output.trim().split("\n").at(-1) ?? "";
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
