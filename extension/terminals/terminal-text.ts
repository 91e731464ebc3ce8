// What a command's terminal says besides the command's own output. Pure.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ControlStrings } from "./control-strings.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

const maxNameChars = 32;
const RESET = "\x1b[0m";
/** What a program that was killed leaves on: the other screen, a hidden cursor, the mouse, marked pasting. */
const LEAVE_MODES = ["1047l", "25h", "1000l", "1002l", "1003l", "2004l"].map((mode) => `\x1b[?${mode}`).join("");

/** What was run, in the words of the person or model who wrote it. */
export function scriptOf(item: CommandItem): string {
  return item.script ?? item.command;
}

/** A tab has room for the beginning of the command. */
export function terminalName(item: CommandItem): string {
  const line = plain(scriptOf(item)).replaceAll(/\s+/g, " ").trim();
  return line.length > maxNameChars ? `${line.slice(0, maxNameChars - 1)}…` : line;
}

/** The mark comes first: lists of terminals are narrow and cut names off. */
export function endedName(name: string, item: CommandItem): string {
  if (item.exitCode === 0) return `✓ ${name}`;
  return item.ending === "unknown" ? `? ${name} (${outcome(item)})` : `✗ ${name} (${outcome(item)})`;
}

export function header(item: CommandItem): string {
  return dim(`${plain(item.cwd)} $ ${plain(scriptOf(item))}\n`);
}

/** Why typing reaches no command without a terminal, and what a key still does; nothing where there is one. */
export function typingLine(item: CommandItem): string {
  return item.tty === true ? "" : dim("[It has no terminal, so it cannot be typed to. Ctrl+C stops it.]\n");
}

export function leftOutLine(chars: number): string {
  return chars === 0 ? "" : dim(`[… ${chars} characters before this are not kept here]\n`);
}

export function statusLine(item: CommandItem): string {
  const took = item.durationMs === null ? "" : `, ${duration(item.durationMs)}`;
  return `${item.tty === true ? LEAVE_MODES : ""}${RESET}${dim(`[${outcome(item)}${took}]\n`)}`;
}

export function noteLine(sentence: string): string {
  return dim(`[${plain(sentence)}]\n`);
}

function dim(text: string): string {
  return `\x1b[2m${text}${RESET}`;
}

function outcome(item: CommandItem): string {
  if (item.status === "declined") return "declined";
  switch (item.ending) {
    case "stopped":
      return "stopped";
    case "timedOut":
      return "timed out";
    case "notStarted":
      return "not started";
    case "unknown":
      return item.exitCode === null ? "nobody knows how it ended" : `exit code ${item.exitCode}`;
    case "signal":
    case "exited":
    case undefined:
      if (item.exitCode !== null) return `exit code ${item.exitCode}`;
      return item.signal == null ? "stopped by a signal" : `ended by ${plain(item.signal)}`;
    default:
      return item.ending satisfies never;
  }
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

// The text comes from a model: shown as text, it must not be able to steer the terminal.
function plain(text: string): string {
  return [...text].map((char) => (isControl(char) ? "\u{fffd}" : char)).join("");
}

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (code < 0x20 && char !== "\n" && char !== "\t") || (code >= 0x7f && code < 0xa0);
}

/** Turns output into what a screen wants: without control strings, and with "\r\n" at line ends. */
export class TerminalOutput {
  #last = "\n";
  readonly #hasTerminal: boolean;
  readonly #controlStrings = new ControlStrings();

  /** `hasTerminal`: the command's own terminal has made the line ends already; a lone "\n" there means just down. */
  constructor({ hasTerminal }: { hasTerminal: boolean }) {
    this.#hasTerminal = hasTerminal;
  }

  /** A piece of the command's output. */
  output(text: string): string {
    const shown = this.#controlStrings.remove(text);
    return this.#hasTerminal ? this.#remember(shown) : this.#toTerminal(shown);
  }

  /** A line of ours; starts on a line of its own. */
  note(text: string): string {
    if (text === "") return "";
    return this.#toTerminal(this.#last === "\n" ? text : `\n${text}`);
  }

  #toTerminal(text: string): string {
    const before = this.#last;
    this.#remember(text);
    return text.replaceAll(/\r?\n/g, (lineEnd, at: number) =>
      at === 0 && lineEnd === "\n" && before === "\r" ? "\n" : "\r\n",
    );
  }

  #remember(text: string): string {
    this.#last = text.replaceAll(/\x1b\[[\d;]*m/g, "").at(-1) ?? this.#last;
    return text;
  }
}
