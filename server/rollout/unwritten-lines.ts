// Lines on their way into a file: whole ones, in order. A write that took only a part of one goes on where it ended.

/** So much is written at once. */
const BATCH_BYTES = 256 * 1024;

export class UnwrittenLines {
  #lines: Buffer[] = [];
  /** Of the first line, so much is in the file already. */
  #begun = 0;
  #bytes = 0;

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#lines.length;
  }

  /** With its line feed. */
  push(line: Buffer): void {
    this.#lines.push(line);
    this.#bytes += line.length;
  }

  /** What is to be written next; one line at least. */
  next(): Buffer {
    const [first = Buffer.alloc(0)] = this.#lines;
    const rest = first.subarray(this.#begun);
    if (this.#lines.length === 1) return rest;
    const batch = [rest];
    let size = rest.length;
    for (const line of this.#lines.slice(1)) {
      size += line.length;
      if (size > BATCH_BYTES) break;
      batch.push(line);
    }
    return Buffer.concat(batch);
  }

  /** So many bytes of `next` are in the file. */
  wrote(bytes: number): void {
    let left = this.#begun + bytes;
    let done = 0;
    for (let line = this.#lines[0]; line !== undefined && line.length <= left; line = this.#lines[done]) {
      left -= line.length;
      this.#bytes -= line.length;
      done++;
    }
    this.#lines.splice(0, done);
    this.#begun = left;
  }

  /** The part of a line that is in the file was sealed there: it is no line, and all of it is written once more. */
  sealed(): void {
    this.#begun = 0;
  }

  clear(): void {
    this.#lines = [];
    this.#begun = 0;
    this.#bytes = 0;
  }
}
