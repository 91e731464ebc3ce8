// `belay sandbox`: runs one command under a policy, as the agent would, with the terminal's own stdio.
import { type ChildProcess, spawn } from "node:child_process";
import { constants, homedir } from "node:os";
import { resolve } from "node:path";
import { arch, platform } from "node:process";
import { parseArgs } from "node:util";
import { ownPart } from "../exec/process-identity.ts";
import { runProgram } from "../exec/run.ts";
import { withOpen } from "../exec/spawn.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts } from "../sandbox/facts.ts";
import type { Program } from "../sandbox/linux.ts";
import { type MachineSandbox, machineSandbox } from "../sandbox/machine.ts";
import { belayHome } from "../util/belay-home.ts";

export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Of the process itself: what would end it. */
  readonly signals: Pick<NodeJS.EventEmitter, "on" | "off">;
}

const usage =
  "Usage: belay sandbox --mode read-only|workspace-write [--cwd DIR] [--writable DIR]... [--network] -- CMD ARG...\n";

const usageError = 2;
const cannotRun = 126;
const notFound = 127;

/**
 * `argv` is what follows `sandbox`. Resolves with the exit code of the command, 128 + n when signal n ended it, and
 * 126 when the sandbox cannot be set up; the command has not been started then.
 */
export async function runSandboxCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const request = parse(argv, io.cwd);
  if (request.kind === "help") {
    io.stdout.write(usage);
    return 0;
  }
  if (request.kind === "wrong") {
    io.stderr.write(`belay sandbox: ${request.message}\n${usage}`);
    return usageError;
  }
  // Roots as the user spells them and as they really are: an entry of PATH may use either.
  const roots = request.roots.flatMap((root) => [root, diskFacts.realpath(root) ?? root]);
  const sandbox = sandboxOf(io, roots);
  const command = { argv: request.argv, cwd: request.cwd, env: commandEnvironment(io.env, { roots }) };
  const sandboxed = await sandbox.translate(command, request.policy, request.cwd);
  if (sandboxed.kind === "refuse") {
    io.stderr.write(`belay sandbox: ${sandboxed.message}\n`);
    return cannotRun;
  }
  const exitCode = await runAttached(sandboxed, io);
  if (sandboxed.ended?.() ?? true) return exitCode;
  // What the helper said of it stands above.
  io.stderr.write(`belay sandbox: ${await sandbox.failed("")}\n`);
  return cannotRun;
}

type Request =
  | { kind: "run"; policy: SandboxPolicy; roots: string[]; cwd: string; argv: string[] }
  | { kind: "help" }
  | { kind: "wrong"; message: string };

function parse(argv: readonly string[], currentDirectory: string): Request {
  const end = argv.indexOf("--");
  const command = end < 0 ? [] : argv.slice(end + 1);
  const parsed = parseOptions(end < 0 ? argv : argv.slice(0, end));
  if (typeof parsed === "string") return { kind: "wrong", message: parsed };
  if (parsed.help) return { kind: "help" };
  if (command.length === 0) return { kind: "wrong", message: "the command is missing; it follows a --." };
  const cwd = resolve(currentDirectory, parsed.cwd ?? ".");
  const writableRoots = (parsed.writable ?? []).map((path) => resolve(currentDirectory, path));
  const networkAccess = parsed.network ?? false;
  const common = { kind: "run" as const, cwd, roots: [cwd, ...writableRoots], argv: command };
  if (parsed.mode === "workspace-write") {
    const excluded = { excludeTmpdirEnvVar: false, excludeSlashTmp: false };
    return { ...common, policy: { type: "workspaceWrite", writableRoots, networkAccess, ...excluded } };
  }
  if (parsed.mode !== "read-only") return { kind: "wrong", message: "--mode must be read-only or workspace-write." };
  if (writableRoots.length > 0) return { kind: "wrong", message: "--writable needs --mode workspace-write." };
  return { ...common, policy: { type: "readOnly", networkAccess } };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        mode: { type: "string" },
        cwd: { type: "string" },
        writable: { type: "string", multiple: true },
        network: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function sandboxOf({ env }: CommandIo, roots: readonly string[]): MachineSandbox {
  const userHome = env.HOME || homedir();
  return machineSandbox({
    platform,
    arch,
    userHome,
    belayHome: belayHome(env, userHome),
    search: { path: env.PATH ?? "", roots },
    processes: ownPart(),
    run: (program) => runProgram({ ...program, timeoutMs: 10_000 }),
  });
}

function runAttached({ file, args, cwd, env, files }: Program, io: CommandIo): Promise<number> {
  return new Promise((done) => {
    const child = withOpen(files, (descriptors) =>
      spawn(file, args, { cwd, env, stdio: ["inherit", "inherit", "inherit", ...descriptors] }),
    );
    const end = (exitCode: number) => {
      release();
      done(exitCode);
    };
    const release = outliving(child, io);
    child.once("error", (error) => {
      io.stderr.write(`belay sandbox: the command could not be started: ${error.message}\n`);
      end("code" in error && error.code === "ENOENT" ? notFound : cannotRun);
    });
    child.once("exit", (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** What ends us ends the command first: something is to be cleared away behind it. ^C reaches both by itself. */
function outliving(child: ChildProcess, { signals }: CommandIo): () => void {
  const ignore = () => {};
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  signals.on("SIGINT", ignore).on("SIGTERM", pass).on("SIGHUP", pass);
  return () => void signals.off("SIGINT", ignore).off("SIGTERM", pass).off("SIGHUP", pass);
}
