// Splits bytes into lines on "\n" only. readline also splits on U+2028, which is legal inside a JSON string.

export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #size = 0;
  readonly #decoder = new TextDecoder();

  /** `maxBytes` caps one line; a longer one throws RangeError from `push`. */
  constructor(onLine: (line: string) => void, options: { maxBytes?: number } = {}) {
    this.#onLine = onLine;
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  push(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      this.#keep(bytes.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** What is left without a line end is a line as well. */
  end(): void {
    if (this.#size > 0) this.#emit();
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) throw new RangeError(`a line is longer than ${this.#maxBytes} bytes`);
    this.#parts.push(part);
  }

  #emit(): void {
    const text =
      this.#parts.map((part) => this.#decoder.decode(part, { stream: true })).join("") + this.#decoder.decode();
    this.#parts = [];
    this.#size = 0;
    this.#onLine(text.endsWith("\r") ? text.slice(0, -1) : text);
  }
}
