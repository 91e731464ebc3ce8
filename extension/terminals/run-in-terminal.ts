// Runs an approved command in a shell of the person's own, through VS Code's shell integration where that works. What
// nobody can know is said to be unknown: no exit code is never taken for success.
import { readlink, realpath } from "node:fs/promises";
import * as vscode from "vscode";
import { RunInTerminalParams, type RunInTerminalResult } from "../../server/protocol/command.ts";
import { parseParams } from "../../server/protocol/rpc/dispatch.ts";
import { ControlStrings } from "./control-strings.ts";
import { KeptOutput } from "./kept-output.ts";
import { whyNotTyped } from "./typed-script.ts";

const TERMINAL_NAME = "Belay (yours)";
/** Output that is still on its way after the end. */
const DRAIN_TIMEOUT_MS = 1_000;

/** Shells in which braces make one command of several lines. */
const groupingShells = ["bash", "zsh", "sh", "ksh", "gitbash"];

type Ended = { exitCode: number | null; problem: string | null };

export class RunInTerminal implements vscode.Disposable {
  /** How long a shell may take to report that it is ready, and that a command began. Tests set their own. */
  readyTimeoutMs = 5_000;
  readonly #begins: (command: RunInTerminalParams, terminal: vscode.Terminal) => void;
  /** Those we opened; a person may use them too. */
  readonly #terminals = new Set<vscode.Terminal>();
  /** Those of them in which something runs, whoever started it. */
  readonly #busy = new Set<vscode.Terminal>();
  readonly #subscriptions: vscode.Disposable[];

  /** `begins`: the command is shown in this terminal and in no other. */
  constructor(begins: (command: RunInTerminalParams, terminal: vscode.Terminal) => void) {
    this.#begins = begins;
    this.#subscriptions = [
      vscode.window.onDidStartTerminalShellExecution(({ terminal }) => this.#busy.add(terminal)),
      vscode.window.onDidEndTerminalShellExecution(({ terminal }) => this.#busy.delete(terminal)),
      vscode.window.onDidCloseTerminal((terminal) => {
        this.#terminals.delete(terminal);
        this.#busy.delete(terminal);
      }),
    ];
  }

  /** `signal`: the command is not wanted any more; one that runs is interrupted as by Ctrl+C. */
  async run(params: unknown, signal: AbortSignal): Promise<RunInTerminalResult> {
    const command = parseParams(RunInTerminalParams, params);
    const problem = whyNotTyped(command.script);
    if (problem !== null) return notRun(problem);
    // Lines are typed, so the prompt must be a fresh one: nothing of the person's may stand at it.
    const idle = hasLines(command.script) ? null : await this.#takeIdleIn(command.cwd);
    const terminal = idle ?? this.#createIn(command.cwd);
    try {
      this.#begins(command, terminal);
      terminal.show(true);
      const integration = await shellIntegration(terminal, this.readyTimeoutMs, signal);
      if (signal.aborted) return notRun("It was stopped before it began.");
      if (terminal.exitStatus !== undefined) return notRun("The terminal was closed before the command began.");
      const isKnown = !hasLines(command.script) || groupingShells.includes(terminal.state.shell ?? "");
      return integration === null || !isKnown
        ? typeBlindly(terminal, command.script)
        : await execute({ terminal, integration, script: command.script, readyTimeoutMs: this.readyTimeoutMs }, signal);
    } finally {
      // Of what was typed blindly nobody knows when it ends; such a terminal is never taken again anyway.
      this.#busy.delete(terminal);
    }
  }

  /** The terminals stay: they are the person's. */
  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** One that waits in this folder: a person's `cd` must not decide where an approved command runs. It is busy now. */
  async #takeIdleIn(cwd: string): Promise<vscode.Terminal | null> {
    for (const terminal of this.#terminals) {
      if (this.#busy.has(terminal) || terminal.shellIntegration?.cwd?.fsPath !== cwd) continue;
      this.#busy.add(terminal);
      if (await isIn(terminal, cwd)) return terminal;
      this.#busy.delete(terminal);
    }
    return null;
  }

  #createIn(cwd: string): vscode.Terminal {
    const iconPath = new vscode.ThemeIcon("account");
    const terminal = vscode.window.createTerminal({ name: TERMINAL_NAME, cwd, iconPath });
    this.#terminals.add(terminal);
    this.#busy.add(terminal);
    return terminal;
  }
}

/** A shell says where it is only after it has said that a command ended, so the system is asked where that is possible. */
async function isIn(terminal: vscode.Terminal, cwd: string): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const pid = await terminal.processId;
  const places = [readlink(`/proc/${pid}/cwd`), realpath(cwd)];
  // What cannot be known is another folder: then a new terminal is opened.
  const [is, wanted] = await Promise.all(places.map((place) => place.catch(() => null)));
  return is !== null && is === wanted;
}

function notRun(problem: string): RunInTerminalResult {
  return { ran: false, exitCode: null, output: null, problem };
}

/** Null when the shell has not reported in time, or never will. */
async function shellIntegration(
  terminal: vscode.Terminal,
  readyTimeoutMs: number,
  signal: AbortSignal,
): Promise<vscode.TerminalShellIntegration | null> {
  if (terminal.shellIntegration !== undefined) return terminal.shellIntegration;
  const { promise, resolve } = Promise.withResolvers<vscode.TerminalShellIntegration | null>();
  const giveUp = () => resolve(null);
  const listening = [
    vscode.window.onDidChangeTerminalShellIntegration((event) => {
      if (event.terminal === terminal) resolve(event.shellIntegration);
    }),
    vscode.window.onDidCloseTerminal((closed) => {
      if (closed === terminal) giveUp();
    }),
  ];
  const timer = setTimeout(giveUp, readyTimeoutMs);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    for (const subscription of listening) subscription.dispose();
  }
}

function typeBlindly(terminal: vscode.Terminal, script: string): RunInTerminalResult {
  terminal.sendText(script, true);
  return {
    ran: true,
    exitCode: null,
    output: null,
    problem:
      "VS Code's shell integration does not work in this shell, or not for several lines, so it cannot be told when and " +
      "how the command ended, nor what it printed.",
  };
}

interface Execution {
  terminal: vscode.Terminal;
  integration: vscode.TerminalShellIntegration;
  script: string;
  readyTimeoutMs: number;
}

async function execute(
  { terminal, integration, script, readyTimeoutMs }: Execution,
  signal: AbortSignal,
): Promise<RunInTerminalResult> {
  const { promise: ended, resolve: end } = Promise.withResolvers<Ended>();
  const unknown = (problem: string) => end({ exitCode: null, problem });
  // Ctrl+C; the shell then says itself how it ended.
  const interrupt = () => terminal.sendText("\x03", false);
  signal.addEventListener("abort", interrupt, { once: true });
  const notBegun = setTimeout(() => unknown("The shell did not report that the command began."), readyTimeoutMs);
  const requested = begin({ terminal, integration, script });
  // Whatever is printed before somebody reads is lost.
  let output = requested === null ? null : collect(requested.read());
  let begun: vscode.TerminalShellExecution | null = null;
  const listening = [
    vscode.window.onDidStartTerminalShellExecution(({ terminal: where, execution }) => {
      if (where !== terminal || begun !== null) return;
      clearTimeout(notBegun);
      begun = execution;
      // A shell that spells the command differently from how it was typed reports it as another one.
      if (execution !== requested) output = collect(execution.read());
    }),
    vscode.window.onDidEndTerminalShellExecution(({ execution, exitCode }) => {
      if (execution !== (begun ?? requested)) return;
      if (exitCode === undefined) unknown("The shell did not say how the command ended.");
      else end({ exitCode, problem: null });
    }),
    vscode.window.onDidCloseTerminal((closed) => {
      if (closed === terminal) unknown("The terminal was closed before the command had ended.");
    }),
  ];
  try {
    const { exitCode, problem } = await ended;
    if (output !== null) await atMost(DRAIN_TIMEOUT_MS, output.read);
    return { ran: true, exitCode, output: output === null ? null : textOf(output.kept), problem };
  } finally {
    clearTimeout(notBegun);
    signal.removeEventListener("abort", interrupt);
    for (const subscription of listening) subscription.dispose();
  }
}

/**
 * VS Code never tells the end of several lines that the shell joins into one command, so they go in as one group, as
 * they are. Null: the shell will say what it runs.
 */
function begin({
  terminal,
  integration,
  script,
}: Omit<Execution, "readyTimeoutMs">): vscode.TerminalShellExecution | null {
  if (!hasLines(script)) return integration.executeCommand(script);
  terminal.sendText(`{\n${script}\n}`, true);
  return null;
}

function hasLines(script: string): boolean {
  return script.trim().includes("\n");
}

/** Keeps what is printed, without what only a terminal understands as a command to itself. */
function collect(pieces: AsyncIterable<string>): { kept: KeptOutput; read: Promise<void> } {
  const kept = new KeptOutput();
  const controlStrings = new ControlStrings();
  const read = (async () => {
    for await (const piece of pieces) kept.append(controlStrings.remove(piece));
  })();
  // Half an output is better than none: what was kept so far stands.
  return { kept, read: read.catch(() => undefined) };
}

/** Null: nothing came. VS Code begins to read as a command starts and misses what is printed at once, so nobody knows. */
function textOf(kept: KeptOutput): string | null {
  if (kept.text === "") return null;
  return kept.leftOutChars === 0 ? kept.text : `[… ${kept.leftOutChars} characters left out]\n${kept.text}`;
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
