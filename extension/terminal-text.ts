// What a command's terminal says besides the command's own output. Pure.
import type { ThreadItemOf } from "../server/protocol/item.ts";
import { ControlStrings } from "./control-strings.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

const maxNameChars = 32;

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
  return item.exitCode === 0 ? `✓ ${name}` : `✗ ${name} (${outcome(item)})`;
}

export function header(item: CommandItem): string {
  return dim(`${plain(item.cwd)} $ ${plain(scriptOf(item))}\n`);
}

export function statusLine(item: CommandItem): string {
  const took = item.durationMs === null ? "" : `, ${duration(item.durationMs)}`;
  return dim(`[${outcome(item)}${took}]\n`);
}

export function dim(text: string): string {
  return `\x1b[2m${text}\x1b[0m`;
}

function outcome(item: CommandItem): string {
  if (item.status === "declined") return "declined";
  return item.exitCode === null ? "stopped by a signal" : `exit code ${item.exitCode}`;
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

/** Turns output into what a terminal wants: "\r\n" at line ends. Remembers what a line end split in two needs. */
export class TerminalOutput {
  #last = "\n";
  #received = "";
  #isComplete = true;
  readonly #controlStrings = new ControlStrings();

  /** Long enough to compare with what the server keeps of a command's output. */
  static readonly maxKeptChars = 1_048_576;

  /** A piece of the command's output. */
  output(text: string): string {
    if (this.#received.length + text.length > TerminalOutput.maxKeptChars) this.#isComplete = false;
    else this.#received += text;
    return this.#toTerminal(this.#controlStrings.remove(text));
  }

  /** A line of ours; starts on a line of its own. */
  note(text: string): string {
    return this.#toTerminal(this.#last === "\n" ? text : `\n${text}`);
  }

  /** The end of the output where pieces were missed. Nothing when it cannot be told what was missed. */
  rest(aggregated: string | null): string {
    if (aggregated === null || !this.#isComplete || !aggregated.startsWith(this.#received)) return "";
    return this.output(aggregated.slice(this.#received.length));
  }

  #toTerminal(text: string): string {
    if (text === "") return "";
    const before = this.#last;
    this.#last = text.replaceAll(/\x1b\[[\d;]*m/g, "").at(-1) ?? before;
    return text.replaceAll(/\r?\n/g, (lineEnd, at: number) =>
      at === 0 && lineEnd === "\n" && before === "\r" ? "\n" : "\r\n",
    );
  }
}
