// Runs one program that others talk to while it runs: bytes in, bytes out, no faster than the receiver takes them.
// Does not know what a sandbox is, nor why the program is run.
import type { Readable, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { type Spawned, type SpawnRequest, spawnProgram } from "./spawn.ts";
import { superviseEnd } from "./terminate.ts";

export interface LiveRequest extends SpawnRequest {
  /** Ends the program, with whatever it started, when aborted. */
  readonly signal: AbortSignal;
  /** Undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /** How long SIGTERM may take before SIGKILL. Undefined: no SIGTERM is sent. */
  readonly termGraceMs?: number | undefined;
  /** Nothing more of the same stream is read until a promise it returns resolves. Must not throw or reject. */
  readonly onOutput: (stream: OutputStream, bytes: Buffer) => void | Promise<void>;
}

export type OutputStream = "stdout" | "stderr";

export interface LiveProgram {
  /** Null when it never started. */
  readonly pid: number | null;
  /** Never rejects. Resolves when the program has ended and all it wrote was taken. */
  readonly ended: Promise<LiveEnd>;
  /** Resolves when there is room for more. What is written to a program that has ended is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  closeInput(): void;
}

export interface LiveEnd {
  /** Null when it did not exit by itself. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  /** Why it never started. Null when it did. */
  readonly spawnError: NodeJS.ErrnoException | null;
}

interface LiveWiring {
  /** Undefined: the program's input is empty. */
  readonly input?: "open" | undefined;
  /** Receives what the program writes to its descriptor 3. */
  readonly report?: ((text: string) => void) | undefined;
  /** Instead of to the program's process group alone; `group` does that. */
  readonly kill?: ((signal: "SIGTERM" | "SIGKILL", group: () => void) => void) | undefined;
}

/** Never rejects: a program that cannot be started has ended with `spawnError`. It has a process group of its own. */
export async function startLive(request: LiveRequest, wiring: LiveWiring = {}): Promise<LiveProgram> {
  if (request.signal.aborted) return notStarted({ aborted: true });
  try {
    const pipes = { input: wiring.input === "open", report: wiring.report !== undefined };
    const { subprocess, endRest } = await spawnProgram(request, pipes);
    return {
      pid: subprocess.child.pid ?? null,
      ended: toItsEnd({ ...childOf(subprocess, wiring), endRest }, request),
      ...inputOf(subprocess.child.stdin),
    };
  } catch (error) {
    // Arguments that no program can be started with, such as one with a NUL byte.
    return notStarted({ spawnError: asError(error) });
  }
}

const nothingHappened: LiveEnd = {
  exitCode: null,
  signal: null,
  timedOut: false,
  aborted: false,
  spawnError: null,
};

export function notStarted(why: Partial<LiveEnd>): LiveProgram {
  return { pid: null, ended: Promise.resolve({ ...nothingHappened, ...why }), ...inputOf(null) };
}

/** A program that was started, whoever started it. */
export interface LiveChild {
  readonly outputs: readonly (readonly [name: OutputStream, stream: Readable | null])[];
  /** Resolves when it has exited and its outputs have ended. Never rejects. */
  readonly whole: Promise<Pick<LiveEnd, "exitCode" | "signal" | "spawnError">>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  onceExited(listener: () => void): void;
  /** Closes what is open besides the outputs. */
  closeMore(): void;
  /** Ends what it left running. Never rejects. */
  endRest(): Promise<void>;
}

function childOf(subprocess: Spawned, wiring: LiveWiring): Omit<LiveChild, "endRest"> {
  const { child, whole } = subprocess;
  const reports = child.stdio[3] as Readable | null | undefined;
  reports?.on("data", (bytes: Buffer) => wiring.report?.(bytes.toString("utf8")));
  return {
    outputs: [
      ["stdout", child.stdout],
      ["stderr", child.stderr],
    ],
    whole,
    kill(signal) {
      const group = () => subprocess.kill(signal);
      if (wiring.kill === undefined) group();
      else wiring.kill(signal, group);
    },
    onceExited: (listener) => void child.once("exit", listener),
    closeMore: () => void reports?.destroy(),
  };
}

export async function toItsEnd(child: LiveChild, request: LiveRequest): Promise<LiveEnd> {
  const outputs = child.outputs.map(([name, stream]) => outputOf(stream, name, request));
  let rest: Promise<void> | null = null;
  using ending = superviseEnd(
    {
      kill: (signal) => child.kill(signal),
      onceExited: (listener) =>
        child.onceExited(() => {
          listener();
          // Before the outputs end: what is left may hold them.
          rest = child.endRest();
        }),
      closePipes() {
        for (const output of outputs) void output.close();
        child.closeMore();
      },
    },
    { ...request, termGraceMs: request.termGraceMs ?? 0 },
  );
  const result = await Promise.race([child.whole, ending.givenUp]);
  await Promise.all([...outputs.map((output) => output.taken()), rest ?? child.endRest()]);
  // Given up: nothing may come behind the end.
  if (result === undefined) for (const output of outputs) output.drop();
  const reason = ending.stopReason();
  const stopped = { timedOut: reason === "timedOut", aborted: reason === "aborted" };
  if (result?.spawnError) return { ...nothingHappened, spawnError: result.spawnError };
  return { ...nothingHappened, ...stopped, ...result };
}

/** Passes on what comes, one piece at a time. */
function outputOf(stream: Readable | null, name: OutputStream, { onOutput, signal }: LiveRequest) {
  let taking: Promise<void> | null = null;
  const hold = (taken: Promise<void>) => {
    stream?.pause();
    const last = taken.then(() => {
      if (taking !== last) return;
      taking = null;
      stream?.resume();
    });
    taking = last;
  };
  stream?.on("data", (bytes: Buffer) => {
    // A stream that was told to pause may still have a piece on its way.
    const taken = taking === null ? onOutput(name, bytes) : taking.then(() => onOutput(name, bytes));
    if (taken instanceof Promise) hold(taken);
  });
  return {
    /** Resolves when the receiver has all that was read. */
    taken: async () => void (await taking),
    drop: () => void stream?.destroy(),
    /** A process that left the group may hold the pipe for ever; a receiver that is slow must still get what is in it. */
    async close() {
      for (let last = taking; last !== null && !signal.aborted; last = taking) {
        await last;
        // One turn of the event loop to ask for more, and one for it to come.
        await setImmediate();
        await setImmediate();
      }
      stream?.destroy();
    },
  };
}

function inputOf(stdin: Writable | null): Pick<LiveProgram, "write" | "closeInput"> {
  // The program has closed its input or is gone: what was on its way is nobody's.
  stdin?.on("error", () => {});
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        if (stdin?.writable) stdin.write(bytes, () => resolve());
        else resolve();
      }),
    closeInput: () => void stdin?.end(),
  };
}

function asError(cause: unknown): NodeJS.ErrnoException {
  return cause instanceof Error ? cause : new Error(String(cause));
}
