// The pseudoterminal of a command: draws what it is given, tells of keys, sizes and its closing. Knows no command.
import * as vscode from "vscode";
import type { TerminalSize } from "../../server/protocol/command-exec.ts";
import { PacedText } from "./paced-text.ts";

const FRAME_MS = 40;

export interface ScreenEvents {
  typed(data: string): void;
  resized(size: TerminalSize): void;
  /** The terminal is gone: a person closed it, or we did. */
  closed(): void;
}

export class Screen implements vscode.Pseudoterminal {
  readonly #write = new vscode.EventEmitter<string>();
  readonly #name = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.#write.event;
  readonly onDidChangeName = this.#name.event;
  readonly #events: ScreenEvents;
  readonly #text = new PacedText();
  /** What is written before VS Code opened it waits. */
  #isOpen = false;
  #frame: ReturnType<typeof setTimeout> | null = null;

  constructor(events: ScreenEvents) {
    this.#events = events;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    this.#isOpen = true;
    if (size !== undefined) this.setDimensions(size);
    this.#draw();
  }

  close(): void {
    this.#isOpen = false;
    if (this.#frame !== null) clearTimeout(this.#frame);
    this.#events.closed();
  }

  handleInput(data: string): void {
    this.#events.typed(data);
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    // A panel folded away has no room; a terminal of no cells is none.
    if (columns > 0 && rows > 0) this.#events.resized({ rows, cols: columns });
  }

  write(text: string): void {
    if (text === "") return;
    this.#text.add(text);
    // The first piece after a rest is drawn at once: typing must not lag.
    if (this.#isOpen && this.#frame === null) this.#draw();
  }

  /** Once VS Code has started the terminal. */
  rename(name: string): void {
    this.#name.fire(name);
  }

  #draw(): void {
    const text = this.#text.take();
    this.#frame = text === "" ? null : setTimeout(() => this.#draw(), FRAME_MS);
    if (text !== "") this.#write.fire(text);
  }
}
