// Starts programs: the one place where that is done. Each leads a process group of its own, which is killed as a whole.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { areTerminalsOpen, isThere, withoutOthersDescriptors } from "./descriptors.ts";
import { signalIfThere } from "./sessions.ts";
import { watched } from "./watchdog.ts";

/**
 * True: it starts nothing. `unlessCutShort`: the system itself ends all that it starts with it, as a namespace of processes
 * does, but for what is killed while that is made. Else we look for what it leaves.
 */
export type LeavesNothing = boolean | "unlessCutShort";

export interface SpawnRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Opened for a program that leaves nothing, which gets them as descriptors 3 and so on. Undefined: none. */
  readonly files?: readonly { readonly path: string; readonly flags: "r" | "w" }[] | undefined;
  readonly leavesNothing?: LeavesNothing | undefined;
}

interface Pipes {
  /** False: its input is empty. */
  readonly input: boolean;
  /** Descriptor 3, for the program to write to. */
  readonly report: boolean;
}

export interface Spawned {
  readonly child: ChildProcess;
  /** Never rejects. Resolves when it has ended and its outputs have. */
  readonly whole: Promise<{
    readonly exitCode: number | null;
    readonly signal: NodeJS.Signals | null;
    /** Why it was not started. Null when it was. */
    readonly spawnError: NodeJS.ErrnoException | null;
  }>;
  /** All of its group. Nothing when it has ended. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/**
 * Rejects when no program can be started so, such as with a NUL byte. One that is missing makes the result say so.
 * `endRest` is to be called when it has ended: nothing that it started is left when that resolves.
 */
export async function spawnProgram(
  request: SpawnRequest,
  pipes: Pipes,
): Promise<{ subprocess: Spawned; endRest: () => Promise<void> }> {
  // What has a namespace of its own is ended by the system, so it needs nothing that costs time.
  const start = request.leavesNothing ? startItself : await startWithExeca();
  const isKept = !pipes.report && areTerminalsOpen() && isThere(request);
  const { env, started, end } = watched(request);
  const subprocess = start({ ...request, ...(isKept ? withoutOthersDescriptors(request) : {}), env }, pipes);
  if (subprocess.child.pid !== undefined) started(subprocess.child.pid);
  return { subprocess, endRest: () => end({ wasKilled: subprocess.child.signalCode !== null }) };
}

/** They are open while `use` runs. Throws what the system says when one cannot be opened. */
export function withOpen<T>(files: SpawnRequest["files"] = [], use: (descriptors: readonly number[]) => T): T {
  const descriptors: number[] = [];
  try {
    for (const { path, flags } of files) descriptors.push(openSync(path, flags, 0o600));
    return use(descriptors);
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}

type Start = (request: SpawnRequest, pipes: Pipes) => Spawned;

/** Loaded when the first command needs it, not when the server starts. */
async function startWithExeca(): Promise<Start> {
  const { execa } = await import("execa");
  return ({ file, args, cwd, env }, { input, report }) => {
    const subprocess = execa(file, args, {
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
    const whole = subprocess.then(({ exitCode = null, signal = null, cause, originalMessage }) => {
      if (subprocess.pid !== undefined) return { exitCode, signal, spawnError: null };
      return { exitCode: null, signal: null, spawnError: spawnErrorOf(cause, originalMessage) };
    });
    return { child: subprocess.nodeChildProcess, whole, kill: (signal) => void subprocess.kill(signal) };
  };
}

function startItself({ file, args, cwd, env, files }: SpawnRequest, { input, report }: Pipes): Spawned {
  return withOpen(files, (descriptors) => {
    const more = report ? ["pipe" as const] : descriptors;
    const stdio: StdioOptions = [input ? "pipe" : "ignore", "pipe", "pipe", ...more];
    const child = spawn(file, args, { cwd, env, stdio, detached: true });
    return { child, whole: wholeOf(child), kill: (signal) => killGroup(child.pid, signal) };
  });
}

function wholeOf(child: ChildProcess): Spawned["whole"] {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, spawnError: error });
    });
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal, spawnError: null }));
  });
}

function killGroup(group: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
  if (group !== undefined) signalIfThere(-group, signal);
}

/** The system's own error calls a working directory that is missing a program that is missing. */
function spawnErrorOf(cause: unknown, message: string | undefined): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = cause instanceof Error ? cause : new Error(String(cause));
  const { code, syscall, path } = error;
  const facts = Object.entries({ code, syscall, path }).filter(([, value]) => value !== undefined);
  return Object.assign(new Error(message ?? error.message, { cause }), Object.fromEntries(facts));
}
