// Runs a command under a policy: the sandbox translates, exec runs. The two do not know each other.
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts, executable } from "../sandbox/facts.ts";
import { findHelper } from "../sandbox/linux.ts";
import { type SandboxStatus, sandboxProbe } from "../sandbox/probe.ts";
import { RootPins } from "../sandbox/root-pins.ts";
import { sandboxCommand } from "../sandbox/select.ts";
import type { ExecOutcome, ExecuteRequest } from "./tool.ts";

export interface CommandRunner {
  /** Asked once with a real run of the sandbox; the answer stands for the life of the process. */
  sandboxStatus(): Promise<SandboxStatus>;
  /** Must not throw: what cannot be run is refused with a sentence. */
  execute(
    request: ExecuteRequest & { threadId: string; threadCwd: string; policy: SandboxPolicy; signal: AbortSignal },
  ): Promise<ExecOutcome>;
}

export function commandRunner(facts: {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home; null when there is none. */
  userHome: string | null;
  belayHome: string;
  /** Variables of `env` that hold a secret, whatever they are called. */
  secretNames?: readonly string[];
}): CommandRunner {
  const { platform, env, userHome, belayHome, secretNames = [] } = facts;
  const pins = new RootPins(diskFacts);
  // From the system's own directories, whatever PATH says: a helper planted in a workspace would run unconfined.
  const helper = findHelper({ path: "", roots: [], executable });
  const sandboxStatus = sandboxProbe({
    platform,
    helper,
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });

  return {
    sandboxStatus,
    async execute({ argv, cwd, threadId, threadCwd, policy, signal, timeoutMs, onOutput }) {
      const roots = rootsOf(threadCwd, policy);
      const moved = policy.type === "workspaceWrite" ? pins.refusal(threadId, roots) : null;
      if (moved !== null) return { kind: "refused", message: moved };
      const command = { argv, cwd, env: commandEnvironment(env, { roots: bothSpellings(roots), secretNames }) };
      const program = sandboxCommand(command, policy, {
        status: await sandboxStatus(),
        helper,
        context: { cwd: threadCwd, home: userHome, belayHome, privateTmp: null, files: diskFacts },
      });
      if (program.kind === "refuse") return { kind: "refused", message: program.message };
      return { kind: "ended", ...(await runProgram({ ...program, signal, timeoutMs, onOutput })) };
    },
  };
}

function rootsOf(cwd: string, policy: SandboxPolicy): string[] {
  return policy.type === "workspaceWrite" ? [cwd, ...policy.writableRoots] : [cwd];
}

/** As they are spelled and as they really are: both must be kept out of PATH. */
function bothSpellings(roots: readonly string[]): string[] {
  return roots.flatMap((root) => [root, diskFacts.realpath(root) ?? root]);
}
