// What is to review of one file: its baseline, carried through what the person changed themselves, against what is there
// now. Pure but for `contentOf`, which it is given.
import { changedLines } from "../../files/line-diff.ts";
import { type Mark, marksAfter, marksLeft, spanAfter, touches } from "./attribution.ts";
import type { Image } from "../change.ts";
import { type Content, keyOf } from "../content.ts";
import { type Hunk, hunksBetween } from "./hunks.ts";
import { endedLike, type LineSpan, linesOf, mergeLines } from "./merge.ts";
import { isPersons, type Step, type Track } from "./tracks.ts";

/** A file at the end of its steps, or now. */
export interface ReviewState {
  readonly baseline: Content;
  readonly current: Content;
  /** Lines of the baseline whose change the person has edited. */
  readonly edited: readonly LineSpan[];
  /** What cannot be told apart line by line has been edited by the person. */
  readonly isEdited: boolean;
  readonly marks: readonly Mark[];
}

export interface PendingHunk extends Hunk {
  readonly isEdited: boolean;
  /** Of the changes that wrote it, oldest first. */
  readonly changeIds: readonly string[];
}

/** What became of a track by its last step. The same for the same images, so it can be kept. */
export async function stateBehind(track: Track, contentOf: (image: Image) => Promise<Content>): Promise<ReviewState> {
  let marks: readonly Mark[] = [];
  let last: Image | null = null;
  for (const step of track.earlier) {
    if (last !== null) marks = carriedMarks(marks, await contentOf(last), await contentOf(step.before));
    marks = markedBy(step, marks, await contentOf(step.before), await contentOf(step.after));
    last = step.after;
  }
  const start = await contentOf(track.start);
  if (last !== null) marks = carriedMarks(marks, await contentOf(last), start);
  let state: ReviewState = {
    baseline: await contentOf(track.baseline),
    current: start,
    ...{ edited: [], isEdited: false, marks },
  };
  let current = track.start;
  for (const step of track.steps) {
    if (keyOf(current) !== keyOf(step.before)) state = editedTo(state, await contentOf(step.before));
    const after = await contentOf(step.after);
    const stepMarks = markedBy(step, state.marks, state.current, after);
    state = { ...steppedTo(state, step, after), marks: stepMarks };
    current = step.after;
  }
  return state;
}

/** What an undo takes back that is still to review leads to the baseline, which stays. */
function steppedTo(state: ReviewState, { source, takesReviewed }: Step, after: Content): ReviewState {
  if (source.kind === "keep" || (source.kind === "undo" && takesReviewed)) return editedTo(state, after);
  if (source.kind !== "undo") return { ...state, current: after };
  const hunks = hunksIn(state.baseline, after);
  const edited = state.edited.filter((span) => hunks.some((hunk) => touches(span, hunk.baseline)));
  return { ...state, current: after, edited };
}

/** The person, or another program, has changed the file: what of that is not on Belay's lines goes into the baseline. */
export function editedTo(state: ReviewState, now: Content): ReviewState {
  const { baseline, current } = state;
  if (isSameContent(current, now)) return state;
  const marks = carriedMarks(state.marks, current, now);
  const wasReviewed = isSameContent(baseline, current);
  // Who deletes a file has seen the last of what was changed in it.
  if (wasReviewed || now.kind === "missing") return { baseline: now, current: now, edited: [], isEdited: false, marks };
  if (isSameContent(baseline, now)) return { ...state, current: now, isEdited: false, edited: [], marks };
  if (baseline.kind !== "text" || current.kind !== "text" || now.kind !== "text")
    return { ...state, current: now, isEdited: true, marks };
  return { ...carried(state, baseline, current.text, now.text), current: now, marks };
}

export function pendingHunks({ baseline, current, edited, isEdited, marks }: ReviewState): PendingHunk[] {
  return hunksIn(baseline, current).map((hunk) => ({
    ...hunk,
    isEdited: isEdited || edited.some((span) => touches(span, hunk.baseline)),
    changeIds: [...new Set(marksAt(hunk.current, marks).map(({ changeId }) => changeId))],
  }));
}

/** Between equal lines a hunk may be found beside the place of its marks: then those next to it are its own. */
function marksAt(span: LineSpan, marks: readonly Mark[]): readonly Mark[] {
  const own = marks.filter((mark) => touches(mark, span));
  if (own.length > 0) return own;
  const distance = (mark: LineSpan) =>
    Math.max(mark.start - (span.start + span.count), span.start - (mark.start + mark.count));
  const nearest = Math.min(...marks.map(distance));
  return marks.filter((mark) => distance(mark) === nearest);
}

function hunksIn(baseline: Content, current: Content): Hunk[] {
  const [old, now] = [textOf(baseline), textOf(current)];
  return old === null || now === null ? [] : hunksBetween(old, now);
}

/** A file that is not there has no lines; null for what has no lines at all. */
export function textOf(content: Content): string | null {
  if (content.kind === "missing") return "";
  return content.kind === "text" ? content.text : null;
}

export function isSameContent(a: Content, b: Content): boolean {
  if (a.kind === "text") return b.kind === "text" && a.text === b.text && a.encoding === b.encoding;
  return a.kind === b.kind && (a.kind === "missing" || (b.kind === "other" && a.key === b.key));
}

/** The new baseline: theirs where the person left Belay's lines alone, else the old one, and marked as edited. */
function carried(
  state: ReviewState,
  baseline: Extract<Content, { kind: "text" }>,
  current: string,
  now: string,
): ReviewState {
  const before = linesOf(endedLike(current, current, now));
  const [ours, theirs] = [linesOf(now), linesOf(endedLike(baseline.text, current, now))];
  const lines: string[] = [];
  const conflicts: LineSpan[] = [];
  for (const piece of mergeLines(before, ours, theirs)) {
    const start = lines.length;
    const span = piece.from === "conflict" ? piece.theirs : piece;
    const source = piece.from === "ours" ? ours : theirs;
    for (let at = span.start; at < span.start + span.count; at += 1) lines.push(source[at] ?? "");
    if (piece.from === "conflict") conflicts.push({ start, count: span.count });
  }
  const changes = changedLines(theirs, lines);
  const edited = [...state.edited.map((span) => spanAfter(span, changes)), ...conflicts];
  return { ...state, baseline: { ...baseline, text: lines.join("") }, edited };
}

function markedBy(step: Step, marks: readonly Mark[], before: Content, after: Content): readonly Mark[] {
  const [old, now] = [textOf(before), textOf(after)];
  if (old === null || now === null)
    return [...marks, ...step.writers.map((changeId) => ({ start: 0, count: 0, changeId }))];
  const { kind, of } = step.source;
  const left = kind === "undo" ? marksLeft(marks, old, now, new Set(of)) : marks;
  return marksAfter(left, old, now, isPersons(step.source) ? [] : step.writers);
}

function carriedMarks(marks: readonly Mark[], before: Content, after: Content): readonly Mark[] {
  const [old, now] = [textOf(before), textOf(after)];
  return old === null || now === null || old === now ? marks : marksAfter(marks, old, now, []);
}
