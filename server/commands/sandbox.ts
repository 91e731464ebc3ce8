// `belay sandbox`: runs one command under a policy, as the agent would, with the terminal's own stdio.
import { spawn } from "node:child_process";
import { constants, platform } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runProgram } from "../exec/run.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { commandEnvironment } from "../sandbox/environment.ts";
import { diskFacts, executable } from "../sandbox/facts.ts";
import { findHelper, type Program } from "../sandbox/linux.ts";
import { sandboxProbe } from "../sandbox/probe.ts";
import { type SandboxedCommand, sandboxCommand } from "../sandbox/select.ts";

export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
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
  const sandboxed = await inSandbox(request, io);
  if (sandboxed.kind === "refuse") {
    io.stderr.write(`belay sandbox: ${sandboxed.message}\n`);
    return cannotRun;
  }
  return runAttached(sandboxed, io);
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

async function inSandbox(request: Request & { kind: "run" }, { env }: CommandIo): Promise<SandboxedCommand> {
  // Roots as the user spells them and as they really are: an entry of PATH may use either.
  const roots = request.roots.flatMap((root) => [root, diskFacts.realpath(root) ?? root]);
  const helper = findHelper({ path: env.PATH ?? "", roots, executable });
  const status = await sandboxProbe({ platform: platform(), helper, run: runProgram })();
  const home = env.HOME ?? null;
  const belayHome = env.BELAY_HOME ?? (home === null ? null : join(home, ".belay"));
  return sandboxCommand(
    { argv: request.argv, cwd: request.cwd, env: commandEnvironment(env, { roots }) },
    request.policy,
    { status, helper, context: { cwd: request.cwd, home, belayHome, privateTmp: null, files: diskFacts } },
  );
}

function runAttached({ file, args, cwd, env }: Program, io: CommandIo): Promise<number> {
  return new Promise((done) => {
    const child = spawn(file, args, { cwd, env, stdio: "inherit" });
    child.once("error", (error) => {
      io.stderr.write(`belay sandbox: the command could not be started: ${error.message}\n`);
      done("code" in error && error.code === "ENOENT" ? notFound : cannotRun);
    });
    child.once("exit", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
