// Starts programs: the one place where that is done. Each leads a process group of its own, which is killed as a whole.
import type { execa as Execa } from "execa";
import { areTerminalsOpen, isThere, withoutOthersDescriptors } from "./descriptors.ts";

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

interface Pipes {
  /** False: its input is empty. */
  readonly input: boolean;
  /** Descriptor 3, for the program to write to. */
  readonly report: boolean;
}

export type Spawned = ReturnType<typeof start>;

/** Rejects when no program can be started so, such as with a NUL byte. One that is missing makes the result say so. */
export async function spawnProgram(request: SpawnRequest, pipes: Pipes): Promise<{ subprocess: Spawned }> {
  // Loaded when the first command runs, not when the server starts.
  const { execa } = await import("execa");
  const isKept = !pipes.report && areTerminalsOpen() && isThere(request);
  return { subprocess: start(execa, isKept ? { ...request, ...withoutOthersDescriptors(request) } : request, pipes) };
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
