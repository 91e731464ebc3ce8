// Lays changes of lines as a person would, where there are several ways to say the same. Pure.
import type { LineChange } from "../../files/line-diff.ts";

/**
 * Often the line behind a change is also in it: the brace that ends one function and the next. Then as few lines differ
 * when the brace within is the one that stays, and what was added becomes a change of its own. `changes` are sorted, with a
 * line that stays between any two, and so is the result.
 */
export function apart(changes: readonly LineChange[], a: readonly string[], b: readonly string[]): LineChange[] {
  const split = splitUp(changes, a, b);
  return split.map((change, index) => slidDown(change, split[index + 1]?.aStart ?? a.length + 1, a, b));
}

function splitUp(changes: readonly LineChange[], a: readonly string[], b: readonly string[]): LineChange[] {
  return changes.flatMap((change, index) => {
    const next = changes[index + 1]?.aStart ?? a.length;
    // The line behind comes to stand before its end: another one must stay between it and what comes next.
    if (next - (change.aStart + change.aCount) < 2 && index + 1 < changes.length) return [change];
    const { aStart, aCount, bStart, bCount } = change;
    if (bCount > aCount) {
      const kept = lineWithin(b, { start: bStart, count: bCount, most: aCount });
      if (kept === null) return [change];
      const rest = { aStart: aStart + aCount + 1, aCount: 0, bStart: bStart + kept + 1, bCount: bCount - kept };
      return [{ ...change, bCount: kept }, rest];
    }
    const kept = lineWithin(a, { start: aStart, count: aCount, most: bCount });
    if (kept === null) return [change];
    const rest = { aStart: aStart + kept + 1, aCount: aCount - kept, bStart: bStart + bCount + 1, bCount: 0 };
    return [{ ...change, aCount: kept }, rest];
  });
}

/** How many lines come before one that is the same as the line behind the span: at least one, at most `most`. */
function lineWithin(lines: readonly string[], span: { start: number; count: number; most: number }): number | null {
  const behind = lines[span.start + span.count];
  if (behind === undefined) return null;
  for (let at = Math.min(span.most, span.count - 1); at >= 1; at -= 1) {
    if (lines[span.start + at] === behind) return at;
  }
  return null;
}

/** As far down as it goes: a function that was added then ends with its own brace, not with that of the one above. */
function slidDown(change: LineChange, next: number, a: readonly string[], b: readonly string[]): LineChange {
  const { aStart, aCount, bStart, bCount } = change;
  if (aCount > 0 && bCount > 0) return change;
  const [lines, start, count] = aCount === 0 ? [b, bStart, bCount] : [a, aStart, aCount];
  // A line must stay between this one and what comes next.
  const room = next - (aStart + aCount) - 1;
  let by = 0;
  while (by < room && lines[start + by] === lines[start + count + by]) by += 1;
  return { ...change, aStart: aStart + by, bStart: bStart + by };
}
