// Runs a command under a policy: the sandbox translates, exec runs. The two do not know each other.
import { startCommand } from "../exec/command.ts";
import type { Terminals } from "../exec/pty.ts";
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts, executable } from "../sandbox/facts.ts";
import { findHelper } from "../sandbox/linux.ts";
import { type SandboxStatus, sandboxProbe } from "../sandbox/probe.ts";
import { RootPins } from "../sandbox/root-pins.ts";
import { type SandboxedCommand, sandboxCommand } from "../sandbox/select.ts";
import type { Started, StartRequest } from "./command.ts";

export interface CommandRunner {
  /** Asked once with a real run of the sandbox; the answer stands for the life of the process. */
  sandboxStatus(): Promise<SandboxStatus>;
  /** What to start for a command, for who runs it otherwise than to its end. Must not throw. */
  translate(request: CommandRequest): Promise<SandboxedCommand>;
  /** Must not reject: what cannot be run is refused with a sentence. */
  start(request: StartRequest & { threadId: string; threadCwd: string; policy: SandboxPolicy }): Promise<Started>;
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
  terminals(): Promise<Terminals>;
}): CommandRunner {
  const { platform, env, userHome, belayHome } = facts;
  const pins = new RootPins(diskFacts);
  // From the system's own directories, whatever PATH says: a helper planted in a workspace would run unconfined.
  const helper = findHelper({ path: "", roots: [], executable });
  const sandboxStatus = sandboxProbe({
    platform,
    helper,
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });

  async function translate(request: CommandRequest): Promise<SandboxedCommand> {
    const { argv, cwd, workspace, policy, terminal = false } = request;
    const roots = bothSpellings(rootsOf(workspace, policy));
    const usual = commandEnvironment(env, { roots, secretNames: facts.secretNames?.() ?? [], terminal });
    return sandboxCommand({ argv, cwd, env: withOverrides(usual, request.env ?? {}), terminal }, policy, {
      status: await sandboxStatus(),
      helper,
      context: { cwd: workspace, home: userHome, belayHome, privateTmp: null, files: diskFacts },
    });
  }

  return {
    sandboxStatus,
    translate,
    async start({ argv, cwd, threadId, threadCwd, policy, input, ...wiring }) {
      const moved = policy.type === "workspaceWrite" ? pins.refusal(threadId, rootsOf(threadCwd, policy)) : null;
      if (moved !== null) return { kind: "refused", message: moved };
      const terminal = input === "terminal" && (await facts.terminals()).kind === "available";
      const program = await translate({ argv, cwd, workspace: threadCwd, policy, terminal });
      if (program.kind === "refuse") return { kind: "refused", message: program.message };
      const stdin = terminal
        ? { terminal: usualSize }
        : { terminal: null, input: input === "terminal" ? ("open" as const) : undefined };
      return { kind: "running", command: await startCommand({ ...program, ...wiring, ...stdin }, facts) };
    },
  };
}

/** Until who shows the terminal says how large it is. */
const usualSize = { rows: 24, cols: 80 };

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
