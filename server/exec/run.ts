// Runs one program to its end and says what happened. Does not know what a sandbox is, nor why the program is run.
import { outputKeeper, wholeCharacters } from "./output.ts";
import type { ExecResult } from "./result.ts";
import { type SpawnRequest, spawnProgram } from "./spawn.ts";
import { superviseEnd } from "./terminate.ts";

export interface ProgramRequest extends SpawnRequest {
  /** Ends the program, and whatever it started, when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Undefined: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Called with each piece of output, whole characters of UTF-8, in order of arrival. Must not throw. */
  readonly onOutput?: ((bytes: Buffer) => void) | undefined;
  /** How much output the result keeps. Undefined: 1 MiB. */
  readonly keepBytes?: number | undefined;
}

/** Never throws. Its stdin is empty; it has a process group of its own, which ends with it. */
export async function runProgram(request: ProgramRequest): Promise<ExecResult> {
  const startedAt = performance.now();
  const keeper = outputKeeper(request.keepBytes ?? 1024 * 1024);
  const end = await runToEnd(request, (bytes) => {
    keeper.add(bytes);
    request.onOutput?.(bytes);
  });
  const { text: output, truncatedBytes } = keeper.kept();
  return { ...end, output, truncatedBytes, durationMs: performance.now() - startedAt };
}

type End = Omit<ExecResult, "output" | "truncatedBytes" | "durationMs">;

const nothingHappened: End = { exitCode: null, signal: null, timedOut: false, aborted: false, spawnError: null };

async function runToEnd(request: ProgramRequest, pass: (bytes: Buffer) => void): Promise<End> {
  if (request.signal?.aborted) return { ...nothingHappened, aborted: true };
  try {
    const { subprocess } = await spawnProgram(request, { input: false, report: false });
    for (const stream of [subprocess.stdout, subprocess.stderr]) {
      const input = wholeCharacters(pass);
      stream.on("data", (bytes: Buffer) => input.write(bytes));
      stream.once("end", () => input.end());
    }
    using ending = superviseEnd(
      {
        kill: (signal) => void subprocess.kill(signal),
        onceExited: (listener) => void subprocess.nodeChildProcess.once("exit", listener),
        closePipes: () => [subprocess.stdout, subprocess.stderr].forEach((stream) => void stream.destroy()),
      },
      request,
    );
    const ended = await Promise.race([subprocess, ending.givenUp]);
    const reason = ending.stopReason();
    const stopped = { timedOut: reason === "timedOut", aborted: reason === "aborted" };
    if (ended === undefined) return { ...nothingHappened, ...stopped };
    if (subprocess.pid === undefined)
      return { ...nothingHappened, spawnError: ended.originalMessage ?? messageOf(ended.cause) };
    return { ...nothingHappened, ...stopped, exitCode: ended.exitCode ?? null, signal: ended.signal ?? null };
  } catch (error) {
    // Arguments that no program can be started with, such as one with a NUL byte.
    return { ...nothingHappened, spawnError: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
