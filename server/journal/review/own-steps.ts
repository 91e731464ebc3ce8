// What turns did to a file as one step, together with what was taken back of just that since. Pure.
import type { Change, FileChange } from "../change.ts";
import { isSame } from "../settle.ts";
import type { Reversal } from "./undo-plan.ts";

/**
 * Reversals of files of which some was undone alone: where nobody else has changed such a file since the turns began, what
 * is left of them goes back in one step. `wanted`: the changes of those turns. `all`: the log, oldest first.
 */
export function asOneStep(
  reversals: readonly Reversal[],
  wanted: readonly Change[],
  all: readonly Change[],
): Reversal[] {
  const own = ownChanges(wanted, all);
  const done = new Set<string>();
  return reversals.flatMap((reversal): Reversal[] => {
    const { path } = reversal;
    const whole = stepAt(path, own);
    if (whole === null) return [reversal];
    if (done.has(path)) return [];
    done.add(path);
    return [whole];
  });
}

/** They, and what took back or made again nothing but them. */
function ownChanges(wanted: readonly Change[], all: readonly Change[]): Change[] {
  const ids = new Set(wanted.map(({ id }) => id));
  return all.filter(({ id, state, source: { kind, of } }) => {
    if (ids.has(id)) return true;
    const isTaking = state === "applied" && (kind === "undo" || kind === "redo") && of.length > 0;
    if (!isTaking || !of.every((each) => ids.has(each))) return false;
    ids.add(id);
    return true;
  });
}

/** Null where there is nothing to join: nothing was taken back of it, it was moved, or somebody has changed it between. */
function stepAt(path: string, own: readonly Change[]): Reversal | null {
  const concerns = (file: FileChange) => file.path === path || file.movedFrom === path;
  const steps = own.flatMap(({ source, files }) => files.filter(concerns).map((file) => ({ source, file })));
  const [first, last] = [steps[0]?.file, steps.at(-1)?.file];
  const isPart = steps.some(({ source }) => source.kind === "undo");
  if (first === undefined || last === undefined || !isPart) return null;
  const isJoined = steps.every(({ file }, at) => {
    const earlier = steps[at - 1]?.file;
    return file.movedFrom === null && (earlier === undefined || isSame(earlier.after, file.before));
  });
  return isJoined ? { path, before: first.before, after: last.after, movedFrom: null } : null;
}
