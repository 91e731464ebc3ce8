// The end of what a running command has printed, for a terminal that opens later. Pure.

export class KeptOutput {
  /** As much as the server keeps of a command's output. */
  static readonly maxChars = 1_048_576;

  #text = "";
  #leftOutChars = 0;

  append(piece: string): void {
    this.#text += piece;
    // Cut only now and then, so that a flood of small pieces is not copied once a piece.
    if (this.#text.length <= 2 * KeptOutput.maxChars) return;
    const kept = lastLines(this.#text, KeptOutput.maxChars);
    this.#leftOutChars += this.#text.length - kept.length;
    this.#text = kept;
  }

  get text(): string {
    return this.#text;
  }

  /** How much came before `text` and is not kept. */
  get leftOutChars(): number {
    return this.#leftOutChars;
  }

  /** What of the whole output never arrived here. Empty when that cannot be told. */
  missingOf(aggregated: string | null): string {
    if (aggregated === null || this.#leftOutChars > 0 || !aggregated.startsWith(this.#text)) return "";
    return aggregated.slice(this.#text.length);
  }
}

/** The end of a text, at most this long, from the beginning of a line where there is one. */
export function lastLines(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = text.slice(-maxChars);
  const lineEnd = end.indexOf("\n");
  return lineEnd === -1 ? end : end.slice(lineEnd + 1);
}
