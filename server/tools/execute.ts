// Runs a command under a policy: the sandbox translates, exec runs. The two do not know each other.
import { arch } from "node:process";
import { ownPart } from "../exec/process-identity.ts";
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts } from "../sandbox/facts.ts";
import { machineSandbox } from "../sandbox/machine.ts";
import type { SandboxStatus } from "../sandbox/probe.ts";
import { RootPins } from "../sandbox/root-pins.ts";
import type { SandboxedCommand } from "../sandbox/select.ts";
import type { ExecOutcome, ExecuteRequest } from "./tool.ts";

export interface CommandRunner {
  /** Asked once with a real run of the sandbox; the answer stands until a start in it fails. */
  sandboxStatus(): Promise<SandboxStatus>;
  /**
   * What to start for a command, for who runs it otherwise than to its end; its `ended` is to be called then. Must not
   * throw.
   */
  translate(request: CommandRequest): Promise<SandboxedCommand>;
  /**
   * For a command that ended by itself and whose `ended` said false, with its output: asks the sandbox anew, and returns
   * the sentence that says that the command was not run, and why.
   */
  launchFailed(output: string): Promise<string>;
  /** Must not throw: what cannot be run is refused with a sentence. */
  execute(
    request: ExecuteRequest & { threadId: string; threadCwd: string; policy: SandboxPolicy; signal: AbortSignal },
  ): Promise<ExecOutcome>;
}

export interface CommandRequest {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The folder that the policy's workspace is. */
  readonly workspace: string;
  readonly policy: SandboxPolicy;
  /** On top of what commands get; null removes a variable. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** It gets a terminal of its own. */
  readonly terminal?: boolean;
}

export function commandRunner(facts: {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home; null when there is none. */
  userHome: string | null;
  belayHome: string;
  /** Variables of `env` that hold a secret, whatever they are called. */
  secretNames?(): readonly string[];
  /** A start in the sandbox failed, and it was asked anew. */
  sandboxAskedAnew?(status: SandboxStatus): void;
}): CommandRunner {
  const { env } = facts;
  const pins = new RootPins(diskFacts);
  const sandbox = machineSandbox({
    ...facts,
    arch,
    // From the system's own directories, whatever PATH says: a helper planted in a workspace would run unconfined.
    search: { path: "", roots: [] },
    processes: ownPart(),
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });

  async function translate(request: CommandRequest): Promise<SandboxedCommand> {
    const { argv, cwd, workspace, policy, terminal = false } = request;
    const roots = bothSpellings(rootsOf(workspace, policy));
    const usual = commandEnvironment(env, { roots, secretNames: facts.secretNames?.() ?? [], terminal });
    return sandbox.translate({ argv, cwd, env: withOverrides(usual, request.env ?? {}), terminal }, policy, workspace);
  }

  async function launchFailed(output: string): Promise<string> {
    const message = await sandbox.failed(output);
    facts.sandboxAskedAnew?.(await sandbox.status());
    return message;
  }

  return {
    sandboxStatus: () => sandbox.status(),
    translate,
    launchFailed,
    async execute({ argv, cwd, threadId, threadCwd, policy, signal, timeoutMs, onOutput }) {
      const moved = policy.type === "workspaceWrite" ? pins.refusal(threadId, rootsOf(threadCwd, policy)) : null;
      if (moved !== null) return { kind: "refused", message: moved };
      const program = await translate({ argv, cwd, workspace: threadCwd, policy });
      if (program.kind === "refuse") return { kind: "refused", message: program.message };
      const result = await runProgram({ ...program, signal, timeoutMs, onOutput });
      const wasReached = program.ended?.() ?? true;
      if (wasReached || result.aborted || result.timedOut) return { kind: "ended", ...result };
      const message = await launchFailed(result.spawnError ?? result.output);
      return { kind: "refused", message, sandboxFailed: true };
    },
  };
}

function withOverrides(
  environment: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const entries = Object.entries({ ...environment, ...overrides });
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

function rootsOf(cwd: string, policy: SandboxPolicy): string[] {
  return policy.type === "workspaceWrite" ? [cwd, ...policy.writableRoots] : [cwd];
}

/** As they are spelled and as they really are: both must be kept out of PATH. */
function bothSpellings(roots: readonly string[]): string[] {
  return roots.flatMap((root) => [root, diskFacts.realpath(root) ?? root]);
}
