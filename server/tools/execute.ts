// Runs a command under a policy: the sandbox translates, exec runs. The two do not know each other.
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts, executable } from "../sandbox/facts.ts";
import { findHelper } from "../sandbox/linux.ts";
import { type SandboxStatus, sandboxProbe } from "../sandbox/probe.ts";
import { sandboxCommand } from "../sandbox/select.ts";
import type { ExecOutcome, ExecuteRequest } from "./tool.ts";

export interface CommandRunner {
  /** Asked once with a real run of the sandbox; the answer stands for the life of the process. */
  sandboxStatus(): Promise<SandboxStatus>;
  /** Must not throw: what cannot be run is refused with a sentence. */
  execute(
    request: ExecuteRequest & { threadCwd: string; policy: SandboxPolicy; signal: AbortSignal },
  ): Promise<ExecOutcome>;
}

export function commandRunner(facts: {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home; null when there is none. */
  userHome: string | null;
  belayHome: string;
}): CommandRunner {
  const { platform, env, userHome, belayHome } = facts;
  // From the system's own directories, whatever PATH says: a helper planted in a workspace would run unconfined.
  const helper = findHelper({ path: "", roots: [], executable });
  const sandboxStatus = sandboxProbe({
    platform,
    helper,
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });

  return {
    sandboxStatus,
    async execute({ argv, cwd, threadCwd, policy, signal, timeoutMs, onOutput }) {
      const roots = rootsOf(threadCwd, policy);
      const command = { argv, cwd, env: commandEnvironment(env, { roots }) };
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

/** As they are spelled and as they really are: both must be kept out of PATH. */
function rootsOf(cwd: string, policy: SandboxPolicy): string[] {
  const roots = policy.type === "workspaceWrite" ? [cwd, ...policy.writableRoots] : [cwd];
  return roots.flatMap((root) => [root, diskFacts.realpath(root) ?? root]);
}
