// The log read as the lives of files: for each with something to review, what happened to it since. Pure; knows images,
// not texts.
import type { Change, ChangeSource, FileChange, Image, Reviewed } from "../change.ts";
import { keyOf } from "../content.ts";

/** What one change did to one file. */
export interface Step {
  readonly changeId: string;
  readonly source: ChangeSource;
  readonly before: Image;
  readonly after: Image;
  /** An undo of what had been reviewed: the baseline has it. */
  readonly takesReviewed: boolean;
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
  const touched = new Map(changes.map(({ id, files }) => [id, new Set(files.map(({ path }) => path))]));
  const review = (changeId: string | null) => {
    for (const [path, line] of lines.get(changeId) ?? []) setBaseline(tracks, path, line);
  };
  review(null);
  for (const change of changes) {
    if (change.state === "applied") follow({ tracks, touched }, change);
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

interface Log {
  readonly tracks: Map<string, Track>;
  /** By change, its paths. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
}

function follow(log: Log, change: Change): void {
  const { tracks } = log;
  const came = change.files.filter(({ movedFrom }) => movedFrom !== null);
  const left = new Map(change.files.map((file) => [file.path, file]));
  const moved = new Set<string>();
  for (const file of came) {
    const from = file.movedFrom === null ? undefined : left.get(file.movedFrom);
    if (from === undefined || !isPlainMove(tracks, from, file)) continue;
    move(log, change, from, file);
    moved.add(from.path).add(file.path);
  }
  if (change.source.kind === "undo") dropReturned(log, change);
  for (const file of change.files) {
    if (!moved.has(file.path)) step(log, change, file);
  }
}

/** A file that was moved and then deleted comes back where it was: where it had been moved to, nothing is left to tell. */
function dropReturned({ tracks }: Log, { source, files }: Change): void {
  const touched = new Set(files.map(({ path }) => path));
  const came = new Set(files.flatMap(({ path, before }) => (before.kind === "missing" ? [path] : [])));
  for (const { path, movedFrom, earlier, steps } of tracks.values()) {
    if (movedFrom === null || !came.has(movedFrom) || touched.has(path)) continue;
    if ([...earlier, ...steps].some(({ changeId }) => source.of.includes(changeId))) tracks.delete(path);
  }
}

/** Nothing of a file that stood in its way is to review, so there is one life to tell and not two. */
function isPlainMove(tracks: ReadonlyMap<string, Track>, from: FileChange, to: FileChange): boolean {
  const there = tracks.get(to.path)?.baseline ?? to.before;
  return from.after.kind === "missing" && there.kind === "missing";
}

function move(log: Log, change: Change, from: FileChange, to: FileChange): void {
  const { tracks } = log;
  step(log, change, { ...from, after: to.after });
  const track = tracks.get(from.path);
  tracks.delete(from.path);
  if (track === undefined) return;
  const origin = track.movedFrom ?? (track.baseline.kind === "missing" ? null : from.path);
  tracks.set(to.path, { ...track, path: to.path, movedFrom: origin === to.path ? null : origin });
}

function step({ tracks, touched }: Log, { id: changeId, source }: Change, { path, before, after }: FileChange): void {
  const track = tracks.get(path) ?? { path, movedFrom: null, baseline: before, start: before, steps: [], earlier: [] };
  // What a person did with nothing to review there is nothing to review either.
  if (track.steps.length === 0 && keyOf(track.baseline) === keyOf(track.start) && isPersons(source)) return;
  const isPending = (id: string) => track.steps.some((earlier) => earlier.changeId === id);
  const takesReviewed = !source.isPart && source.of.some((id) => touched.get(id)?.has(path) && !isPending(id));
  tracks.set(path, { ...track, steps: [...track.steps, { changeId, source, before, after, takesReviewed }] });
}

/** What was done because a person asked for just that: it is not to review. To do again what was undone is. */
export function isPersons({ kind }: ChangeSource): boolean {
  return kind === "undo" || kind === "keep";
}
