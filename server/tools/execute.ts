// Runs a command under a policy: the sandbox translates, exec runs. The two do not know each other.
import { arch } from "node:process";
import { startCommand } from "../exec/command.ts";
import { ownPart } from "../exec/process-identity.ts";
import type { Terminals } from "../exec/pty.ts";
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { findContainer } from "../sandbox/container.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts } from "../sandbox/facts.ts";
import { LiveSandbox } from "../sandbox/live.ts";
import { machineSandbox } from "../sandbox/machine.ts";
import type { SandboxStatus } from "../sandbox/probe.ts";
import { RootPins } from "../sandbox/root-pins.ts";
import type { SandboxedCommand } from "../sandbox/select.ts";
import type { Started, StartRequest } from "./command.ts";

export interface CommandRunner {
  /** What confines commands here, and who hears when that changes. */
  readonly sandbox: LiveSandbox;
  /** Asked with a real run of the sandbox, and anew only when there is reason to. */
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
  /** What the user's own configuration says; see `LiveSandbox`. */
  containerIsSandbox?(): boolean;
}): CommandRunner {
  const { platform, env } = facts;
  const pins = new RootPins(diskFacts);
  const machine = machineSandbox({
    ...facts,
    arch,
    // From the system's own directories, whatever PATH says: a helper planted in a workspace would run unconfined.
    search: { path: "", roots: [] },
    processes: ownPart(),
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });
  const sandbox = new LiveSandbox({
    probe: () => machine.renew(),
    findContainer: () => findContainer({ platform, env, files: diskFacts }),
    containerIsSandbox: () => facts.containerIsSandbox?.() ?? false,
    now: () => performance.now(),
  });

  async function translate(request: CommandRequest): Promise<SandboxedCommand> {
    const { argv, cwd, workspace, policy, terminal = false } = request;
    const roots = bothSpellings(rootsOf(workspace, policy));
    const usual = commandEnvironment(env, { roots, secretNames: facts.secretNames?.() ?? [], terminal });
    const enforced = (await sandbox.containerIsSandbox()) ? inContainer(policy) : policy;
    if (enforced === null) return { kind: "refuse", message: onlyReads };
    // One probe, whoever asks first.
    await sandbox.status();
    const command = { argv, cwd, env: withOverrides(usual, request.env ?? {}), terminal };
    return machine.translate(command, enforced, workspace);
  }

  return {
    sandbox,
    sandboxStatus: () => sandbox.status(),
    translate,
    launchFailed: (output) => sandbox.launchFailed(output),
    async start({ argv, cwd, threadId, threadCwd, policy, input, ...wiring }) {
      const moved = policy.type === "workspaceWrite" ? pins.refusal(threadId, rootsOf(threadCwd, policy)) : null;
      if (moved !== null) return { kind: "refused", message: moved };
      const terminal = input === "terminal" && (await facts.terminals()).kind === "available";
      const program = await translate({ argv, cwd, workspace: threadCwd, policy, terminal });
      if (program.kind === "refuse") return { kind: "refused", message: program.message };
      const stdin = terminal
        ? { terminal: usualSize }
        : { terminal: null, input: input === "terminal" ? ("open" as const) : undefined };
      const command = await startCommand({ ...program, ...wiring, ...stdin }, facts);
      return {
        kind: "running",
        command,
        async launchProblem(result) {
          const wasReached = program.ended?.() ?? true;
          if (wasReached || result.aborted || result.timedOut) return null;
          return sandbox.launchFailed(result.spawnError ?? result.output);
        },
      };
    },
  };
}

/** Until who shows the terminal says how large it is. */
const usualSize = { rows: 24, cols: 80 };
/** What is left of a policy where the container around us enforces it. Null: nothing, so it must not run so. */
function inContainer(policy: SandboxPolicy): SandboxPolicy | null {
  if (policy.type === "readOnly") return null;
  return policy.type === "workspaceWrite" ? { type: "externalSandbox", networkAccess: "enabled" } : policy;
}

const onlyReads =
  "The command was not run: the container is the sandbox here, and it keeps no command from writing. " +
  "Ask for workspace-write, or make bubblewrap work (belay doctor says how).";

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
