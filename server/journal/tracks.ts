// The log read as the lives of files: for each with something to review, what happened to it since. Pure; knows images,
// not texts.
import type { Change, ChangeSource, FileChange, Image, Reviewed } from "./change.ts";
import { keyOf } from "./content.ts";

/** What one change did to one file. */
export interface Step {
  readonly changeId: string;
  readonly source: ChangeSource;
  readonly before: Image;
  readonly after: Image;
}

/** A file with changes that nobody has reviewed yet. */
export interface Track {
  /** Where it is now. */
  readonly path: string;
  /** Where it was before the first of its steps, if elsewhere. */
  readonly movedFrom: string | null;
  /** Its baseline, and what it was when that was its baseline. */
  readonly baseline: Image;
  readonly start: Image;
  readonly steps: readonly Step[];
  /** Those before its baseline was set anew: they tell who wrote which lines. */
  readonly earlier: readonly Step[];
}

/** By path. `changes` are those that were applied, oldest first. */
export function pendingTracks(
  changes: readonly Change[],
  reviewed: ReadonlyMap<string, Reviewed>,
): ReadonlyMap<string, Track> {
  const tracks = new Map<string, Track>();
  const lines = linesByChange(reviewed);
  const review = (changeId: string | null) => {
    for (const [path, line] of lines.get(changeId) ?? []) setBaseline(tracks, path, line);
  };
  review(null);
  for (const change of changes) {
    if (change.state === "applied") follow(tracks, change);
    review(change.id);
  }
  return tracks;
}

function linesByChange(reviewed: ReadonlyMap<string, Reviewed>): Map<string | null, [string, Reviewed][]> {
  const lines = new Map<string | null, [string, Reviewed][]>();
  for (const entry of reviewed) {
    const at = entry[1].after;
    lines.set(at, [...(lines.get(at) ?? []), entry]);
  }
  return lines;
}

function setBaseline(tracks: Map<string, Track>, path: string, { baseline, current }: Reviewed): void {
  const earlier = tracks.get(path);
  if (baseline === null) {
    tracks.delete(path);
    return;
  }
  const start = current ?? earlier?.steps.at(-1)?.after ?? earlier?.start ?? baseline;
  const passed = [...(earlier?.earlier ?? []), ...(earlier?.steps ?? [])];
  tracks.set(path, { path, movedFrom: earlier?.movedFrom ?? null, baseline, start, steps: [], earlier: passed });
}

function follow(tracks: Map<string, Track>, change: Change): void {
  const came = change.files.filter(({ movedFrom }) => movedFrom !== null);
  const left = new Map(change.files.map((file) => [file.path, file]));
  const moved = new Set<string>();
  for (const file of came) {
    const from = file.movedFrom === null ? undefined : left.get(file.movedFrom);
    if (from === undefined || !isPlainMove(tracks, from, file)) continue;
    move(tracks, change, from, file);
    moved.add(from.path).add(file.path);
  }
  for (const file of change.files) {
    if (!moved.has(file.path)) step(tracks, change, file.path, file.before, file.after);
  }
}

/** Nothing of a file that stood in its way is to review, so there is one life to tell and not two. */
function isPlainMove(tracks: ReadonlyMap<string, Track>, from: FileChange, to: FileChange): boolean {
  const there = tracks.get(to.path)?.baseline ?? to.before;
  return from.after.kind === "missing" && there.kind === "missing";
}

function move(tracks: Map<string, Track>, change: Change, from: FileChange, to: FileChange): void {
  step(tracks, change, from.path, from.before, to.after);
  const track = tracks.get(from.path);
  tracks.delete(from.path);
  if (track === undefined) return;
  const origin = track.movedFrom ?? (track.baseline.kind === "missing" ? null : from.path);
  tracks.set(to.path, { ...track, path: to.path, movedFrom: origin === to.path ? null : origin });
}

function step(tracks: Map<string, Track>, change: Change, path: string, before: Image, after: Image): void {
  const track = tracks.get(path) ?? { path, movedFrom: null, baseline: before, start: before, steps: [], earlier: [] };
  const { id: changeId, source } = change;
  // What a person did with nothing to review there is nothing to review either.
  if (track.steps.length === 0 && keyOf(track.baseline) === keyOf(track.start) && isPersons(source)) return;
  tracks.set(path, { ...track, steps: [...track.steps, { changeId, source, before, after }] });
}

/** What was done because a person asked for just that: it is not to review. To do again what was undone is. */
export function isPersons({ kind }: ChangeSource): boolean {
  return kind === "undo" || kind === "keep";
}
