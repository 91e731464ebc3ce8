// Typing to a command that has no terminal: there is nobody but us to echo it and to make lines of it. Pure.

export interface Typed {
  /** What the screen shows of it. */
  echo: string;
  /** Lines that are complete, with their ends. */
  lines: string;
  /** Ctrl+C was pressed. */
  isInterrupt: boolean;
}

export class LineInput {
  #line = "";

  /** `data`: as a terminal sends keys and pasted text. */
  type(data: string): Typed {
    const typed: Typed = { echo: "", lines: "", isInterrupt: false };
    // Arrow and function keys, and what a terminal answers by itself.
    if (data.startsWith("\x1b")) return typed;
    for (const char of data) this.#press(char, typed);
    return typed;
  }

  #press(char: string, typed: Typed): void {
    switch (char) {
      case "\r":
      case "\n":
        typed.lines += `${this.#line}\n`;
        typed.echo += "\r\n";
        this.#line = "";
        return;
      case "\x03":
        typed.isInterrupt = true;
        typed.echo += "^C\r\n";
        this.#line = "";
        return;
      case "\x7f":
      case "\b":
        this.#erase(1, typed);
        return;
      case "\x15":
        this.#erase(Infinity, typed);
        return;
      default:
        if (char < " " && char !== "\t") return;
        this.#line += char;
        typed.echo += char;
    }
  }

  #erase(count: number, typed: Typed): void {
    const chars = [...this.#line];
    const erased = Math.min(count, chars.length);
    this.#line = chars.slice(0, chars.length - erased).join("");
    typed.echo += "\b \b".repeat(erased);
  }
}
