// How well a path fits a query. Scores are the original's, so that lists from both can be merged: a match is worth 16,
// more at the beginning of a word or right behind another match, less for each gap. Pure.

export interface Candidate {
  readonly path: string;
  /** Where the last component of `path` begins. */
  readonly nameStart: number;
  readonly isDirectory: boolean;
  /** `path` in lower case if it is ASCII, else null. Kept, because most paths are dismissed by one look at it. */
  readonly folded: string | null;
}

export interface Scored {
  readonly score: number;
  /** Code points of the path, ascending. */
  readonly indices: readonly number[];
}

export interface Query {
  readonly words: readonly Word[];
}

interface Word {
  readonly kind: "fuzzy" | "substring" | "prefix" | "postfix" | "exact";
  readonly isInverse: boolean;
  /** Nothing in it was escaped or special: it may be a file's name. */
  readonly isPlain: boolean;
  readonly points: readonly number[];
  /** The same, each as a string. */
  readonly letters: readonly string[];
  /** It has no accents, so those of a path do not count. */
  readonly ignoresAccents: boolean;
}

export function foldPath(path: string): string | null {
  // Only ASCII has as many bytes as it has characters.
  return Buffer.byteLength(path) === path.length ? path.toLowerCase() : null;
}

export function parseQuery(query: string): Query {
  const spelled = query.match(/(?:\\.|\S)+/gsu) ?? [];
  return { words: spelled.map(parseWord).filter((word) => word.points.length > 0) };
}

/** Null when it does not fit. */
export function scorePath(candidate: Candidate, { words }: Query): Scored | null {
  const { folded } = candidate;
  if (folded !== null && !words.every((word) => word.isInverse || hasLetters(folded, word))) return null;
  const [word] = words;
  if (words.length === 1 && word?.kind === "fuzzy" && word.isPlain) return scoreByName(candidate, word);
  let score = 0;
  const indices = new Set<number>();
  for (const each of words) {
    const found = matchWord(textOf(candidate, each), each);
    if ((found === null) !== each.isInverse) return null;
    score += found?.score ?? 0;
    for (const index of found?.indices ?? []) indices.add(index);
  }
  return { score, indices: [...indices].toSorted((a, b) => a - b) };
}

/** In order, whatever is between. */
function hasLetters(folded: string, { letters }: Word): boolean {
  let at = -1;
  for (const letter of letters) {
    at = folded.indexOf(letter, at + 1);
    if (at === -1) return false;
  }
  return true;
}

/** That the letters are in the name of a file outweighs all else, and that they are the whole name more so. */
function scoreByName(candidate: Candidate, word: Word): Scored | null {
  const text = textOf(candidate, word);
  const nameStart = text.isAscii ? candidate.nameStart : [...candidate.path.slice(0, candidate.nameStart)].length;
  const isWhole =
    text.points.length - nameStart === word.points.length &&
    word.points.every((point, at) => lower(text.original[nameStart + at] ?? 0) === point);
  const inName = candidate.isDirectory ? null : matchFuzzy(text, word.points, nameStart);
  const found = inName ?? matchFuzzy(text, word.points, 0);
  if (found === null) return null;
  const worth = (inName === null ? 0 : 1) + (isWhole ? 2 : 0);
  return { score: found.score + worth * nameBonus, indices: found.indices };
}

const nameBonus = 65_536;
const [matchScore, gapStart, gapExtension] = [16, 3, 1];
const [boundary, delimiter, camel, consecutive] = [8, 9, 5, 4];

interface Text {
  readonly original: readonly number[];
  /** As they are compared. */
  readonly points: readonly number[];
  readonly isAscii: boolean;
}

function parseWord(spelled: string): Word {
  let text = spelled;
  const isInverse = text.startsWith("!");
  if (isInverse) text = text.slice(1);
  const isPrefix = text.startsWith("^");
  const isQuoted = text.startsWith("'");
  if (isPrefix || isQuoted) text = text.slice(1);
  const isPostfix = /(?:^|[^\\])\$$/s.test(text);
  if (isPostfix) text = text.slice(0, -1);
  // Only where they would mean something.
  const unescaped = text.replaceAll(/\\(\s)|^\\([!^'])|\\(\$)$/g, "$1$2$3");
  const kind = isPrefix
    ? isPostfix
      ? "exact"
      : "prefix"
    : isPostfix
      ? "postfix"
      : isQuoted || isInverse
        ? "substring"
        : "fuzzy";
  const points = pointsOf(unescaped).map(lower);
  const ignoresAccents = points.every((point) => withoutAccent(point) === point);
  const letters = points.map((point) => String.fromCodePoint(point));
  return { kind, isInverse, isPlain: unescaped === text, points, letters, ignoresAccents };
}

function matchWord(text: Text, word: Word): Scored | null {
  const { points } = word;
  const end = text.points.length - points.length;
  if (end < 0) return null;
  if (word.kind === "fuzzy") return matchFuzzy(text, points, 0);
  if (word.kind === "exact" && end > 0) return null;
  const starts = word.kind === "substring" ? Array.from({ length: end + 1 }, (_, at) => at) : [0];
  if (word.kind === "postfix") starts[0] = end;
  let best: Scored | null = null;
  for (const start of starts) {
    if (!points.every((point, at) => text.points[start + at] === point)) continue;
    const score = scoreRun(text, start, points.length);
    if (best === null || score > best.score) best = { score, indices: points.map((_, at) => start + at) };
  }
  return best;
}

function scoreRun(text: Text, start: number, length: number): number {
  let first = bonusAt(text, start);
  let score = matchScore + 2 * first;
  for (let at = start + 1; at < start + length; at++) {
    const bonus = bonusAt(text, at);
    if (bonus >= boundary && bonus > first) first = bonus;
    score += matchScore + Math.max(bonus, first, consecutive);
  }
  return score;
}

/**
 * The best way to find `needle` as a subsequence from `from` on: Smith-Waterman with affine gaps. Row by row, `matched`
 * is the best score with the last letter here, `skipped` the best with it further left.
 */
function matchFuzzy(text: Text, needle: readonly number[], from: number): Scored | null {
  const first = subsequenceStart(text.points, needle, from);
  if (first === -1) return null;
  // Behind the last place of the last letter there is nothing to find.
  const width = text.points.lastIndexOf(needle.at(-1) ?? 0) + 1 - first;
  const bonuses = new Int32Array(width);
  for (let at = 0; at < width; at++) bonuses[at] = bonusAt(text, first + at);
  const table = scratchFor(width, needle.length);
  let [matched, here, runBonus, hereBonus] = table.rows;
  for (const [row, point] of needle.entries()) {
    let skipped = none;
    let skippedFrom = -1;
    for (let at = 0; at < width; at++) {
      const before = at === 0 || row === 0 ? none : (matched[at - 1] ?? none);
      here[at] = none;
      if (text.points[first + at] === point) {
        const bonus = bonuses[at] ?? 0;
        const run = continueRun(row === 0 ? 0 : (runBonus[at - 1] ?? 0), bonus);
        const byRun = before + Math.max(run, bonus);
        const byGap = row === 0 ? 2 * bonus : skipped + bonus;
        const isRun = byRun > byGap;
        here[at] = matchScore + (isRun ? byRun : byGap);
        hereBonus[at] = isRun ? run : bonus;
        table.cameFrom[row * width + at] = isRun ? at - 1 : skippedFrom;
      }
      if (before > 0 && before - gapStart > skipped - gapExtension) {
        skipped = before - gapStart;
        skippedFrom = at - 1;
      } else if (skipped > 0) skipped -= gapExtension;
    }
    [matched, here, runBonus, hereBonus] = [here, matched, hereBonus, runBonus];
  }
  let last = 0;
  for (let at = 1; at < width; at++) {
    // Among equals the original takes the first for a single letter, and the last for more.
    const [best = none, score = none] = [matched[last], matched[at]];
    if (score > best || (score === best && needle.length > 1)) last = at;
  }
  return { score: matched[last] ?? 0, indices: trace(table.cameFrom, { first, last, width, rows: needle.length }) };
}

/** Below every score, also after what is added to it here. */
const none = -1_000_000;

interface Scratch {
  readonly rows: readonly [Int32Array, Int32Array, Int32Array, Int32Array];
  /** Row by row: where the letter before stood; -1 for none. */
  readonly cameFrom: Int32Array;
}

/** One table for all paths, since there can be a hundred thousand. What is in it is nobody's. */
function scratchFor(width: number, rows: number): Scratch {
  if (scratch.rows[0].length < width || scratch.cameFrom.length < width * rows) {
    scratch = emptyScratch(2 * width, 2 * width * rows);
  }
  return scratch;
}

let scratch = emptyScratch(512, 4096);

function emptyScratch(width: number, cells: number): Scratch {
  const row = () => new Int32Array(width);
  return { rows: [row(), row(), row(), row()], cameFrom: new Int32Array(cells) };
}

function continueRun(runBonus: number, bonus: number): number {
  const run = Math.max(runBonus, consecutive);
  return bonus >= boundary && bonus > run ? bonus : run;
}

function trace(
  cameFrom: Int32Array,
  { first, last, width, rows }: { first: number; last: number; width: number; rows: number },
): number[] {
  const indices: number[] = [];
  let at = last;
  for (let row = rows - 1; row >= 0; row--) {
    indices.push(first + at);
    at = cameFrom[row * width + at] ?? -1;
  }
  return indices.toReversed();
}

/** Where the first letter is found when all are, in order; else -1. Most paths end here. */
function subsequenceStart(points: readonly number[], needle: readonly number[], from: number): number {
  let start = -1;
  let at = from;
  for (const point of needle) {
    const found = points.indexOf(point, at);
    if (found === -1) return -1;
    if (start === -1) start = found;
    at = found + 1;
  }
  return start;
}

type Class = "white" | "other" | "delimiter" | "lower" | "upper" | "letter" | "number";

function bonusAt({ original }: Text, at: number): number {
  const before = at === 0 ? "delimiter" : classOf(original[at - 1] ?? 0);
  const own = classOf(original[at] ?? 0);
  if (own === "white" || own === "other") return boundary;
  if (own === "delimiter") return 0;
  if (before === "delimiter") return delimiter;
  if (before === "white" || before === "other") return boundary;
  const isHump = (before === "lower" && own === "upper") || (before !== "number" && own === "number");
  return isHump ? camel : 0;
}

function classOf(point: number): Class {
  return asciiClasses[point] ?? classify(point);
}

function classify(point: number): Class {
  if (point >= 0x61 && point <= 0x7a) return "lower";
  if (point >= 0x41 && point <= 0x5a) return "upper";
  if (point >= 0x30 && point <= 0x39) return "number";
  if (point === 0x2f) return "delimiter";
  const character = String.fromCodePoint(point);
  if (/\s/u.test(character)) return "white";
  if (point < 0x80) return "other";
  if (/\p{Ll}/u.test(character)) return "lower";
  if (/\p{Lu}/u.test(character)) return "upper";
  if (/\p{N}/u.test(character)) return "number";
  return /\p{L}/u.test(character) ? "letter" : "other";
}

const asciiClasses: readonly Class[] = Array.from({ length: 0x80 }, (_, point) => classify(point));

function textOf({ path, folded }: Candidate, word: Word): Text {
  if (folded !== null) return { original: codesOf(path), points: codesOf(folded), isAscii: true };
  const original = pointsOf(path);
  const points = original.map((point) => (word.ignoresAccents ? withoutAccent(lower(point)) : lower(point)));
  return { original, points, isAscii: false };
}

function codesOf(ascii: string): number[] {
  const codes: number[] = [];
  for (let at = 0; at < ascii.length; at++) codes.push(ascii.charCodeAt(at));
  return codes;
}

function pointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function lower(point: number): number {
  if (point < 0x80) return point >= 0x41 && point <= 0x5a ? point + 0x20 : point;
  return String.fromCodePoint(point).toLowerCase().codePointAt(0) ?? point;
}

function withoutAccent(point: number): number {
  return point < 0x80 ? point : (String.fromCodePoint(point).normalize("NFD").codePointAt(0) ?? point);
}
