// A command that runs: seen, typed to and stopped while it does, and told about when it has ended. Pipes or a terminal
// make no difference to who holds it. Does not know what a sandbox is, nor why the command is run.
import type { TerminalSize } from "../protocol/command-exec.ts";
import { type LiveEnd, type LiveRequest, type OutputStream, startLive } from "./live.ts";
import { type KeptOutput, outputKeeper, wholeCharacters } from "./output.ts";
import type { Terminals } from "./pty.ts";
import type { ExecResult } from "./result.ts";
import type { SpawnRequest } from "./spawn.ts";

export interface CommandRequest extends SpawnRequest {
  /** Null: pipes. Where there are no terminals it runs with pipes too, and `terminal` of what runs is null. */
  readonly terminal: TerminalSize | null;
  /** What a command without a terminal finds at its stdin. Undefined: the end of it. */
  readonly input?: "open" | undefined;
  /** Stops the command when aborted, as `stop` does. */
  readonly signal?: AbortSignal | undefined;
  /** Undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * Each piece of output, whole characters of UTF-8, in order of arrival. Nothing more of the same stream is read until
   * a promise it returns resolves. Must not throw or reject.
   */
  readonly onOutput?: ((bytes: Buffer) => void | Promise<void>) | undefined;
  /** How much output the result keeps. Undefined: 1 MiB. */
  readonly keepBytes?: number | undefined;
}

export interface CommandDeps {
  /** Asked when a terminal is wanted. */
  terminals(): Promise<Terminals>;
}

export interface RunningCommand {
  /** Of the process that was started, which with a terminal or a sandbox is one around the program. Null: none was. */
  readonly pid: number | null;
  /** Null when it has none; `whyNot` says why, when one was asked for. */
  readonly terminal: TerminalSize | null;
  readonly whyNot: string | null;
  /** Never rejects. Resolves when the command and all it started have ended, and all they wrote was passed on. */
  readonly ended: Promise<ExecResult>;
  /** Resolves when there is room for more. What is written to a command that has ended, or takes no input, is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  closeInput(): void;
  /** Null when it was done, else a sentence that says why not. */
  resize(size: TerminalSize): Promise<string | null>;
  /** SIGTERM, soon after SIGKILL, to it and all it started. The result is `aborted`. Nothing when it has ended. */
  stop(): void;
  /** What was written since the last call, or since the start: head and tail of it when it is long. */
  takeNew(): NewOutput;
}

export interface NewOutput {
  /** With a line between head and tail that says so, when something is missing. */
  readonly text: string;
  /** Bytes of UTF-8 missing from the middle of `text`. */
  readonly omitted: number;
}

/** Never rejects: a command that cannot be started has ended with `spawnError`. */
export async function startCommand(request: CommandRequest, deps: CommandDeps): Promise<RunningCommand> {
  const startedAt = performance.now();
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  request.signal?.addEventListener("abort", stop, { once: true });
  if (request.signal?.aborted) stop();
  const output = keptAndPassedOn(request);
  const live: LiveRequest = { ...request, signal: stopping.signal, termGraceMs: usualGraceMs, onOutput: output.take };
  const { program, ...place } = await start(live, request, deps);
  const ended = program.ended.then((end): ExecResult => {
    request.signal?.removeEventListener("abort", stop);
    output.end();
    const { text, truncatedBytes } = output.kept();
    return { ...factsOf(end), output: text, truncatedBytes, durationMs: performance.now() - startedAt };
  });
  return {
    pid: program.pid,
    ...place,
    ended,
    write: (bytes) => program.write(bytes),
    closeInput: () => program.closeInput(),
    resize: async (size) => ("resize" in program ? program.resize(size) : "the command has no terminal"),
    stop,
    takeNew: output.takeNew,
  };
}

const usualGraceMs = 300;
const usualKeepBytes = 1024 * 1024;
/** Of what the model has not read yet: far more than it is ever shown at once. */
const maxNewBytes = 256 * 1024;

async function start(live: LiveRequest, { terminal, input }: CommandRequest, deps: CommandDeps) {
  const terminals = terminal === null ? null : await deps.terminals();
  if (terminal !== null && terminals?.kind === "available") {
    return { program: await terminals.provider.start(live, terminal), terminal, whyNot: null };
  }
  const whyNot = terminals?.kind === "unavailable" ? terminals.reason : null;
  return { program: await startLive(live, { input }), terminal: null, whyNot };
}

function keptAndPassedOn({ keepBytes = usualKeepBytes, onOutput }: CommandRequest) {
  const all = outputKeeper(keepBytes);
  let fresh = outputKeeper(Math.min(keepBytes, maxNewBytes));
  let taken: void | Promise<void>;
  const pass = (bytes: Buffer) => {
    all.add(bytes);
    fresh.add(bytes);
    taken = onOutput?.(bytes);
  };
  const inputs = { stdout: wholeCharacters(pass), stderr: wholeCharacters(pass) };
  return {
    take(stream: OutputStream, bytes: Buffer): void | Promise<void> {
      taken = undefined;
      inputs[stream].write(bytes);
      return taken;
    },
    end() {
      inputs.stdout.end();
      inputs.stderr.end();
    },
    kept: (): KeptOutput => all.kept(),
    takeNew(): NewOutput {
      const { text, truncatedBytes } = fresh.kept();
      fresh = outputKeeper(Math.min(keepBytes, maxNewBytes));
      return { text, omitted: truncatedBytes };
    },
  };
}

function factsOf({ spawnError, ...end }: LiveEnd): Omit<ExecResult, "output" | "truncatedBytes" | "durationMs"> {
  return { ...end, spawnError: spawnError?.message ?? null };
}
