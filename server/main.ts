// argv -> a door or a command. The only file that touches `process`.
import { homedir } from "node:os";
import type { App, AppOptions } from "./app.ts";
import { belayHome, homeRefusal, keepPrivate } from "./util/belay-home.ts";
import { patientTimeout } from "./util/patient-timeout.ts";
import { uuidV7 } from "./util/uuid-v7.ts";
import type { Log } from "./thread/deps.ts";

declare const __BELAY_VERSION__: string | undefined;
const version = typeof __BELAY_VERSION__ === "string" ? __BELAY_VERSION__ : "0.0.0-source";

const usage = `Belay ${version}, a coding agent

  belay app-server [--listen URL] [-c key=value]… [--strict-config]
                                          serves the App Server protocol: JSON lines on stdio (stdio://), or WebSockets
                                          on ws://IP:PORT, unix:// or unix://PATH
    --strict-config                       ends with code 1 when something in the configuration cannot be used
    --analytics-default-enabled, --enable FEATURE, --disable FEATURE
                                          are taken for the clients that pass them, and have no effect: Belay has no
                                          analytics and no such features
    --ws-auth capability-token            asks clients for the token in --ws-token-file FILE, or --ws-token-sha256 HEX
    --ws-auth signed-bearer-token         asks for a JWT (HS256) signed with --ws-shared-secret-file FILE, and for what
                                          --ws-issuer, --ws-audience and --ws-max-clock-skew-seconds say
  belay sandbox --mode read-only|workspace-write [--cwd DIR] [--writable DIR]… [--network] -- CMD ARG…
                                          runs a program under the sandbox policy
  belay policy check [--approval POLICY] [--mode MODE] [--cwd DIR] [--json] -- 'LINE'
                                          says whether a command line would run, ask or be forbidden, and why;
                                          --stdin takes JSON lines with \`command\`
  belay apply-patch [--cwd DIR] < PATCH   applies a patch to the files below DIR: all of it, or nothing
  belay doctor [--json] [-c key=value]…   says what works here, what does not, and what would help; ends with code 0
                                          when a person can work, with 1 when something must be mended first
  belay threads list|show ID|search TEXT|export ID|import FILE…
                                          the threads on disk; \`belay threads --help\` says more
  belay --version
`;

/** From the moment that nobody is there any more. */
const END_TIMEOUT_MS = 1_800;

type Command = (args: string[]) => Promise<number>;

const commands: Record<string, Command> = {
  "app-server": appServer,
  editor,
  sandbox,
  policy,
  "apply-patch": applyPatch,
  doctor,
  threads,
  "--version": async () => print(`belay ${version}\n`, 0),
  "--help": async () => print(usage, 0),
};

async function appServer(args: string[]): Promise<number> {
  const [{ readAppServerArguments }, { serveSockets, serveStdio }, { parseOverride }] = await Promise.all([
    import("./doors/arguments.ts"),
    import("./doors/app-server.ts"),
    import("./config/load.ts"),
  ]);
  const { listen, auth, overrides, isStrict, help } = readAppServerArguments(args);
  if (help) return print(usage, 0);
  const options = { ...baseOptions(), apiKeys: {}, clientsReturn: listen.kind !== "stdio" };
  // A client is greeted first: most of the harness is loaded behind the answer to `initialize`.
  const make = async () => {
    const { createApp } = await import("./app.ts");
    return createApp({ ...options, overrides: overrides.map(parseOverride) });
  };
  let made: Promise<App> | null = null;
  const app = { options, ready: () => (made ??= make()) };
  const { warnings } = isStrict ? await app.ready() : { warnings: [] };
  if (warnings.length > 0) {
    const sentences = warnings.map(
      ({ summary, details }) => `belay: ${summary}${details === null ? "" : ` ${details}`}`,
    );
    return print(`${sentences.join("\n")}\n`, 1);
  }
  outliveFileLimits();
  if (listen.kind === "stdio") {
    onTermination(() => process.stdin.destroy());
    process.stdin.once("close", endInTime).once("end", endInTime);
    await serveStdio(app, { input: process.stdin, output: process.stdout });
  } else {
    const ended = new Promise<void>((resolve) => onTermination(resolve));
    await serveSockets(app, { address: listen, auth, ended, print: (banner) => process.stderr.write(banner) });
  }
  return 0;
}

async function editor(): Promise<number> {
  const [{ nodeIpc }, { serveEditor }] = await Promise.all([
    import("./doors/node-ipc.ts"),
    import("./doors/editor.ts"),
  ]);
  const options = { ...baseOptions(), clientsReturn: false };
  outliveFileLimits();
  onTermination(() => process.disconnect?.());
  process.once("disconnect", endInTime);
  await serveEditor(nodeIpc(process), options);
  return 0;
}

async function sandbox(args: string[]): Promise<number> {
  const { runSandboxCommand } = await import("./commands/sandbox.ts");
  const { env, stdout, stderr } = process;
  return runSandboxCommand(args, { env, cwd: process.cwd(), stdout, stderr, signals: process });
}

async function policy(args: string[]): Promise<number> {
  const { runPolicyCommand } = await import("./commands/policy.ts");
  const { env, stdin, stdout, stderr } = process;
  return runPolicyCommand(args, { home: belayHome(env, homedir()), cwd: process.cwd(), stdin, stdout, stderr });
}

async function applyPatch(args: string[]): Promise<number> {
  const { runApplyPatchCommand } = await import("./commands/apply-patch.ts");
  const { stdin, stdout, stderr } = process;
  return runApplyPatchCommand(args, { cwd: process.cwd(), stdin, stdout, stderr });
}

async function doctor(args: string[]): Promise<number> {
  const { runDoctor } = await import("./commands/doctor.ts");
  const { env, platform, arch, stdout, stderr, execPath } = process;
  const node = { version: process.versions.node, path: execPath };
  const where = { home: belayHome(env, homedir()), userHome: homedir() || null, cwd: process.cwd() };
  const columns = stdout.isTTY ? stdout.columns : null;
  const uid = process.getuid?.() ?? null;
  return runDoctor(args, { ...where, env, platform, arch, version, node, uid, columns, stdout, stderr });
}

async function threads(args: string[]): Promise<number> {
  const { runThreadsCommand } = await import("./commands/threads.ts");
  const { env, platform, stdout, stderr } = process;
  // Who reads only the first lines has what they want.
  stdout.on("error", () => process.exit(0));
  return runThreadsCommand(args, {
    ...{ home: belayHome(env, homedir()), cwd: process.cwd(), env, platform, stdout, stderr },
  });
}

function baseOptions(): Omit<AppOptions, "overrides" | "apiKeys" | "clientsReturn"> {
  let requests = 0;
  const nextRequestId = () => requests++;
  const { env, platform } = process;
  return {
    home: ownHome(),
    env,
    cwd: process.cwd(),
    platform,
    version,
    nextRequestId,
    newId: uuidV7,
    log,
  };
}

/** Throws Error when it must not be used. */
function ownHome(): string {
  const home = belayHome(process.env, homedir());
  const uid = process.getuid?.() ?? null;
  const refusal = homeRefusal(home, uid);
  if (refusal !== null) throw new Error(refusal);
  keepPrivate(home, uid);
  return home;
}

const log: Log = (level, message, cause) => {
  const stack = cause instanceof Error ? `\n${cause.stack ?? cause.message}` : "";
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${stack}\n`);
};

/**
 * A file that may not grow any more is an error of that write, which says so. Node ignores the signal, but only until
 * execa, which listens to it while a command runs, has stopped listening.
 */
function outliveFileLimits(): void {
  process.on("SIGXFSZ", () => {});
}

/** A polite end: as if the client had gone. */
function onTermination(leave: () => void): void {
  // Not `once`: while a command runs, execa listens as well, and ends the process when it finds itself alone.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, leave);
}

/**
 * Who started us is gone and ends nothing any more: what hangs must not keep us. The watchdog ends our commands. Only the
 * time that we could run in counts, or a busy machine would cost the end of a turn.
 */
function endInTime(): void {
  const end = () => {
    log("warning", "something did not end in time, and is cut off");
    // Leaving by `process.exit` waits for what a file system that hangs has not answered.
    process.kill(process.pid, "SIGKILL");
  };
  patientTimeout(end, END_TIMEOUT_MS);
}

function print(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

async function main(argv: string[]): Promise<number> {
  const [name = "--help", ...args] = await withCommandFirst(argv);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return print(`belay: there is no command ${JSON.stringify(name)}\n\n${usage}`, 2);
  try {
    return await command(args);
  } catch (error) {
    return print(`belay: ${(error as Error).message}\n`, 1);
  }
}

async function withCommandFirst(argv: string[]): Promise<string[]> {
  const [first = ""] = argv;
  if (!first.startsWith("-") || Object.hasOwn(commands, first)) return argv;
  return (await import("./doors/arguments.ts")).commandFirst(argv);
}

// Who started us may not read our log: that is no reason to end.
process.stderr.on("error", () => {});
void main(process.argv.slice(2)).then((code) => {
  // What is still on its way into a pipe would be lost by an exit at once; a pipe that nobody empties holds nobody up.
  process.stdout.write("", () => process.exit(code));
  setTimeout(() => process.exit(code), 1_000);
});
