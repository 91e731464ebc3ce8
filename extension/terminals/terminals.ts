// Commands of the server as integrated terminals. A terminal is a view: the server owns the process and its output.
// It opens for a command that runs for more than a moment, or when a person asks; it never takes the focus by itself.
import * as vscode from "vscode";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { Client } from "../server/client.ts";
import { CommandLink } from "./command-link.ts";
import { opensTerminals } from "../config.ts";
import { KeptOutput } from "./kept-output.ts";
import type { Notifications } from "../server/notifications.ts";
import type { CommandItem, RunningCommand } from "./running-commands.ts";
import { Screen } from "./terminal-screen.ts";
import {
  endedName,
  header,
  leftOutLine,
  noteLine,
  statusLine,
  TerminalOutput,
  terminalName,
  typingLine,
} from "./terminal-text.ts";

/** Finished terminals that stay open to be read. */
const MAX_FINISHED = 5;
/** Most commands of an agent are over by then: no terminal flashes open for them. */
const MOMENT_MS = 1_000;
const CTRL_C = "\x03";

// hidden --it runs for a moment, or a person asks--> live --it ends, or the server does--> finished
// live --a person closes it--> hidden, until they ask        hidden --it ends--> gone
// hidden --a person runs it in a shell of their own--> elsewhere
type Execution = Hidden | Live | Finished | Elsewhere;
type Hidden = {
  kind: "hidden";
  command: RunningCommand;
  kept: KeptOutput;
  /** It opens by itself when this fires. Null: not now. */
  moment: ReturnType<typeof setTimeout> | null;
  opensByItself: boolean;
};
type Live = { kind: "live"; command: RunningCommand; kept: KeptOutput; shown: Shown };
type Finished = { kind: "finished"; shown: Shown };
type Elsewhere = { kind: "elsewhere"; terminal: vscode.Terminal };

interface Shown {
  terminal: vscode.Terminal;
  screen: Screen;
  output: TerminalOutput;
  link: CommandLink;
}

export interface TerminalsOptions {
  notifications: Notifications;
  /** Null: no server runs. */
  client(): Client | null;
  /** A person has not said yet whether it may run. */
  isWaiting(itemId: string): boolean;
  /** A person closed the terminal of a command that runs. */
  closed(command: RunningCommand): void;
}

export class Terminals implements vscode.Disposable {
  readonly #options: TerminalsOptions;
  /** By item id; finished ones in the order of finishing. */
  readonly #executions = new Map<string, Execution>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(options: TerminalsOptions) {
    this.#options = options;
    const { notifications } = options;
    this.#subscriptions = [
      notifications.on("item/started", ({ item, threadId, turnId }) => {
        if (item.type === "commandExecution") this.#started({ item, threadId, turnId });
      }),
      notifications.on("item/commandExecution/outputDelta", ({ itemId, delta }) => this.#output(itemId, delta)),
      notifications.on("item/completed", ({ item }) => {
        if (item.type === "commandExecution") this.#completed(item);
      }),
    ];
  }

  /** Shows the terminal of a command, also of one that is long over. False: there is nothing to show. */
  async reveal({ threadId, itemId }: { threadId: string; itemId: string }): Promise<boolean> {
    const terminal = this.#terminalOf(itemId) ?? (await this.#reopen(threadId, itemId));
    terminal?.show();
    return terminal !== null;
  }

  /** An approval was asked for or answered: what may run now opens after its moment. */
  questionsChanged(): void {
    for (const [itemId, execution] of this.#executions) if (execution.kind === "hidden") this.#await(itemId, execution);
  }

  /** A person runs it in this terminal of their own. */
  runsElsewhere(itemId: string, terminal: vscode.Terminal): void {
    const execution = this.#executions.get(itemId);
    if (execution?.kind === "hidden" && execution.moment !== null) clearTimeout(execution.moment);
    if (execution?.kind !== "live") this.#executions.set(itemId, { kind: "elsewhere", terminal });
  }

  /** The server is gone and its commands with it. */
  serverEnded(): void {
    for (const [id, execution] of this.#executions) {
      if (execution.kind === "hidden") this.#forget(id, execution);
      if (execution.kind === "elsewhere") this.#executions.delete(id);
      if (execution.kind === "live")
        this.#finish(id, execution.shown, `✗ ${terminalName(execution.command.item)} (stopped)`, [
          execution.shown.output.note(noteLine("stopped: Belay's server ended")),
        ]);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    const executions = [...this.#executions];
    // Emptied first: a terminal that closes now was not closed by a person.
    this.#executions.clear();
    for (const [itemId, execution] of executions) {
      if (execution.kind === "hidden") this.#forget(itemId, execution);
      else if (execution.kind !== "elsewhere") execution.shown.terminal.dispose();
    }
  }

  #started(command: RunningCommand): void {
    const hidden: Hidden = {
      kind: "hidden",
      command,
      kept: new KeptOutput(),
      moment: null,
      opensByItself: opensTerminals(),
    };
    this.#executions.set(command.item.id, hidden);
    this.#await(command.item.id, hidden);
  }

  /** A command that still waits for a person has not begun; it is looked at again when that changes. */
  #await(itemId: string, hidden: Hidden): void {
    if (!hidden.opensByItself || hidden.moment !== null || this.#options.isWaiting(itemId)) return;
    hidden.moment = setTimeout(() => {
      hidden.moment = null;
      if (!this.#options.isWaiting(itemId)) this.#open(itemId, hidden);
    }, MOMENT_MS);
  }

  #output(itemId: string, delta: string): void {
    const execution = this.#executions.get(itemId);
    if (execution?.kind !== "hidden" && execution?.kind !== "live") return;
    execution.kept.append(delta);
    if (execution.kind === "live") execution.shown.screen.write(execution.shown.output.output(delta));
  }

  #completed(item: CommandItem): void {
    const execution = this.#executions.get(item.id);
    if (execution?.kind === "hidden") this.#forget(item.id, execution);
    if (execution?.kind !== "live") return;
    const { shown, kept } = execution;
    if (item.status === "declined") {
      this.#executions.delete(item.id);
      shown.terminal.dispose();
      return;
    }
    this.#finish(item.id, shown, endedName(terminalName(item), item), [
      shown.output.output(kept.missingOf(item.aggregatedOutput)),
      shown.output.note(statusLine(item)),
    ]);
  }

  #forget(itemId: string, { moment }: Hidden): void {
    if (moment !== null) clearTimeout(moment);
    this.#executions.delete(itemId);
  }

  #terminalOf(itemId: string): vscode.Terminal | null {
    const execution = this.#executions.get(itemId);
    switch (execution?.kind) {
      case "hidden":
        return this.#open(itemId, execution).terminal;
      case "live":
      case "finished":
        return execution.shown.terminal;
      case "elsewhere":
        return execution.terminal.exitStatus === undefined ? execution.terminal : null;
      case undefined:
        return null;
      default:
        return execution satisfies never;
    }
  }

  /** From what the server keeps of a command whose terminal is gone or never was. */
  async #reopen(threadId: string, itemId: string): Promise<vscode.Terminal | null> {
    const client = this.#options.client();
    if (client === null) return null;
    const { thread } = await client.request("thread/read", { threadId, includeTurns: true });
    const turn = thread.turns.find(({ items }) => items.some(({ id }) => id === itemId));
    const item = turn?.items.find(({ id }) => id === itemId);
    if (turn === undefined || item?.type !== "commandExecution" || item.status === "declined") return null;
    // Asked for twice, or started, while we read.
    const meanwhile = this.#terminalOf(itemId);
    if (meanwhile !== null) return meanwhile;
    const kept = new KeptOutput();
    kept.append(item.aggregatedOutput ?? "");
    const command = { threadId, turnId: turn.id, item };
    const isRunning = item.status === "inProgress";
    const name = isRunning ? terminalName(item) : endedName(terminalName(item), item);
    const shown = this.#show(command, kept, name);
    if (isRunning) this.#executions.set(itemId, { kind: "live", command, kept, shown });
    else this.#finish(itemId, shown, name, [shown.output.note(statusLine(item))]);
    return shown.terminal;
  }

  #open(itemId: string, { command, kept, moment }: Hidden): Shown {
    if (moment !== null) clearTimeout(moment);
    const shown = this.#show(command, kept, terminalName(command.item));
    this.#executions.set(itemId, { kind: "live", command, kept, shown });
    return shown;
  }

  #show(command: RunningCommand, kept: KeptOutput, name: string): Shown {
    const { item, threadId } = command;
    const output = new TerminalOutput({ hasTerminal: item.tty === true });
    const link = new CommandLink({
      command: { threadId, itemId: item.id },
      client: this.#options.client,
      refused: (sentence) => screen.write(output.note(noteLine(sentence))),
    });
    const screen = new Screen({
      typed: (data) => {
        if (this.#executions.get(item.id)?.kind !== "live") return;
        if (item.tty === true) link.write(data);
        // Without a terminal nobody makes a signal of the key, and nothing else reaches the command.
        else if (data === CTRL_C) this.#stop(command, (sentence) => screen.write(output.note(noteLine(sentence))));
      },
      resized: (size) => {
        if (item.tty === true) link.resize(size);
      },
      closed: () => this.#closed(item.id, screen),
    });
    const terminal = vscode.window.createTerminal({
      name,
      pty: screen,
      iconPath: new vscode.ThemeIcon("terminal"),
      isTransient: true,
    });
    const isRunning = item.status === "inProgress";
    for (const line of [header(item), isRunning ? typingLine(item) : "", leftOutLine(kept.leftOutChars)])
      screen.write(output.note(line));
    screen.write(output.output(kept.text));
    return { terminal, screen, output, link };
  }

  #stop({ threadId, item }: RunningCommand, failed: (sentence: string) => void): void {
    this.#options
      .client()
      ?.request("belay/command/stop", { threadId, itemId: item.id })
      .catch((error: unknown) => failed(messageOf(error)));
  }

  #closed(itemId: string, screen: Screen): void {
    const execution = this.#executions.get(itemId);
    if (execution === undefined || !("shown" in execution) || execution.shown.screen !== screen) return;
    execution.shown.link.close();
    if (execution.kind === "finished") {
      this.#executions.delete(itemId);
      return;
    }
    const { command, kept } = execution;
    this.#executions.set(itemId, { kind: "hidden", command, kept, moment: null, opensByItself: false });
    this.#options.closed(command);
  }

  #finish(itemId: string, shown: Shown, name: string, lastWords: string[]): void {
    for (const text of lastWords) shown.screen.write(text);
    shown.link.close();
    void rename(shown, name);
    // Taken out first: the order of the map is the order of finishing.
    this.#executions.delete(itemId);
    this.#executions.set(itemId, { kind: "finished", shown });
    const finished = [...this.#executions].flatMap(([id, execution]) =>
      execution.kind === "finished" ? [[id, execution.shown.terminal] as const] : [],
    );
    // What a person may be reading stays; it is newer ones that go then.
    const removable = finished.filter(([, terminal]) => terminal !== vscode.window.activeTerminal);
    for (const [id, terminal] of removable.slice(0, Math.max(0, finished.length - MAX_FINISHED))) {
      this.#executions.delete(id);
      terminal.dispose();
    }
  }
}

// While a terminal starts, VS Code names it as it was created; a name that comes earlier is lost. Its process id is
// the sign that it has started, and the name as created goes out in the same breath.
async function rename({ terminal, screen }: Shown, name: string): Promise<void> {
  await terminal.processId;
  setImmediate(() => screen.rename(name));
}
