// Commands of the server as integrated terminals. A terminal is a view: the server owns the process and its output.
// It appears with the first output or at the end, so that a declined command leaves none; it never takes the focus.
import * as vscode from "vscode";
import type { ThreadItemOf } from "../server/protocol/item.ts";
import type { Notifications } from "./notifications.ts";
import { dim, endedName, header, statusLine, TerminalOutput, terminalName } from "./terminal-text.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

/** Finished terminals that stay open to be read. */
const maxFinished = 5;

// announced --output, end or a person asks--> live --item/completed or the server ends--> finished
type Execution =
  | { kind: "announced"; item: CommandItem }
  | { kind: "live"; item: CommandItem; shown: Shown }
  | { kind: "finished"; shown: Shown };

interface Shown {
  terminal: vscode.Terminal;
  screen: Screen;
  output: TerminalOutput;
}

export class Terminals implements vscode.Disposable {
  /** By item id; the oldest first. */
  readonly #executions = new Map<string, Execution>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(notifications: Notifications) {
    this.#subscriptions = [
      notifications.on("item/started", ({ item }) => {
        if (item.type === "commandExecution") this.#executions.set(item.id, { kind: "announced", item });
      }),
      notifications.on("item/commandExecution/outputDelta", ({ itemId, delta }) => this.#output(itemId, delta)),
      notifications.on("item/completed", ({ item }) => {
        if (item.type === "commandExecution") this.#completed(item);
      }),
    ];
  }

  /** Shows the terminal of a command. False: it has none any more. */
  reveal(itemId: string): boolean {
    const execution = this.#executions.get(itemId);
    if (execution === undefined) return false;
    const shown = execution.kind === "announced" ? this.#open(execution.item) : execution.shown;
    shown.terminal.show();
    return true;
  }

  /** The server is gone and its commands with it. */
  serverEnded(): void {
    for (const [id, execution] of this.#executions) {
      if (execution.kind === "announced") this.#executions.delete(id);
      if (execution.kind === "live")
        this.#finish(id, execution.shown, `✗ ${terminalName(execution.item)} (stopped)`, [
          execution.shown.output.note(dim("[stopped: Belay's server ended]\n")),
        ]);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const execution of this.#executions.values())
      if (execution.kind !== "announced") execution.shown.terminal.dispose();
  }

  #output(itemId: string, delta: string): void {
    const execution = this.#executions.get(itemId);
    if (execution === undefined || execution.kind === "finished") return;
    const shown = execution.kind === "announced" ? this.#open(execution.item) : execution.shown;
    shown.screen.write(shown.output.output(delta));
  }

  #completed(item: CommandItem): void {
    const execution = this.#executions.get(item.id);
    if (execution === undefined || execution.kind === "finished") return;
    if (item.status === "declined") {
      if (execution.kind === "live") execution.shown.terminal.dispose();
      this.#executions.delete(item.id);
      return;
    }
    const name = endedName(terminalName(item), item);
    const shown = execution.kind === "announced" ? this.#open(item, name) : execution.shown;
    this.#finish(item.id, shown, name, [shown.output.rest(item.aggregatedOutput), shown.output.note(statusLine(item))]);
  }

  #open(item: CommandItem, name = terminalName(item)): Shown {
    const output = new TerminalOutput();
    const screen = new Screen(() => this.#executions.delete(item.id));
    const terminal = vscode.window.createTerminal({
      name,
      pty: screen,
      iconPath: new vscode.ThemeIcon("terminal"),
      isTransient: true,
    });
    screen.write(output.note(header(item)));
    const shown = { terminal, screen, output };
    this.#executions.set(item.id, { kind: "live", item, shown });
    return shown;
  }

  #finish(itemId: string, shown: Shown, name: string, lastWords: string[]): void {
    for (const text of lastWords) shown.screen.write(text);
    shown.screen.end();
    void rename(shown, name);
    // Taken out first: the order of the map is the order of finishing.
    this.#executions.delete(itemId);
    this.#executions.set(itemId, { kind: "finished", shown });
    const finished = [...this.#executions].flatMap(([id, execution]) =>
      execution.kind === "finished" ? [[id, execution] as const] : [],
    );
    for (const [id, { shown: old }] of finished.slice(0, -maxFinished)) {
      this.#executions.delete(id);
      old.terminal.dispose();
    }
  }
}

// While a terminal starts, VS Code names it as it was created; a name that comes earlier is lost. Its process id is
// the sign that it has started, and the name as created goes out in the same breath.
async function rename({ terminal, screen }: Shown, name: string): Promise<void> {
  await terminal.processId;
  setImmediate(() => screen.rename(name));
}

// The pseudoterminal: what is written before VS Code opened it waits.
class Screen implements vscode.Pseudoterminal {
  readonly #write = new vscode.EventEmitter<string>();
  readonly #name = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.#write.event;
  readonly onDidChangeName = this.#name.event;
  readonly #closed: () => void;
  #early: string[] | null = [];
  #hint = dim("\n[Belay runs this command; typing does not reach it.]\n").replaceAll("\n", "\r\n");

  constructor(closed: () => void) {
    this.#closed = closed;
  }

  open(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const text of early) this.#write.fire(text);
  }

  close(): void {
    this.#closed();
  }

  handleInput(): void {
    this.write(this.#hint);
    this.#hint = "";
  }

  write(text: string): void {
    if (text === "") return;
    if (this.#early === null) this.#write.fire(text);
    else this.#early.push(text);
  }

  /** The output stays readable: a closed pseudoterminal would vanish. */
  end(): void {
    this.#hint = "";
  }

  /** Once VS Code has started the terminal. */
  rename(name: string): void {
    this.#name.fire(name);
  }
}
