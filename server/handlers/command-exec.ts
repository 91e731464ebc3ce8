// Commands that a client runs by itself, outside every thread. Each belongs to the connection that asked for it.
import { stat } from "node:fs/promises";
import { constants } from "node:os";
import { resolve } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import { cappedForJson, cappedOutput } from "../exec/capped.ts";
import { type LiveEnd, type LiveProgram, type LiveRequest, type OutputStream, startLive } from "../exec/live.ts";
import type { TerminalProgram, Terminals } from "../exec/pty.ts";
import { decodeBase64 } from "../files/base64.ts";
import { osErrorText } from "../files/os-error.ts";
import type { CommandExecParams, TerminalSize } from "../protocol/command-exec.ts";
import type { clientRequests } from "../protocol/methods.ts";
import { permissionProfiles, sandboxOfProfile } from "../protocol/permission-profiles.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import {
  commandNotStarted,
  invalidCommandOption,
  invalidCommandRequest,
  noActiveCommand,
  requestCancelled,
  serverOverloaded,
} from "../protocol/rpc/errors.ts";
import type { SandboxMode, SandboxPolicy } from "../protocol/sandbox.ts";
import type { Client } from "../thread/client.ts";
import type { CommandRunner } from "../tools/execute.ts";
import { orAborted } from "../util/or-aborted.ts";
import { Turnstile } from "../util/turnstile.ts";
import type { Caller } from "./caller.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_CAP_BYTES = 1024 * 1024;
/** Of JSON, for each stream of a response: one text can be twice as long, and no more. */
const MAX_KEPT_CHARS = 240 * 1024 * 1024;
const MAX_BEGINNING_CHARS = 4096;
const DEFAULT_SIZE: TerminalSize = { rows: 24, cols: 80 };
const TIMED_OUT = 124;
const MAX_RUNNING_OF_CLIENT = 64;
/** Starting a program holds up everybody for a moment. */
const MAX_STARTING = 4;

export interface CommandExecDeps {
  readonly runner: CommandRunner;
  readonly terminals: () => Promise<Terminals>;
  /** The server's: where commands run, and what a writable workspace is. */
  readonly cwd: string;
  readonly policyOf: (mode: SandboxMode) => SandboxPolicy;
  defaultMode(): SandboxMode;
}

type CommandMethods = "command/exec" | "command/exec/write" | "command/exec/resize" | "command/exec/terminate";

/** What the other methods need to know of a command that runs. */
interface Running {
  readonly takesInput: boolean;
  inputIsClosed: boolean;
  /** Null when it could not be started. */
  readonly program: Promise<LiveProgram | TerminalProgram | null>;
  terminate(): void;
}

interface OfClient {
  /** Those that run, with a name or without. */
  count: number;
  readonly named: Map<string, Running>;
}

export function commandExecHandlers(
  deps: CommandExecDeps,
): Pick<Handlers<typeof clientRequests, Caller>, CommandMethods> {
  const starts = new Turnstile(MAX_STARTING);
  const commands = new WeakMap<Client, OfClient>();
  const find = (client: Client, processId: string): Running => {
    const running = commands.get(client)?.named.get(processId);
    if (running === undefined) throw noActiveCommand(processId);
    return running;
  };
  const found = async (client: Client, processId: string) => {
    const program = await find(client, processId).program;
    if (program === null) throw noActiveCommand(processId);
    return program;
  };

  return {
    async "command/exec"(params, { client }, signal) {
      checkParams(params);
      const processId = params.processId ?? null;
      const ofClient = commands.get(client) ?? { count: 0, named: new Map<string, Running>() };
      commands.set(client, ofClient);
      if (processId !== null && ofClient.named.has(processId)) {
        throw invalidCommandRequest(`duplicate active command/exec process id: ${JSON.stringify(processId)}`);
      }
      if (ofClient.count >= MAX_RUNNING_OF_CLIENT) throw serverOverloaded();
      ofClient.count++;
      const terminate = new AbortController();
      const output = receiverOf(params, client);
      const ends = AbortSignal.any([signal, terminate.signal]);
      const starting = startInTurn(starts, params, deps, { signal: ends, onOutput: output.onOutput });
      // Known from here on, so that what the client sends right behind this request finds it.
      if (processId !== null) {
        ofClient.named.set(processId, {
          takesInput: isStreamed(params).input,
          inputIsClosed: false,
          program: starting.then(
            ({ program }) => program,
            () => null,
          ),
          terminate: () => terminate.abort(),
        });
      }
      try {
        const { program, launchProblem } = await starting;
        const end = await program.ended;
        if (signal.aborted) throw requestCancelled("command/exec");
        const problem = await launchProblem(end, output.beginning());
        if (problem !== null) throw commandNotStarted(problem);
        if (end.spawnError !== null) throw commandNotStarted(spawnProblem(end.spawnError, params.command[0]));
        return { exitCode: exitCodeOf(end, params), ...output.kept() };
      } finally {
        ofClient.count--;
        if (processId !== null) ofClient.named.delete(processId);
      }
    },
    async "command/exec/write"({ processId, deltaBase64, closeStdin }, { client }) {
      const bytes = bytesToWrite(deltaBase64 ?? null, closeStdin ?? false);
      const running = find(client, processId);
      if (!running.takesInput) throw invalidCommandRequest("stdin streaming is not enabled for this command/exec");
      if (running.inputIsClosed) throw invalidCommandRequest("stdin is already closed");
      running.inputIsClosed = closeStdin ?? false;
      const program = await found(client, processId);
      const written = program.write(bytes);
      if (closeStdin) program.closeInput();
      await written;
      return {};
    },
    async "command/exec/resize"({ processId, size }, { client }) {
      checkSize(size);
      const program = await found(client, processId);
      const problem = "resize" in program ? await program.resize(size) : "process is not attached to a PTY";
      if (problem !== null) throw invalidCommandRequest(`failed to resize PTY: ${problem}`);
      return {};
    },
    async "command/exec/terminate"({ processId }, { client }) {
      find(client, processId).terminate();
      return {};
    },
  };
}

function checkParams(params: CommandExecParams): void {
  const { command, tty, size, timeoutMs, disableTimeout, outputBytesCap, disableOutputCap } = params;
  if (command.length === 0) throw invalidCommandRequest("command must not be empty");
  if (params.sandboxPolicy && params.permissionProfile) {
    throw invalidCommandRequest("`permissionProfile` cannot be combined with `sandboxPolicy`");
  }
  if (size && !tty) throw invalidCommandOption("command/exec size requires tty: true");
  if (isGiven(outputBytesCap) && disableOutputCap) {
    throw invalidCommandOption("command/exec cannot set both outputBytesCap and disableOutputCap");
  }
  if (isGiven(timeoutMs) && disableTimeout) {
    throw invalidCommandOption("command/exec cannot set both timeoutMs and disableTimeout");
  }
  if (isGiven(timeoutMs) && timeoutMs < 0) {
    throw invalidCommandOption(`command/exec timeoutMs must be non-negative, got ${timeoutMs}`);
  }
  if (size) checkSize(size);
  const { input, output } = isStreamed(params);
  if ((input || output) && !isGiven(params.processId)) {
    throw invalidCommandRequest("command/exec tty or streaming requires a client-supplied processId");
  }
}

function checkSize({ rows, cols }: TerminalSize): void {
  if (rows === 0 || cols === 0) throw invalidCommandOption("command/exec size rows and cols must be greater than 0");
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function isStreamed({ tty, streamStdin, streamStdoutStderr }: CommandExecParams) {
  return { input: Boolean(tty || streamStdin), output: Boolean(tty || streamStdoutStderr) };
}

function bytesToWrite(deltaBase64: string | null, closeStdin: boolean): Buffer {
  if (deltaBase64 === null && !closeStdin) {
    throw invalidCommandOption("command/exec/write requires deltaBase64 or closeStdin");
  }
  const decoded = decodeBase64(deltaBase64 ?? "");
  if (!decoded.ok) throw invalidCommandOption(`invalid deltaBase64: ${decoded.reason}`);
  return decoded.bytes;
}

/** What is ended while it waits comes to nothing in `start`. */
async function startInTurn(starts: Turnstile, ...what: Parameters<typeof start>): ReturnType<typeof start> {
  using _place = await starts.enter(what[2].signal);
  const program = await start(...what);
  // Whatever else has come meanwhile goes before the next start.
  await nextTick();
  return program;
}

interface StartedCommand {
  readonly program: LiveProgram | TerminalProgram;
  /** To be asked once it has ended, with what it said first. Null: the command was reached; else why it was not. */
  launchProblem(end: LiveEnd, said: string): Promise<string | null>;
}

/** Rejects with RpcError when the command must not run, or has nowhere to. */
async function start(
  params: CommandExecParams,
  deps: CommandExecDeps,
  wiring: Pick<LiveRequest, "signal" | "onOutput">,
): Promise<StartedCommand> {
  const cwd = resolve(deps.cwd, params.cwd ?? "");
  const terminal = params.tty ?? false;
  const folder = await stat(cwd).catch(() => null);
  if (!folder?.isDirectory()) throw commandNotStarted(`${osErrorText(missing)}: there is no folder ${cwd}`);
  const translated = await deps.runner.translate({
    argv: params.command,
    cwd,
    workspace: deps.cwd,
    policy: policyOf(params, deps),
    env: params.env ?? {},
    terminal,
  });
  if (translated.kind === "refuse") throw commandNotStarted(translated.message);
  const timeoutMs = params.disableTimeout ? undefined : (params.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const request = { ...translated, ...wiring, timeoutMs };
  try {
    const program = await startIn(terminal ? await deps.terminals() : null, params, request);
    const reached = program.ended.then(() => translated.ended?.() ?? true);
    return {
      program,
      async launchProblem({ aborted, timedOut, spawnError }, said) {
        if ((await reached) || aborted || timedOut) return null;
        return deps.runner.launchFailed(spawnError?.message ?? said);
      },
    };
  } catch (error) {
    translated.ended?.();
    throw error;
  }
}

/** Null: not in a terminal. */
async function startIn(terminals: Terminals | null, params: CommandExecParams, request: LiveRequest) {
  if (terminals === null) return startLive(request, isStreamed(params).input ? { input: "open" } : {});
  if (terminals.kind === "unavailable") throw commandNotStarted(terminals.reason);
  return terminals.provider.start(request, params.size ?? DEFAULT_SIZE);
}

const missing = { code: "ENOENT", syscall: "spawn" };

function policyOf({ sandboxPolicy, permissionProfile }: CommandExecParams, deps: CommandExecDeps): SandboxPolicy {
  if (sandboxPolicy) return sandboxPolicy;
  if (!permissionProfile) return deps.policyOf(deps.defaultMode());
  const mode = sandboxOfProfile(permissionProfile);
  if (mode !== null) return deps.policyOf(mode);
  const known = Object.keys(permissionProfiles).join(", ");
  throw invalidCommandRequest(`invalid permission profile: there is no ${permissionProfile}, only ${known}`);
}

/** Where output goes: to the client at its own pace, or into the response. */
function receiverOf(params: CommandExecParams, client: Client) {
  const cap = params.disableOutputCap ? Number.POSITIVE_INFINITY : (params.outputBytesCap ?? DEFAULT_CAP_BYTES);
  const processId = isStreamed(params).output ? (params.processId ?? null) : null;
  const capped = () => (processId === null ? cappedForJson(cappedOutput(cap), MAX_KEPT_CHARS) : cappedOutput(cap));
  const caps = { stdout: capped(), stderr: capped() };
  const kept: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
  let beginning = "";
  return {
    async onOutput(stream: OutputStream, all: Buffer): Promise<void> {
      if (beginning.length < MAX_BEGINNING_CHARS) beginning += all.subarray(0, MAX_BEGINNING_CHARS).toString("utf8");
      const taken = caps[stream].take(all);
      if (taken === null) return;
      if (processId === null) {
        kept[stream].push(taken.bytes);
        return;
      }
      const deltaBase64 = taken.bytes.toString("base64");
      const delta = { processId, stream, deltaBase64, capReached: taken.capReached };
      client.notify({ method: "command/exec/outputDelta", params: delta });
      await orAborted(client.drained(), client.ended);
    },
    /** What a sandbox that does not stand says, if it is one: it says it first. */
    beginning: () => beginning,
    kept: () => ({
      stdout: Buffer.concat(kept.stdout).toString("utf8"),
      stderr: Buffer.concat(kept.stderr).toString("utf8"),
    }),
  };
}

function exitCodeOf(end: LiveEnd, { tty }: CommandExecParams): number {
  if (end.timedOut) return TIMED_OUT;
  // In a terminal a signal that ends the command is a code already; without one the terminal itself was ended.
  return end.exitCode ?? (tty ? 1 : 128 + constants.signals[end.signal ?? "SIGKILL"]);
}

function spawnProblem(error: NodeJS.ErrnoException, file: string | undefined): string {
  const text = osErrorText(error);
  return text === null ? error.message : `${text}: the program ${file}`;
}
