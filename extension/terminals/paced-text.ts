// Text on its way to a terminal's screen: whole while it comes as fast as it can be drawn, its end where it floods. Pure.
import { lastLines } from "./kept-output.ts";

export class PacedText {
  /** What one frame draws at most; far more lines than a terminal keeps by default. */
  static readonly maxChars = 524_288;

  #waiting = "";
  #skippedChars = 0;

  add(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length > 2 * PacedText.maxChars) this.#cut();
  }

  /** What is to be drawn now. */
  take(): string {
    if (this.#waiting.length > PacedText.maxChars) this.#cut();
    const skipped = this.#skippedChars;
    const text = this.#waiting;
    this.#waiting = "";
    this.#skippedChars = 0;
    return skipped === 0 ? text : `\x1b[0m\r\n\x1b[2m[… ${skipped} characters are not shown here]\x1b[0m\r\n${text}`;
  }

  #cut(): void {
    const kept = lastLines(this.#waiting, PacedText.maxChars);
    this.#skippedChars += this.#waiting.length - kept.length;
    this.#waiting = kept;
  }
}
