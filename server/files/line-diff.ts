// Which lines differ between two lists of lines. Pure, and bounded: the same lists always give the same answer, in a
// time that grows with their length and not with its square.

/** `aCount` lines at `aStart` are replaced by the `bCount` lines at `bStart` of the other list. */
export interface LineChange {
  readonly aStart: number;
  readonly aCount: number;
  readonly bStart: number;
  readonly bCount: number;
}

/** Sorted, apart from each other. As few lines as possible, while the search for them is cheap. */
export function changedLines(a: readonly string[], b: readonly string[]): LineChange[] {
  const ids = new Map<string, number>();
  return changedNumbers(interned(a, ids), interned(b, ids));
}

/** The same for lines that are numbers already: equal lines, equal numbers. */
export function changedNumbers(a: Int32Array, b: Int32Array): LineChange[] {
  const search: Search = { a, b, steps: maxSteps, pairs: [] };
  compare(search, { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length });
  return gaps(search, a.length, b.length);
}

/** Lines as numbers: equal numbers, equal lines. `pairs` are the runs of lines that are kept, in order. */
interface Search {
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** What may still be spent. Counted, not timed: an approved plan is recognised by its hash on any machine. */
  steps: number;
  readonly pairs: { a: number; b: number; length: number }[];
}

interface Box {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Lines that an exact search may leave out and bring in together; its memory is the square of it. */
const maxDistance = 1500;
const maxSteps = 20_000_000;

function interned(lines: readonly string[], ids: Map<string, number>): Int32Array {
  return Int32Array.from(lines, (line) => {
    const known = ids.get(line);
    if (known !== undefined) return known;
    ids.set(line, ids.size);
    return ids.size - 1;
  });
}

function compare(search: Search, box: Box): void {
  const { a, b, pairs } = search;
  let { aFrom, aTo, bFrom, bTo } = box;
  const [aFirst, bFirst] = [aFrom, bFrom];
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) {
    aFrom += 1;
    bFrom += 1;
  }
  if (aFrom > aFirst) pairs.push({ a: aFirst, b: bFirst, length: aFrom - aFirst });
  const aLast = aTo;
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) {
    aTo -= 1;
    bTo -= 1;
  }
  if (aFrom < aTo && bFrom < bTo) compareInner(search, { aFrom, aTo, bFrom, bTo });
  if (aTo < aLast) pairs.push({ a: aTo, b: bTo, length: aLast - aTo });
}

function compareInner(search: Search, box: Box): void {
  if (shortestEdit(search, box)) return;
  // Too far apart for that: lines that are unique on both sides hold the rest together.
  const anchors = uniqueAnchors(search, box);
  if (anchors.length === 0) return;
  let { aFrom, bFrom } = box;
  for (const anchor of anchors) {
    compare(search, { aFrom, aTo: anchor.a, bFrom, bTo: anchor.b });
    search.pairs.push({ ...anchor, length: 1 });
    aFrom = anchor.a + 1;
    bFrom = anchor.b + 1;
  }
  compare(search, { aFrom, aTo: box.aTo, bFrom, bTo: box.bTo });
}

/** The greedy search of Myers. False, and nothing is found, when the lists are further apart than may be looked. */
function shortestEdit(search: Search, box: Box): boolean {
  const { a, b } = search;
  const [n, m] = [box.aTo - box.aFrom, box.bTo - box.bFrom];
  const limit = Math.min(n + m, maxDistance);
  if (Math.abs(n - m) > limit) return false;
  const offset = limit + 1;
  const furthest = new Int32Array(2 * offset + 1);
  const trace: Int32Array[] = [];
  for (let distance = 0; distance <= limit; distance += 1) {
    search.steps -= distance + 1;
    if (search.steps < 0) return false;
    trace.push(furthest.slice(offset - distance - 1, offset + distance + 2));
    for (let k = -distance; k <= distance; k += 2) {
      const isDown = k === -distance || (k !== distance && at(furthest, offset + k - 1) < at(furthest, offset + k + 1));
      let x = isDown ? at(furthest, offset + k + 1) : at(furthest, offset + k - 1) + 1;
      let y = x - k;
      const start = x;
      while (x < n && y < m && a[box.aFrom + x] === b[box.bFrom + y]) {
        x += 1;
        y += 1;
      }
      search.steps -= x - start;
      furthest[offset + k] = x;
      if (x >= n && y >= m) {
        readBack(search, box, trace);
        return true;
      }
    }
  }
  return false;
}

function readBack({ pairs }: Search, box: Box, trace: readonly Int32Array[]): void {
  let [x, y] = [box.aTo - box.aFrom, box.bTo - box.bFrom];
  const found: { a: number; b: number; length: number }[] = [];
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const furthest = trace[distance] ?? new Int32Array();
    const middle = distance + 1;
    const k = x - y;
    const isDown = k === -distance || (k !== distance && at(furthest, middle + k - 1) < at(furthest, middle + k + 1));
    const previousK = isDown ? k + 1 : k - 1;
    const previousX = distance === 0 ? 0 : at(furthest, middle + previousK);
    const previousY = distance === 0 ? 0 : previousX - previousK;
    const stepX = distance === 0 ? 0 : isDown ? previousX : previousX + 1;
    const length = x - stepX;
    if (length > 0) found.push({ a: box.aFrom + stepX, b: box.bFrom + y - length, length });
    [x, y] = [previousX, previousY];
  }
  pairs.push(...found.toReversed());
}

/** The longest list of lines that stand once in each side of the box and in the same order in both. */
function uniqueAnchors(search: Search, { aFrom, aTo, bFrom, bTo }: Box): { a: number; b: number }[] {
  const { a, b } = search;
  search.steps -= aTo - aFrom + bTo - bFrom;
  if (search.steps < 0) return [];
  const places = new Map<number, { a: number; b: number }>();
  for (let index = aFrom; index < aTo; index += 1) {
    const id = at(a, index);
    places.set(id, { a: places.has(id) ? -1 : index, b: -1 });
  }
  for (let index = bFrom; index < bTo; index += 1) {
    const place = places.get(at(b, index));
    if (place !== undefined) place.b = place.b === -1 ? index : -2;
  }
  const common = [...places.values()].filter((place) => place.a >= 0 && place.b >= 0);
  return longestRising(common);
}

/** Patience sorting; the given are sorted by `a`. */
function longestRising(pairs: readonly { a: number; b: number }[]): { a: number; b: number }[] {
  const tops: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  for (const [index, { b }] of pairs.entries()) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.b ?? 0) < b) low = middle + 1;
      else high = middle;
    }
    before[index] = tops[low - 1] ?? -1;
    tops[low] = index;
  }
  const rising: { a: number; b: number }[] = [];
  for (let index = tops.at(-1) ?? -1; index >= 0; index = at(before, index)) {
    const pair = pairs[index];
    if (pair !== undefined) rising.push(pair);
  }
  return rising.toReversed();
}

function gaps({ pairs }: Search, aLength: number, bLength: number): LineChange[] {
  const changes: LineChange[] = [];
  let [aStart, bStart] = [0, 0];
  for (const { a, b, length } of [...pairs, { a: aLength, b: bLength, length: 0 }]) {
    if (a > aStart || b > bStart) changes.push({ aStart, aCount: a - aStart, bStart, bCount: b - bStart });
    aStart = a + length;
    bStart = b + length;
  }
  return changes;
}

function at(numbers: Int32Array, index: number): number {
  return numbers[index] ?? 0;
}
