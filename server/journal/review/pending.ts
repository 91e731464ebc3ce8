// The files of a workspace that have something to review, found fast: what has not changed since the last look is not
// looked at again.
import type { ReviewFile, ReviewHunk, TurnRef } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { Change, Image, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf, keyOf } from "../content.ts";
import { linksAbove } from "../links.ts";
import { HunkNames, type Named } from "./hunk-names.ts";
import type { Present, PresentFiles } from "./present.ts";
import {
  editedTo,
  isSameContent,
  type PendingHunk,
  pendingHunks,
  type ReviewState,
  stateBehind,
  textOf,
} from "./review-state.ts";
import { pendingTracks, type Track } from "./tracks.ts";

/** A written file with something to review, and all that is needed to keep or undo it. */
export interface PendingFile {
  readonly track: Track;
  readonly state: ReviewState;
  readonly present: Present;
  readonly hunks: readonly Named<PendingHunk>[];
  readonly row: UnwarnedFile;
}

/** At all files. */
interface Look {
  readonly turns: ReadonlyMap<string, TurnRef>;
  readonly linkOf: ReturnType<typeof linksAbove>;
}

export class PendingFiles {
  readonly #journal: WorkspaceJournal;
  readonly #present: PresentFiles;
  readonly #names = new HunkNames("written");
  /** By path, the row for a track and an image of the file as it is now; null: nothing is to review. */
  readonly #rows = new Map<string, { readonly key: string; readonly row: UnwarnedFile | null }>();

  constructor(journal: WorkspaceJournal, present: PresentFiles) {
    this.#journal = journal;
    this.#present = present;
  }

  /** In order of paths. */
  async rows(): Promise<UnwarnedFile[]> {
    const { tracks, turns } = await this.#tracks();
    for (const path of this.#rows.keys()) if (!tracks.has(path)) this.#rows.delete(path);
    this.#names.keepOnly(tracks);
    const look = { turns, linkOf: linksAbove() };
    const looks = await inParallel([...tracks.values()], atATime, (track) => this.#row(track, look));
    return looks.flatMap((row) => row ?? []).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Null: nothing of the file is to review. */
  async file(path: string): Promise<PendingFile | null> {
    const { tracks, turns } = await this.#tracks();
    const track = tracks.get(path);
    return track === undefined ? null : this.#look(track, turns);
  }

  async files(): Promise<PendingFile[]> {
    const { tracks, turns } = await this.#tracks();
    const found = await inParallel([...tracks.values()], atATime, (track) => this.#look(track, turns));
    return found.flatMap((file) => file ?? []);
  }

  /** Call before a hunk is kept or undone. */
  useHunk({ track }: PendingFile, { id }: Named): void {
    this.#names.use(track.path, id);
  }

  /** All that stand in the log, also where the file is as its baseline by now. */
  async #tracks(): Promise<{ tracks: ReadonlyMap<string, Track>; turns: ReadonlyMap<string, TurnRef> }> {
    const changes = await this.#journal.changes();
    return { tracks: pendingTracks(changes, await this.#journal.baselines()), turns: turnsByChange(changes) };
  }

  async #row(track: Track, { turns, linkOf }: Look): Promise<UnwarnedFile | null> {
    const image = await this.#present.image(track.path, linkOf);
    // Where it came from counts as well.
    const origin = track.movedFrom === null ? "" : keyOf(await this.#present.image(track.movedFrom, linkOf));
    const key = `${origin} ${trackKey(track)} ${keyOf(image)} ${image.kind === "file" ? String(image.mode) : ""}`;
    const known = this.#rows.get(track.path);
    const isKnown = known?.key === key && (known.row === null || this.#names.areShown(track.path, known.row.hunks));
    if (isKnown) return known.row;
    const row = (await this.#look(track, turns))?.row ?? null;
    this.#rows.set(track.path, { key, row });
    return row;
  }

  async #look(track: Track, turns: ReadonlyMap<string, TurnRef>): Promise<PendingFile | null> {
    const present = await this.#present.read(track.path);
    const isMode = isModeChanged(track, present.image);
    if (keyOf(track.baseline) === keyOf(present.image) && track.movedFrom === null && !isMode) return null;
    if (await this.#isBack(track)) return null;
    const state = editedTo(await stateBehind(track, (image) => contentOf(this.#journal, image)), present.content);
    // A file that the person has deleted is nowhere, wherever it had been moved from.
    const isInPlace = track.movedFrom === null || state.current.kind === "missing";
    if (isSameContent(state.baseline, state.current) && isInPlace && !isMode) return null;
    const whyNoUndo = await this.#whyNoUndo(track, state);
    const texts = { baseline: textOf(state.baseline) ?? "", current: textOf(state.current) ?? "" };
    const hunks = this.#names.named(track.path, texts, pendingHunks(state));
    const row = rowOf({ track, state, hunks }, turns, whyNoUndo);
    return { track, state, present, hunks, row };
  }

  /** An undo has put it where it came from; what is in its place now is another file. */
  async #isBack({ movedFrom, baseline, steps }: Track): Promise<boolean> {
    if (movedFrom === null || steps.at(-1)?.source.kind !== "undo") return false;
    return keyOf(await this.#present.image(movedFrom)) === keyOf(baseline);
  }

  async #whyNoUndo({ baseline }: Track, state: ReviewState): Promise<string | null> {
    if (state.baseline.kind !== "other") return null;
    if (baseline.kind === "notCaptured") return `Its earlier content was not kept: ${baseline.reason}.`;
    return (await hasBytes(this.#journal, baseline)) ? null : "Its earlier content is not kept any more.";
  }
}

export async function hasBytes(journal: WorkspaceJournal, image: Image): Promise<boolean> {
  return image.kind !== "file" || (await journal.bytesOf(image)) !== null;
}

/** Permission bits that Belay's changes made others, and nobody has since. */
export function isModeChanged({ baseline, start, steps }: Track, now: Image): boolean {
  const last = steps.at(-1)?.after ?? start;
  if (baseline.kind !== "file" || last.kind !== "file" || now.kind !== "file") return false;
  if (baseline.mode === null || last.mode === null) return false;
  return baseline.mode !== last.mode && now.mode === last.mode;
}

/** Oldest first, each once. */
export function turnsOf(changeIds: readonly string[], turns: ReadonlyMap<string, TurnRef>): TurnRef[] {
  const found = new Map<string, TurnRef>();
  // The order of the log, which is the order of the map.
  const wanted = new Set(changeIds);
  for (const [id, turn] of turns) if (wanted.has(id)) found.set(`${turn.threadId} ${turn.turnId}`, turn);
  return [...found.values()];
}

export function turnsByChange(changes: readonly Change[]): Map<string, TurnRef> {
  const turns = changes.flatMap(({ id, source: { threadId, turnId } }): [string, TurnRef][] =>
    threadId === null || turnId === null ? [] : [[id, { threadId, turnId }]],
  );
  return new Map(turns);
}

/** Files that are looked at side by side: beyond that, only open files become more. */
export const atATime = 32;

function trackKey({ baseline, start, steps, earlier, movedFrom }: Track): string {
  const ids = [...earlier, ...steps].map(({ changeId }) => changeId);
  return [keyOf(baseline), keyOf(start), movedFrom, earlier.length, ...ids].join(" ");
}

/** What to warn of depends on the folders that a client works in. */
export type UnwarnedFile = Omit<ReviewFile, "warning">;

function rowOf(
  { track, state, hunks }: Pick<PendingFile, "track" | "state" | "hunks">,
  turns: ReadonlyMap<string, TurnRef>,
  cannotUndo: string | null,
): UnwarnedFile {
  const all = [...track.earlier, ...track.steps].map(({ changeId }) => changeId);
  const ofHunks = hunks.flatMap(({ changeIds }) => changeIds);
  return {
    path: track.path,
    movedFrom: track.movedFrom,
    kind: kindOf(state.baseline, state.current),
    state: "written",
    added: hunks.reduce((sum, { current }) => sum + current.count, 0),
    removed: hunks.reduce((sum, { baseline }) => sum + baseline.count, 0),
    hunks: hunks.map((hunk) => ({
      ...spansOf(hunk),
      isEdited: hunk.isEdited,
      turns: turnsOf(hunk.changeIds, turns),
    })),
    isText: textOf(state.baseline) !== null && textOf(state.current) !== null,
    turns: turnsOf(ofHunks.length > 0 ? ofHunks : all, turns),
    cannotUndo,
  };
}

export function spansOf({ id, baseline, current }: Named): Pick<ReviewHunk, "id" | "baseline" | "current"> {
  return { id, baseline, current };
}

export function kindOf(baseline: Content, current: Content): ReviewFile["kind"] {
  if (baseline.kind === "missing") return "add";
  return current.kind === "missing" ? "delete" : "update";
}
