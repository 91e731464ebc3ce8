// Stopping: one command, everything, and what happens when a person closes the terminal of a running command.
import * as vscode from "vscode";
import type { Client } from "../server/client.ts";
import type { RunningCtx } from "../ctx.ts";
import type { RunningCommand } from "./running-commands.ts";
import { amounts, closedQuestion, stopAllQuestion } from "./stop-words.ts";
import { scriptOf, terminalName } from "./terminal-text.ts";

const SAID_FOR_MS = 5_000;

/** Stops the one that runs, or the one a person picks. */
export async function stopCommand(ctx: RunningCtx): Promise<void> {
  const commands = ctx.runningCommands.all;
  const command = commands.length > 1 ? await pick(commands) : commands[0];
  if (command !== undefined) await stop(ctx.client, command);
}

/** Asks only when more ends than the turn a person means by "stop" anyway. */
export async function stopAll(ctx: RunningCtx): Promise<void> {
  const { turns, runningCommands } = ctx;
  const commands = runningCommands.all;
  const current = turns.current;
  const isMore = turns.runningCount > 1 || commands.some(({ turnId }) => turnId !== current?.turnId);
  if (isMore) {
    const { sentence, detail } = stopAllQuestion(turns.runningCount, commands.map(nameOf));
    const choice = await vscode.window.showWarningMessage(sentence, { modal: true, detail }, "Stop All");
    if (choice !== "Stop All") return;
  }
  const stopped = await ctx.client.request("belay/stopAll", {});
  vscode.window.setStatusBarMessage(`Belay stopped ${amounts(stopped.turns, stopped.commands)}.`, SAID_FOR_MS);
}

/** Asks what becomes of commands whose terminals a person closed; those closed while it asks come in one question more. */
export class ClosedTerminals {
  readonly #client: () => Client | null;
  readonly #isRunning: (command: RunningCommand) => boolean;
  readonly #failed: (error: unknown) => void;
  #closed: RunningCommand[] = [];
  #isAsking = false;

  constructor(options: {
    client(): Client | null;
    isRunning(command: RunningCommand): boolean;
    failed(error: unknown): void;
  }) {
    this.#client = options.client;
    this.#isRunning = options.isRunning;
    this.#failed = options.failed;
  }

  add(command: RunningCommand): void {
    this.#closed.push(command);
    // Terminals that are closed together are asked about together.
    setImmediate(() => void this.#ask().catch(this.#failed));
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (let asked = this.#takeRunning(); asked.length > 0; asked = this.#takeRunning()) {
        const isOne = asked.length === 1;
        const { sentence, detail } = closedQuestion(asked.map(nameOf));
        const yes = { title: isOne ? "Stop Command" : "Stop Commands" };
        const keep = { title: "Keep Running", isCloseAffordance: true };
        const choice = await vscode.window.showWarningMessage(sentence, { modal: true, detail }, yes, keep);
        const client = this.#client();
        if (choice === yes && client !== null) await Promise.all(asked.map((command) => stop(client, command)));
      }
    } finally {
      this.#isAsking = false;
    }
  }

  #takeRunning(): RunningCommand[] {
    return this.#closed.splice(0).filter((command) => this.#isRunning(command));
  }
}

async function stop(client: Client, { threadId, item }: RunningCommand): Promise<void> {
  // One that is over already is what was wanted.
  await client.request("belay/command/stop", { threadId, itemId: item.id });
}

async function pick(commands: readonly RunningCommand[]): Promise<RunningCommand | undefined> {
  const items = commands.map((command) => ({
    label: `$(debug-stop) ${terminalName(command.item)}`,
    description: command.item.cwd,
    detail: scriptOf(command.item).length > terminalName(command.item).length ? scriptOf(command.item) : "",
    command,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Stop Command",
    placeHolder: "Which one? The latest is the first.",
    matchOnDetail: true,
  });
  return picked?.command;
}

function nameOf({ item }: RunningCommand): string {
  return terminalName(item);
}
