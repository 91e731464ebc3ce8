// Terminals from util-linux: `script` holds the terminal, `stty` sets its size. No native module is needed.
import { join } from "node:path";
import type { TerminalSize } from "../protocol/command-exec.ts";
import { shellQuote } from "../util/shell-quote.ts";
import { isExecutable } from "./descriptors.ts";
import { type LiveRequest, startLive } from "./live.ts";
import type { TerminalProgram, Terminals } from "./pty.ts";
import { runProgram } from "./run.ts";
import { killSession } from "./sessions.ts";

interface Tools {
  readonly script: string;
  readonly stty: string;
  readonly tty: string;
}

/** Where the program runs: it leads the session, so its process id names both. */
interface Place {
  readonly session: number;
  readonly device: string;
}

export const scriptName = "script of util-linux";

export async function scriptTerminals(): Promise<Terminals> {
  const [script, stty, tty] = [findTool("script"), findTool("stty"), findTool("tty")];
  if (script === null || stty === null || tty === null) return unavailable("one of script, stty and tty is missing");
  const tools = { script, stty, tty };
  // Exit codes come through, and no terminal of our own is asked for: not so with every program of this name.
  const probe = await runProgram({ ...inScript(tools, probed, { rows: 2, cols: 2 }), cwd: "/", timeoutMs: 10_000 });
  if (probe.exitCode !== probedExitCode) return unavailable(`${script} did not run a probe: ${lastLine(probe.output)}`);
  return { kind: "available", name: scriptName, provider: { start: (request, size) => start(tools, request, size) } };
}

function unavailable(cause: string): Terminals {
  const cure = "Install script of util-linux, for example with: apt-get install bsdutils (dnf: util-linux-script)";
  return { kind: "unavailable", reason: `there is no terminal for the command: ${cause}. ${cure}` };
}

const probedExitCode = 7;
const probed = { file: "/bin/sh", args: ["-c", `exit ${probedExitCode}`], env: {} };

async function start(tools: Tools, request: LiveRequest, size: TerminalSize): Promise<TerminalProgram> {
  let isPlaced: (place: Place | null) => void = () => {};
  const placed = new Promise<Place | null>((resolve) => (isPlaced = resolve));
  let place: Place | null = null;
  const program = await startLive(
    // `script` outlives us, and what it runs with it, whatever that is.
    { ...request, ...inScript(tools, request, size), leavesNothing: false },
    {
      input: "open",
      report(text) {
        place = placeIn(text);
        isPlaced(place);
      },
      kill(signal, group) {
        if (place !== null) killSession(place.session, signal);
        // `script` has words of its own for who asks it to end; without its program it ends by itself.
        if (place === null || signal === "SIGKILL") group();
      },
    },
  );
  void program.ended.then(() => isPlaced(null));
  // What is typed before the terminal is set up would not be echoed.
  const type = async (bytes: Uint8Array) => void ((await placed) !== null && (await program.write(bytes)));
  return {
    pid: program.pid,
    ended: program.ended,
    write: type,
    closeInput: () => void type(Buffer.from(endOfInput)),
    async resize(newSize) {
      const at = await placed;
      if (at === null) return "the command has ended";
      const args = ["-F", at.device, ...dimensions(newSize)];
      const { exitCode, output } = await runProgram({ file: tools.stty, args, cwd: "/", env: {}, timeoutMs: 10_000 });
      return exitCode === 0 ? null : lastLine(output);
    },
  };
}

/** ^D is the end only at the start of a line. */
const endOfInput = "\n\x04";

/**
 * `script` takes a shell line and nothing else, so the argv is quoted. Its shell sets the terminal up, says on
 * descriptor 3 where it is, and becomes the program.
 */
function inScript(
  { script, stty, tty }: Tools,
  { file, args, env }: Pick<LiveRequest, "file" | "args" | "env">,
  size: TerminalSize,
): Pick<LiveRequest, "file" | "args" | "env"> {
  const { SHELL: shell } = env;
  const line = [
    shellQuote([stty, "sane", "iutf8", ...dimensions(size)]),
    `{ echo "$$ $(${shellQuote([tty])})" >&3; } 2>/dev/null`,
    "exec 3>&-",
    shell === undefined ? "unset SHELL" : `SHELL=${shellQuote([shell])}`,
    `exec ${shellQuote([file, ...args])}`,
  ];
  // `script` runs the line by what SHELL names.
  return {
    file: script,
    args: ["-q", "-e", "-f", "-c", line.join("\n"), "/dev/null"],
    env: { ...env, SHELL: "/bin/sh" },
  };
}

function dimensions({ rows, cols }: TerminalSize): string[] {
  return ["rows", String(rows), "cols", String(cols)];
}

/** Null when the shell could not say: then there is nothing to resize. */
function placeIn(text: string): Place | null {
  const [, session, device] = /^(\d+) (\/dev\/\S+)\n$/.exec(text) ?? [];
  return session === undefined || device === undefined ? null : { session: Number(session), device };
}

// From the system's own directories, whatever PATH says: a program planted in a workspace would run unconfined.
function findTool(name: string): string | null {
  const found = ["/usr/bin", "/bin"].map((directory) => join(directory, name)).find(isExecutable);
  return found ?? null;
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
