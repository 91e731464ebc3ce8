#!/usr/bin/env node
// argv -> a door or a command. The only file that touches `process`.
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { AppOptions } from "./app.ts";
import { type Overrides, parseOverride } from "./config/load.ts";
import type { Log } from "./thread/deps.ts";

declare const __BELAY_VERSION__: string | undefined;
const version = typeof __BELAY_VERSION__ === "string" ? __BELAY_VERSION__ : "0.0.0-source";

const usage = `Belay ${version}, a coding agent

  belay app-server [-c key=value]…        serves the App Server protocol as JSON lines on stdio
  belay sandbox --mode read-only|workspace-write [--cwd DIR] [--writable DIR]… [--network] -- CMD ARG…
                                          runs a program under the sandbox policy
  belay --version
`;

type Command = (args: string[]) => Promise<number>;

const commands: Record<string, Command> = {
  "app-server": appServer,
  editor,
  sandbox,
  "--version": async () => print(`belay ${version}\n`, 0),
  "--help": async () => print(usage, 0),
};

async function appServer(args: string[]): Promise<number> {
  const [{ createApp }, { serveAppServer }] = await Promise.all([import("./app.ts"), import("./doors/app-server.ts")]);
  const app = await createApp({ ...baseOptions(), overrides: readOverrides(args), apiKeys: {} });
  onTermination(() => process.stdin.destroy());
  await serveAppServer(app, { input: process.stdin, output: process.stdout });
  return 0;
}

async function editor(): Promise<number> {
  const [{ nodeIpc }, { serveEditor }] = await Promise.all([
    import("./doors/node-ipc.ts"),
    import("./doors/editor.ts"),
  ]);
  onTermination(() => process.disconnect?.());
  await serveEditor(nodeIpc(process), baseOptions());
  return 0;
}

async function sandbox(args: string[]): Promise<number> {
  const { runSandboxCommand } = await import("./commands/sandbox.ts");
  const { env, stdout, stderr } = process;
  return runSandboxCommand(args, { env, cwd: process.cwd(), stdout, stderr });
}

function baseOptions(): Omit<AppOptions, "overrides" | "apiKeys"> {
  const home = resolve(process.env["BELAY_HOME"] || join(homedir(), ".belay"));
  return { home, env: process.env, cwd: process.cwd(), platform: process.platform, version, log };
}

/** Throws Error with a sentence for an argument that is not known. */
function readOverrides(args: readonly string[]): Overrides[] {
  const overrides: Overrides[] = [];
  for (let at = 0; at < args.length; at += 2) {
    const [flag, value] = [args[at], args[at + 1]];
    if (flag === "-c" && value !== undefined) overrides.push(parseOverride(value));
    else if (flag !== "--listen" || value !== "stdio://") {
      throw new Error(`unknown argument ${flag ?? ""}; see belay --help`);
    }
  }
  return overrides;
}

const log: Log = (level, message, cause) => {
  const stack = cause instanceof Error ? `\n${cause.stack ?? cause.message}` : "";
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}${stack}\n`);
};

/** A polite end: as if the client had gone. */
function onTermination(leave: () => void): void {
  // Not `once`: while a command runs, execa listens as well, and ends the process when it finds itself alone.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, leave);
}

function print(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

async function main([name = "--help", ...args]: string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return print(`belay: there is no command ${JSON.stringify(name)}\n\n${usage}`, 2);
  try {
    return await command(args);
  } catch (error) {
    return print(`belay: ${(error as Error).message}\n`, 1);
  }
}

// Who started us may not read our log: that is no reason to end.
process.stderr.on("error", () => {});
const code = await main(process.argv.slice(2));
// What is still on its way into a pipe would be lost by an exit at once; a pipe that nobody empties holds nobody up.
process.stdout.write("", () => process.exit(code));
setTimeout(() => process.exit(code), 1_000);
