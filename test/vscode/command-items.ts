// Commands as a server announces them, for the puppet to say; and what their terminals show.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventOf, type Step } from "./belay.ts";

const inTurn = { threadId: "thread-1", turnId: "turn-1" };

function item(id: string, changes: object = {}) {
  return {
    type: "commandExecution",
    id,
    command: `bash -lc 'npm test ${id}'`,
    script: `npm test ${id}`,
    cwd: "/work",
    processId: null,
    source: "agent",
    status: "inProgress",
    commandActions: [],
    aggregatedOutput: null,
    exitCode: null,
    durationMs: null,
    ...changes,
  };
}

export const started = (id: string, changes: object = {}): Step => ({
  notify: "item/started",
  params: { item: item(id, changes), ...inTurn, startedAtMs: 1 },
});

export const output = (itemId: string, delta: string): Step => ({
  notify: "item/commandExecution/outputDelta",
  params: { itemId, delta, ...inTurn },
});

export const completed = (id: string, changes: object = {}): Step => ({
  notify: "item/completed",
  params: { item: item(id, { ...succeeded, ...changes }), ...inTurn, completedAtMs: 2 },
});

/** The thread as `thread/read` gives it, with this one command in it. */
export function threadWith(id: string, changes: object): Step {
  const turn = { id: "turn-1", itemsView: "full", status: "completed", error: null };
  return { turns: [{ ...turn, items: [item(id, changes)], startedAt: 1, completedAt: 2, durationMs: 1 }] };
}

export const succeeded = {
  status: "completed",
  exitCode: 0,
  ending: "exited",
  durationMs: 5,
  aggregatedOutput: "ok\n",
};

/** The names of those that are open, without their marks. */
export function terminalNames(): string[] {
  return vscode.window.terminals.map(({ name }) => name).filter((name) => name.includes("npm test"));
}

export interface OpenedTerminal {
  terminal: vscode.Terminal;
  /** What it has shown so far, escape codes included. */
  text(): string;
  /** The same, once this has been shown. */
  shown(part: string): Promise<string>;
}

/** The terminal of a command, once VS Code has opened it. Watched from the beginning, so that nothing it shows is missed. */
export async function opened(name: string): Promise<OpenedTerminal> {
  let watched: Omit<OpenedTerminal, "terminal"> | undefined;
  const terminal = await eventOf(`the terminal of ${name} to open`, vscode.window.onDidOpenTerminal, (candidate) => {
    if (candidate.name.includes(name)) watched ??= watch(candidate);
    return watched !== undefined;
  });
  assert.ok(watched);
  return { terminal, ...watched };
}

function watch(terminal: vscode.Terminal): Omit<OpenedTerminal, "terminal"> {
  const options = terminal.creationOptions;
  assert.ok("pty" in options, "it is a terminal of another kind");
  const grown = new vscode.EventEmitter<string>();
  let text = "";
  options.pty.onDidWrite((written) => {
    text += written;
    grown.fire(text);
  });
  return {
    text: () => text,
    shown: async (part) => {
      const has = () => text.includes(part);
      if (!has()) await eventOf(`${JSON.stringify(part)} in ${JSON.stringify(terminal.name)}`, grown.event, has);
      return text;
    },
  };
}

/** As with the bin beside its name. */
export async function closeByHand(terminal: vscode.Terminal): Promise<void> {
  terminal.show();
  const closed = eventOf("the terminal to close", vscode.window.onDidCloseTerminal, (other) => other === terminal);
  if (vscode.window.activeTerminal !== terminal)
    await eventOf(
      "the terminal to be the active one",
      vscode.window.onDidChangeActiveTerminal,
      (active) => active === terminal,
    );
  await vscode.commands.executeCommand("workbench.action.terminal.kill");
  await closed;
}

/** Without the escape codes of colours. */
export function plain(text: string): string {
  return text.replaceAll(/\x1b\[\d*m/g, "");
}
