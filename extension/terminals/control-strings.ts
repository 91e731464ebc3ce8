// Takes control strings (OSC, DCS, SOS, PM, APC) out of a terminal's output: they can name links that lead elsewhere
// and write to the clipboard. Colours and cursor movement pass. Pure; remembers where a piece of the output ended.

// text --ESC--> escape --an introducer--> osc or string, --anything else--> text
// osc, string --ST, CAN, SUB, in osc also BEL--> text, or --ESC--> escape
type Place = "text" | "escape" | "osc" | "string";

const ESC = "\x1b";
const CANCELS = "\x18\x1a";
const STRING_END = "\x9c";
/** The character after ESC, and the same as one character of 8 bits. */
const introducers = new Map<string, Place>([
  ...["]", "\x9d"].map((char) => [char, "osc"] as const),
  ...["P", "X", "^", "_", "\x90", "\x98", "\x9e", "\x9f"].map((char) => [char, "string"] as const),
]);

const mayBegin = /[\x1b\x80-\x9f]/;

export class ControlStrings {
  #place: Place = "text";

  /** The next piece of the output without them; a piece may end anywhere. */
  remove(piece: string): string {
    // Most output has none, and a flood of it must not be read letter by letter.
    if (this.#place === "text" && !mayBegin.test(piece)) return piece;
    let kept = "";
    for (const char of piece) kept += this.#read(char);
    return kept;
  }

  /** What of the character is passed on. */
  #read(char: string): string {
    switch (this.#place) {
      case "text":
        if (char === ESC) this.#place = "escape";
        else if (char > "\x7f" && introducers.has(char)) this.#place = introducers.get(char) ?? "text";
        else return char;
        return "";
      case "escape":
        return this.#readAfterEscape(char);
      case "osc":
      case "string":
        if (char === ESC) this.#place = "escape";
        else if (CANCELS.includes(char) || char === STRING_END || (char === "\x07" && this.#place === "osc"))
          this.#place = "text";
        return "";
      default:
        return this.#place satisfies never;
    }
  }

  #readAfterEscape(char: string): string {
    if (char === ESC) return "";
    // A terminal obeys a control character inside a sequence and goes on with the sequence.
    if ((char < " " || char === "\x7f") && !CANCELS.includes(char)) return char;
    this.#place = introducers.get(char) ?? "text";
    // A backslash ends a string; without one it means nothing.
    return this.#place !== "text" || char === "\\" || CANCELS.includes(char) ? "" : ESC + char;
  }
}
