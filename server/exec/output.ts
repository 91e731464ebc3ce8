// What becomes of the bytes a program writes: passed on, kept within bounds, and made safe for the model. They are made
// into text as late as possible: of a flood most is never shown.
export interface KeptOutput {
  /** Head and tail, with a line between them when something is missing. */
  readonly text: string;
  readonly truncatedBytes: number;
}

export interface OutputKeeper {
  /** Whole characters. */
  add(bytes: Buffer): void;
  kept(): KeptOutput;
}

/**
 * Keeps the first and the last half of `maxBytes` bytes of UTF-8. Memory stays at `maxBytes` however much is added. Of a
 * line behind the first half that is written anew by carriage returns, as progress is, its last state is kept alone, so
 * that it pushes nothing else out; what is left of it is missing from the middle like all else.
 */
export function outputKeeper(maxBytes: number): OutputKeeper {
  const headLimit = Math.ceil(maxBytes / 2);
  let head: Buffer | null = null;
  let headBytes = 0;
  let allBytes = 0;
  const tail = tailKeeper(maxBytes - headLimit);

  return {
    add(bytes) {
      allBytes += bytes.length;
      head ??= Buffer.allocUnsafe(headLimit);
      const fitting = bytes.copy(head, headBytes);
      headBytes += fitting;
      if (fitting < bytes.length) tail.add(bytes.subarray(fitting));
    },
    kept() {
      const start = (head ?? Buffer.alloc(0)).subarray(0, headBytes);
      const end = tail.kept();
      if (start.length + end.length === allBytes) {
        return { text: Buffer.concat([start, end]).toString("utf8"), truncatedBytes: 0 };
      }
      return join(wholeCharactersAtEnd(start), wholeCharactersAtStart(end), allBytes);
    },
  };
}

/** The last `limit` bytes of what is left when lines that are written anew are their last state. */
function tailKeeper(limit: number) {
  let ring: Buffer | null = null;
  // Positions in all that was added, less what was taken back. The ring has what lies between the first two.
  let oldest = 0;
  let end = 0;
  let lineStart = 0;
  let isReturned = false;

  function append(bytes: Buffer): void {
    if (limit === 0) return;
    ring ??= Buffer.alloc(limit);
    const last = bytes.subarray(Math.max(0, bytes.length - limit));
    const position = (end + bytes.length - last.length) % limit;
    const untilEnd = last.copy(ring, position);
    last.copy(ring, 0, untilEnd);
    end += bytes.length;
    oldest = Math.max(oldest, end - limit);
  }

  /** `bytes` have no carriage return. */
  function write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // A return before the end of a line starts nothing anew. What the ring has lost cannot be taken back.
    if (isReturned && bytes[0] !== NEWLINE) end = Math.max(oldest, lineStart);
    else if (isReturned) append(RETURN);
    isReturned = false;
    const newline = bytes.lastIndexOf(NEWLINE);
    append(bytes);
    if (newline >= 0) lineStart = end - bytes.length + newline + 1;
  }

  return {
    add(bytes: Buffer): void {
      for (let from = 0; from < bytes.length; ) {
        const at = bytes.indexOf(0x0d, from);
        write(bytes.subarray(from, at < 0 ? bytes.length : at));
        if (at < 0) return;
        isReturned = true;
        from = at + 1;
      }
    },
    kept(): Buffer {
      if (ring === null) return isReturned ? RETURN : Buffer.alloc(0);
      const [first, last] = [oldest % limit, end % limit];
      const parts =
        end === oldest
          ? []
          : first < last
            ? [ring.subarray(first, last)]
            : [ring.subarray(first), ring.subarray(0, last)];
      return Buffer.concat(isReturned ? [...parts, RETURN] : parts);
    },
  };
}

const NEWLINE = 0x0a;
const RETURN = Buffer.from("\r");

/**
 * Passes the bytes of one input, such as stdout, on as they come, but never a part of a character: another input's bytes
 * may come between. What is no UTF-8 is passed on as it is.
 */
export function wholeCharacters(pass: (bytes: Buffer) => void): { write(bytes: Buffer): void; end(): void } {
  let held: Buffer | null = null;
  return {
    write(bytes) {
      const all: Buffer = held === null ? bytes : Buffer.concat([held, bytes]);
      const whole = wholeCharactersAtEnd(all);
      // A copy: the rest is the receiver's.
      held = whole.length < all.length ? Buffer.from(all.subarray(whole.length)) : null;
      if (whole.length > 0) pass(whole);
    },
    end() {
      if (held !== null) pass(held);
      held = null;
    },
  };
}

/**
 * The copy of an output that goes into the model's context: no terminal control, only the last state of a progress
 * line, hidden characters made visible, and at most `maxTokens` tokens at four bytes each, head and tail with a count.
 * `truncatedBytes` is what an ExecResult says is missing already, so that the count stays true.
 */
export function forModel(text: string, options: { maxTokens: number; truncatedBytes?: number }): string {
  const maxBytes = options.maxTokens * 4;
  const missing = options.truncatedBytes ?? 0;
  const marker = omissionLine(missing);
  const at = missing === 0 ? -1 : text.indexOf(marker);
  if (at < 0) {
    const plain = plainText(text);
    if (Buffer.byteLength(plain) <= maxBytes) return plain;
    const keeper = outputKeeper(Math.max(0, maxBytes - longestOmissionLine));
    keeper.add(Buffer.from(plain));
    return keeper.kept().text;
  }
  const head = Buffer.from(plainText(text.slice(0, at)));
  const tail = Buffer.from(plainText(text.slice(at + marker.length)));
  const total = head.length + tail.length + missing;
  if (head.length + tail.length + longestOmissionLine <= maxBytes) return join(head, tail, total).text;
  const half = Math.max(0, Math.floor((maxBytes - longestOmissionLine) / 2));
  const start = wholeCharactersAtEnd(head.subarray(0, half));
  const end = wholeCharactersAtStart(tail.subarray(Math.max(0, tail.length - half)));
  return join(start, end, total).text;
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what these are about.
// OSC, DCS, SOS, PM and APC carry text up to a terminator; one that is never terminated ends with its line.
const controlStrings = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?/g;
const controlSequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
const otherEscapes = /\x1b[ -/]*[0-~]/g;
const overstrikes = /[^\n]\x08/g;
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above.

// Bidirectional controls, tag characters and what has no width show a person something else than the model reads. Joiners
// and the usual variation selectors are none of these: scripts and emoji are made of them.
const hidden =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e01ef}]/gu;

function plainText(text: string): string {
  return text
    .replace(controlStrings, "")
    .replace(controlSequences, "")
    .replace(otherEscapes, "")
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map(lastState)
    .join("\n")
    .replace(overstrikes, "")
    .replace(controls, "")
    .replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
}

// A carriage return starts the line anew: only what was written last is still to be seen.
function lastState(line: string): string {
  if (!line.includes("\r")) return line;
  return line.split("\r").findLast((state) => state !== "") ?? "";
}

function join(head: Buffer, tail: Buffer, totalBytes: number): KeptOutput {
  const truncatedBytes = totalBytes - head.length - tail.length;
  return { text: head.toString("utf8") + omissionLine(truncatedBytes) + tail.toString("utf8"), truncatedBytes };
}

function omissionLine(bytes: number): string {
  return `\n[... ${bytes} bytes omitted ...]\n`;
}

const longestOmissionLine = omissionLine(Number.MAX_SAFE_INTEGER).length;

function wholeCharactersAtStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}

function wholeCharactersAtEnd(bytes: Buffer): Buffer {
  let lead = bytes.length - 1;
  while (lead >= 0 && isContinuation(bytes[lead])) lead -= 1;
  const first = bytes[lead] ?? 0;
  const length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return lead + length > bytes.length ? bytes.subarray(0, lead) : bytes;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
