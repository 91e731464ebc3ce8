// Finds lines in a text, from exact to loose comparisons. Pure. A search through a million lines makes no strings.
import type { TextLines } from "./text-lines.ts";

/** From strict to loose. Lines that are equal at one stage are equal at all later ones. */
export type Stage = "exact" | "trailing-space" | "space" | "punctuation";
export const stages: readonly Stage[] = ["exact", "trailing-space", "space", "punctuation"];

export class LineSearch {
  readonly lines: TextLines;
  /** By stage: of each line a number that is the same for equal lines. */
  readonly #hashes = new Map<Stage, Int32Array>();

  constructor(lines: TextLines) {
    this.lines = lines;
  }

  /** Where the wanted lines stand, first place first. They may overlap. */
  *hits(wanted: readonly string[], stage: Stage, from = 0): Generator<number> {
    const needle = wanted.map((line) => asSeen(line, stage));
    const fallback = borders(needle);
    const isEqual = this.#comparison(needle, stage);
    // Knuth, Morris and Pratt: no line is looked at again, however much the wanted ones repeat themselves.
    let matched = 0;
    for (let line = from; line < this.lines.count; line += 1) {
      while (matched > 0 && !isEqual(line, matched)) matched = fallback[matched - 1] ?? 0;
      if (isEqual(line, matched)) matched += 1;
      if (matched < needle.length) continue;
      yield line + 1 - needle.length;
      matched = fallback[matched - 1] ?? 0;
    }
  }

  /** The lines that begin with this one, in the loosest comparison. */
  *beginning(wanted: string): Generator<number> {
    const start = asSeen(wanted, "punctuation");
    const { source } = this.lines;
    for (let line = 0; line < this.lines.count; line += 1) {
      const from = skipSpace(source, this.lines.start(line), this.lines.end(line));
      let same = 0;
      while (same < start.length && plain(source.charCodeAt(from + same)) === start.charCodeAt(same)) same += 1;
      if (same === start.length && from + same <= this.lines.end(line)) yield line;
    }
  }

  isSame(line: number, text: string, stage: Stage): boolean {
    return asSeen(this.lines.text(line), stage) === asSeen(text, stage);
  }

  #comparison(needle: readonly string[], stage: Stage): (line: number, index: number) => boolean {
    const { lines } = this;
    if (stage === "exact") {
      return (line, index) => {
        const text = needle[index] ?? "";
        const start = lines.start(line);
        return lines.end(line) - start === text.length && lines.source.startsWith(text, start);
      };
    }
    const hashes = this.#hashesOf(stage);
    const wanted = Int32Array.from(needle, (text) => hash(text, 0, text.length));
    return (line, index) => hashes[line] === wanted[index] && asSeen(lines.text(line), stage) === needle[index];
  }

  #hashesOf(stage: Stage): Int32Array {
    const known = this.#hashes.get(stage);
    if (known !== undefined) return known;
    const { source, count } = this.lines;
    const hashes = new Int32Array(count);
    for (let line = 0; line < count; line += 1) {
      const [start, end] = [this.lines.start(line), this.lines.end(line)];
      const from = stage === "trailing-space" ? start : skipSpace(source, start, end);
      hashes[line] = hash(source, from, skipSpaceBack(source, from, end));
    }
    this.#hashes.set(stage, hashes);
    return hashes;
  }
}

/** A line as a stage compares it. */
export function asSeen(line: string, stage: Stage): string {
  if (stage === "exact") return line;
  if (stage === "trailing-space") return line.trimEnd();
  const trimmed = line.trim();
  return stage === "space" || isAscii.test(trimmed) ? trimmed : [...trimmed].map(plainCharacter).join("");
}

const isAscii = /^[\0-\x7f]*$/;
const space = 0x20;

function plainCharacter(character: string): string {
  return character.length > 1 ? character : String.fromCharCode(plain(character.charCodeAt(0)));
}

/** The dash, quote or space of ASCII for one that a keyboard does not have; other characters as they are. */
function plain(code: number): number {
  if (code < 0xa0) return code;
  if ((code >= 0x2010 && code <= 0x2015) || code === 0x2212) return 0x2d;
  if (code >= 0x2018 && code <= 0x201b) return 0x27;
  if (code >= 0x201c && code <= 0x201f) return 0x22;
  return isWideSpace(code) ? space : code;
}

function isWideSpace(code: number): boolean {
  return code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x205f || code === 0x3000;
}

/** As `trim` has it. */
function isSpace(code: number): boolean {
  if (code < 0xa0) return code === space || (code >= 9 && code <= 13);
  return isWideSpace(code) || code === 0x1680 || code === 0x2028 || code === 0x2029 || code === 0xfeff;
}

function skipSpace(source: string, from: number, to: number): number {
  let at = from;
  while (at < to && isSpace(source.charCodeAt(at))) at += 1;
  return at;
}

function skipSpaceBack(source: string, from: number, to: number): number {
  let at = to;
  while (at > from && isSpace(source.charCodeAt(at - 1))) at -= 1;
  return at;
}

/** The same for lines that differ in their punctuation alone: one kind of number serves all loose stages. */
function hash(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = (Math.imul(value, 31) + plain(text.charCodeAt(at))) | 0;
  return value;
}

/** For each beginning of the needle: how long a beginning of the needle its end is. */
function borders(needle: readonly string[]): Int32Array {
  const lengths = new Int32Array(needle.length);
  let length = 0;
  for (let at = 1; at < needle.length; at += 1) {
    while (length > 0 && needle[at] !== needle[length]) length = lengths[length - 1] ?? 0;
    if (needle[at] === needle[length]) length += 1;
    lengths[at] = length;
  }
  return lengths;
}
