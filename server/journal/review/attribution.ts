// Which change wrote which lines: marks on a text that are carried along while the text changes. Pure.
import { changedLines, type LineChange } from "../../files/line-diff.ts";
import { type LineSpan, linesOf } from "./merge.ts";

/** Lines that a change wrote; none where it only took lines away, which it did right before `start`. */
export interface Mark extends LineSpan {
  readonly changeId: string;
}

/** The marks as they lie in `after`, and those of the changes that made it of `before`. */
export function marksAfter(
  marks: readonly Mark[],
  before: string,
  after: string,
  changeIds: readonly string[],
): readonly Mark[] {
  const changes = changedLines(linesOf(before), linesOf(after));
  const carried = marks.map((mark) => ({ ...mark, ...spanAfter(mark, changes) }));
  const made = changes.map(({ bStart, bCount }) => ({ start: bStart, count: bCount }));
  return [...carried, ...changeIds.flatMap((changeId) => made.map((span) => ({ ...span, changeId })))];
}

/** Without those of the changes that were taken back between the two texts; the marks lie in `before`. */
export function marksLeft(
  marks: readonly Mark[],
  before: string,
  after: string,
  takenBack: ReadonlySet<string>,
): readonly Mark[] {
  const changes = changedLines(linesOf(before), linesOf(after));
  return marks.filter(
    (mark) =>
      !takenBack.has(mark.changeId) ||
      !changes.some(({ aStart, aCount }) => touches(mark, { start: aStart, count: aCount })),
  );
}

/** Where lines of one text lie in the other. What was replaced in part is the whole of what replaced it. */
export function spanAfter({ start, count }: LineSpan, changes: readonly LineChange[]): LineSpan {
  const first = placeAfter(start, changes, "start");
  return { start: first, count: Math.max(0, placeAfter(start + count, changes, "end") - first) };
}

function placeAfter(line: number, changes: readonly LineChange[], edge: "start" | "end"): number {
  let place = line;
  for (const { aStart, aCount, bStart, bCount } of changes) {
    const end = aStart + aCount;
    // What was put in right behind the lines is none of them.
    if (aStart > line || (edge === "end" && aStart === line)) break;
    if (end <= line) place = bStart + bCount + line - end;
    else place = edge === "start" ? bStart : bStart + bCount;
  }
  return place;
}

/** Whether they have a line in common; what has no lines lies between two, and touches both. */
export function touches(a: LineSpan, b: LineSpan): boolean {
  const room = a.count > 0 && b.count > 0 ? 0 : 1;
  return a.start < b.start + b.count + room && b.start < a.start + a.count + room;
}
