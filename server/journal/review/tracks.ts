// The log read as the lives of files: for each with something to review, what happened to it since. Pure; knows images,
// not texts.
import type { Change, ChangeSource, FileChange, Image, Reviewed } from "../change.ts";
import { keyOf } from "../content.ts";

/** What one change did to one file. */
export interface Step {
  readonly changeId: string;
  /** Where the file was before it. */
  readonly path: string;
  /** The changes whose lines these are: itself, or those that it makes again. */
  readonly writers: readonly string[];
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
  /** Where it had been moved to when it was deleted: it counts as deleted where it was before. */
  readonly deletedAt: string | null;
  /** Its baseline, and what it was when that was its baseline. */
  readonly baseline: Image;
  readonly start: Image;
  readonly steps: readonly Step[];
  /** Those before its baseline was set anew: they tell who wrote which lines. */
  readonly earlier: readonly Step[];
  /** The latest change of the file in the log; null: none. */
  readonly last: string | null;
}

/** By path. `changes` are those that were applied, oldest first. */
export function pendingTracks(
  changes: readonly Change[],
  reviewed: ReadonlyMap<string, Reviewed>,
): ReadonlyMap<string, Track> {
  const tracks = new Map<string, Track>();
  const lines = linesByChange(reviewed);
  const touched = new Map(changes.map(({ id, files }) => [id, new Set(files.map(({ path }) => path))]));
  const log: Log = { tracks, touched, byId: new Map(changes.map((change) => [change.id, change])) };
  const review = (changeId: string | null) => {
    for (const [path, line] of lines.get(changeId) ?? []) setBaseline(tracks, path, line);
  };
  review(null);
  for (const change of changes) {
    if (change.state === "applied") follow(log, change);
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
  const origin = { movedFrom: earlier?.movedFrom ?? null, deletedAt: earlier?.deletedAt ?? null };
  const last = earlier?.last ?? null;
  tracks.set(path, { path, ...origin, baseline, start, steps: [], earlier: passed, last });
}

interface Log {
  readonly tracks: Map<string, Track>;
  /** By change, its paths. */
  readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
  readonly byId: ReadonlyMap<string, Change>;
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
  const writers = new Map(came.map(({ path, movedFrom }) => [path, writersIn(tracks.get(movedFrom ?? ""))]));
  for (const file of change.files) {
    if (!moved.has(file.path)) step(log, change, file, writers.get(file.path));
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
  tracks.set(to.path, { ...track, path: to.path, movedFrom: origin === to.path ? null : origin, deletedAt: null });
}

/** `brought`: who wrote what the change put there. */
function step(
  log: Log,
  { id: changeId, source }: Change,
  { path, before, after }: FileChange,
  brought: readonly string[] = [],
): void {
  const { tracks, touched } = log;
  if (before.kind === "missing" && after.kind !== "missing") bringBack(tracks, path);
  const none = { movedFrom: null, deletedAt: null, steps: [], earlier: [], last: null };
  const track = tracks.get(path) ?? { path, ...none, baseline: before, start: before };
  // What a person did with nothing to review there is nothing to review either.
  if (track.steps.length === 0 && keyOf(track.baseline) === keyOf(track.start) && isPersons(source)) return;
  const isPending = (id: string) => track.steps.some((earlier) => earlier.changeId === id);
  const isPart = source.partIn?.includes(path) === true;
  const takesReviewed = !isPart && source.of.some((id) => touched.get(id)?.has(path) && !isPending(id));
  const writers = source.kind === "redo" ? writersOf(log, track, source) : [...brought, changeId];
  const steps = [...track.steps, { changeId, path, writers, source, before, after, takesReviewed }];
  tracks.set(path, { ...track, steps, last: changeId });
  if (after.kind === "missing") leaveAtOrigin(tracks, path);
}

/** Moved and then deleted is deleted where it was. What came there meanwhile follows it: it is one file, changed. */
function leaveAtOrigin(tracks: Map<string, Track>, path: string): void {
  const track = tracks.get(path);
  const origin = track?.movedFrom ?? null;
  if (track === undefined || origin === null) return;
  const next = tracks.get(origin);
  if (next !== undefined && (next.baseline.kind !== "missing" || next.earlier.length > 0 || next.movedFrom !== null))
    return;
  tracks.delete(path);
  const steps = [...track.steps, ...(next?.steps ?? [])];
  const deletedAt = next === undefined ? path : null;
  tracks.set(origin, { ...track, path: origin, movedFrom: null, deletedAt, steps });
}

/** It is there again, and not where it was before it was moved. */
function bringBack(tracks: Map<string, Track>, path: string): void {
  if (tracks.has(path)) return;
  for (const track of tracks.values()) {
    if (track.deletedAt !== path || track.steps.at(-1)?.after.kind !== "missing") continue;
    tracks.delete(track.path);
    tracks.set(path, { ...track, path, movedFrom: track.path, deletedAt: null });
    return;
  }
}

/** The changes that a redo makes again in this file. */
function writersOf({ touched, byId }: Log, track: Track, { of }: ChangeSource): string[] {
  const made = of.flatMap((id) => {
    const change = byId.get(id);
    return change?.source.kind === "undo" ? change.source.of : [id];
  });
  const own = new Set(writersIn(track));
  const here = made.filter((id) => own.has(id) || touched.get(id)?.has(track.path));
  return here.length > 0 ? here : made;
}

function writersIn(track: Track | undefined): string[] {
  return track === undefined ? [] : [...track.earlier, ...track.steps].flatMap(({ writers }) => writers);
}

/** What was done because a person asked for just that: it is not to review. To do again what was undone is. */
export function isPersons({ kind }: ChangeSource): boolean {
  return kind === "undo" || kind === "keep";
}
