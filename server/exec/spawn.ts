// Starts programs: the one place where that is done. Each leads a process group of its own, which is killed as a whole.
import type { execa as Execa } from "execa";
import { areTerminalsOpen, isThere, withoutOthersDescriptors } from "./descriptors.ts";
import { watched } from "./watchdog.ts";

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** The system itself ends all that it starts with it, as a namespace of processes does. Else we look for it. */
  readonly leavesNothing?: boolean | undefined;
}

interface Pipes {
  /** False: its input is empty. */
  readonly input: boolean;
  /** Descriptor 3, for the program to write to. */
  readonly report: boolean;
}

export type Spawned = ReturnType<typeof start>;

/**
 * Rejects when no program can be started so, such as with a NUL byte. One that is missing makes the result say so.
 * `endRest` is to be called when it has ended: nothing that it started is left when that resolves.
 */
export async function spawnProgram(
  request: SpawnRequest,
  pipes: Pipes,
): Promise<{ subprocess: Spawned; endRest: () => Promise<void> }> {
  // Loaded when the first command runs, not when the server starts.
  const { execa } = await import("execa");
  const isKept = !pipes.report && areTerminalsOpen() && isThere(request);
  const { env, started, end } = watched(request);
  const subprocess = start(execa, { ...request, ...(isKept ? withoutOthersDescriptors(request) : {}), env }, pipes);
  if (subprocess.pid !== undefined) started(subprocess.pid);
  return { subprocess, endRest: end };
}

function start(execa: typeof Execa, { file, args, cwd, env }: SpawnRequest, { input, report }: Pipes) {
  return execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    stdio: [input ? "pipe" : "ignore", "pipe", "pipe", report ? "pipe" : "ignore"],
    encoding: "buffer",
    buffer: false,
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: false,
  });
}
