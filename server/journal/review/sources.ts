// Whose a change of a review is: which changes it takes back or writes, of which turn, and whether that is all of them. Pure.
import type { TurnRef } from "../../protocol/review.ts";
import type { ChangeSource } from "../change.ts";
import type { SourceOf } from "../write-change.ts";
import { type Mark, touches } from "./attribution.ts";
import type { Named } from "./hunk-names.ts";
import type { PendingFile } from "./pending.ts";
import type { ProposedFile } from "./proposals.ts";
import type { PendingHunk } from "./review-state.ts";

/** Nobody's, and of nothing. */
export const noSource: ChangeSource = { kind: "undo", threadId: null, turnId: null, itemId: null, of: [] };

/** Of one turn where all is of that one. */
export function undoSource(files: readonly PendingFile[]): ChangeSource {
  const of = new Set(files.flatMap(changesIn));
  const partIn = files.filter((file) => hasKept(file, of)).flatMap(placesOf);
  const alsoIn = files.flatMap(placesOf);
  return { ...noSource, of: [...of], partIn, alsoIn, ...onlyTurn(files.flatMap(({ row }) => row.turns)) };
}

/** Without those of which all was kept. */
function changesIn({ track: { earlier, steps }, hunks }: PendingFile): string[] {
  const own = steps.flatMap(({ changeId, writers }) => [changeId, ...writers]);
  return earlier.length === 0 ? own : [...own, ...hunks.flatMap(({ changeIds }) => changeIds)];
}

/** Some of what the changes wrote in the file is not to review any more, and stays. */
function hasKept({ track, state, hunks }: PendingFile, changeIds: ReadonlySet<string>): boolean {
  const isKept = (mark: Mark) => changeIds.has(mark.changeId) && !hunks.some(({ current }) => touches(mark, current));
  return track.earlier.length > 0 && state.marks.some(isKept);
}

/** All names that the file had while it changed. */
function placesOf({ track: { path, movedFrom, deletedAt, earlier, steps } }: PendingFile): string[] {
  const places = [...earlier, ...steps].map((step) => step.path);
  return [...new Set([path, movedFrom, deletedAt, ...places].flatMap((place) => place ?? []))];
}

/** Of several turns it is nobody's. */
function onlyTurn(turns: readonly TurnRef[]): Pick<ChangeSource, "threadId" | "turnId"> {
  const [first] = turns;
  const isOne = first !== undefined && turns.every(({ turnId }) => turnId === first.turnId);
  return isOne ? { threadId: first.threadId, turnId: first.turnId } : { threadId: null, turnId: null };
}

export function hunkSource(file: PendingFile, { id, changeIds }: Named<PendingHunk>): ChangeSource {
  const isOf = (other: Named<PendingHunk>) =>
    other.id !== id && other.changeIds.some((each) => changeIds.includes(each));
  const isPart = file.hunks.some(isOf) || hasKept(file, new Set(changeIds));
  const turns = file.row.hunks.find((hunk) => hunk.id === id)?.turns ?? [];
  const alsoIn = placesOf(file);
  return { ...noSource, of: [...changeIds], partIn: isPart ? alsoIn : [], alsoIn, ...onlyTurn(turns) };
}

export function keepSource(proposed: readonly ProposedFile[], turn: string | null): ChangeSource {
  const changes = proposed.flatMap(({ proposal }) => proposal.changes);
  const { threadId, turnId, itemId } = changes.findLast(({ source }) => source.turnId === turn)?.source ?? noSource;
  return { kind: "keep", threadId, turnId, itemId, of: [...new Set(changes.map(({ id }) => id))] };
}

/** Each turn's own, by the places of its files, so that each can be undone. */
export function keepSources(proposed: readonly ProposedFile[]): SourceOf {
  const sources = new Map<string, ChangeSource>();
  for (const [turnId, files] of byTurn(proposed)) {
    const source = keepSource(files, turnId);
    for (const { proposal } of files) {
      for (const place of [proposal.path, proposal.movedFrom ?? proposal.path]) sources.set(place, source);
    }
  }
  return (path) => sources.get(path) ?? keepSource(proposed, null);
}

function byTurn(proposed: readonly ProposedFile[]): Map<string | null, ProposedFile[]> {
  const groups = new Map<string | null, ProposedFile[]>();
  for (const file of proposed) {
    const turn = lastTurn(file);
    groups.set(turn, [...(groups.get(turn) ?? []), file]);
  }
  return groups;
}

export function lastTurn({ proposal }: ProposedFile): string | null {
  return proposal.changes.at(-1)?.source.turnId ?? null;
}
