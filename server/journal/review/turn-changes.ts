// What the turns of a thread changed in files, and taking that back or doing it again, whatever was changed since.
import { shownIn } from "../../util/inside.ts";
import { type FileDelta, gitStyleDiff } from "../../files/unified-diff.ts";
import { linesOf } from "./merge.ts";
import { changedLines } from "../../files/line-diff.ts";
import type { RestoreResponse, TurnChanges } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { Change, ChangeSource, FileChange, Image, WorkspaceJournal } from "../change.ts";
import { contentOf, keyOf } from "../content.ts";
import { type Effects, effectsOf } from "./effects.ts";
import type { GoalDeps } from "./goals.ts";
import { atATime, hasBytes } from "./pending.ts";
import { type OpenFiles, PresentFiles } from "./present.ts";
import { asOneStep } from "./own-steps.ts";
import { nothingToDo, restoreFiles } from "./restored.ts";
import { textOf } from "./review-state.ts";
import { planReversals, repetitionsOf, type Reversal, reversalsOf } from "./undo-plan.ts";

export interface RestoreRequest {
  readonly threadId: string;
  readonly turnIds: ReadonlySet<string>;
  readonly direction: "undo" | "redo";
  /** Null: all. */
  readonly paths: ReadonlySet<string> | null;
  readonly dryRun: boolean;
  readonly acceptMerges: boolean;
}

export class TurnFiles {
  readonly #deps: GoalDeps;
  readonly #journal: WorkspaceJournal;
  readonly #present: PresentFiles;
  /** Lines added and removed between two images. */
  readonly #counts = new Map<string, { added: number; removed: number }>();

  constructor(deps: GoalDeps, files: OpenFiles) {
    this.#deps = deps;
    this.#journal = deps.journal;
    this.#present = new PresentFiles(files, deps.journal);
  }

  /** In the order of their first changes; without `wanted` all. */
  async turns(threadId: string, wanted: ReadonlySet<string> | null = null): Promise<TurnChanges[]> {
    const changes = await this.#journal.changes();
    const effects = effectsOf(changes);
    const byTurn = new Map<string, Change[]>();
    for (const change of changes) {
      const turnId = turnOf(change, threadId);
      if (turnId !== null && wanted?.has(turnId) !== false) byTurn.set(turnId, [...(byTurn.get(turnId) ?? []), change]);
    }
    return inParallel([...byTurn], 1, ([turnId, own]) => this.#turn(turnId, own, effects));
  }

  /** Git-style, from before the first change to behind the last. */
  async diff(threadId: string, turnId: string | null): Promise<string> {
    const changes = (await this.#journal.changes()).filter((change) => {
      const turn = turnOf(change, threadId);
      return turn !== null && (turnId === null || turn === turnId);
    });
    const deltas = await inParallel(netOf(changes), atATime, (net) => this.#delta(net));
    return gitStyleDiff(
      deltas.flatMap((delta) => delta ?? []),
      this.#journal.cwd,
    );
  }

  async restore(request: RestoreRequest): Promise<RestoreResponse> {
    const changes = await this.#journal.changes();
    const wanted = changes.filter((change) => {
      const turn = turnOf(change, request.threadId);
      return turn !== null && request.turnIds.has(turn);
    });
    const chosen = request.direction === "undo" ? undoOf(wanted, changes, request) : redoOf(wanted, changes, request);
    if (chosen.reversals.length === 0) return nothingToDo;
    const restorations = await planReversals({
      reversals: chosen.reversals,
      present: (path) => this.#present.read(path),
      contentOf: (image) => contentOf(this.#journal, image),
      hasBytes: (image) => hasBytes(this.#journal, image),
      placeNow: (path) => chosen.placeNow(path),
      shown: (path) => shownIn(this.#journal.cwd, path),
    });
    const { dryRun, acceptMerges, direction, threadId, turnIds } = request;
    const turnId = turnIds.size === 1 ? ([...turnIds][0] ?? null) : null;
    const { of, alsoIn } = chosen;
    const source: ChangeSource = { kind: direction, threadId, turnId, itemId: null, of, alsoIn };
    return restoreFiles(restorations, { dryRun, acceptMerges, source }, this.#deps);
  }

  async #turn(turnId: string, changes: readonly Change[], effects: Effects): Promise<TurnChanges> {
    const nets = netOf(changes);
    const counts = await inParallel(nets, atATime, ({ before, after }) => this.#count(before, after));
    const places = changes.flatMap(({ id, files }) => files.map(({ path }) => ({ id, path })));
    const isHeld = places.map(({ id, path }) => effects.isInEffect(id, path));
    const isPart = places.some(({ id, path }) => effects.isPartlyUndone(id, path));
    const state =
      isHeld.every((held) => held) && !isPart ? "applied" : isHeld.some((held) => held) ? "partlyUndone" : "undone";
    return {
      turnId,
      paths: [...new Set(places.map(({ path }) => path))].toSorted(),
      added: counts.reduce((sum, { added }) => sum + added, 0),
      removed: counts.reduce((sum, { removed }) => sum + removed, 0),
      state,
      notCaptured: [
        ...changes.flatMap(({ files }) => files.flatMap(notCapturedIn)),
        ...changes.flatMap(({ source: { unwatched: reason } }) =>
          reason === undefined ? [] : [{ path: this.#journal.cwd, reason }],
        ),
      ],
    };
  }

  async #count(before: Image, after: Image): Promise<{ added: number; removed: number }> {
    const key = `${keyOf(before)} ${keyOf(after)}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const [old, now] = [await this.#text(before), await this.#text(after)];
    const lines = old === null || now === null ? [] : changedLines(linesOf(old), linesOf(now));
    const count = {
      added: lines.reduce((sum, { bCount }) => sum + bCount, 0),
      removed: lines.reduce((sum, { aCount }) => sum + aCount, 0),
    };
    if (this.#counts.size > maxCounts) this.#counts.clear();
    this.#counts.set(key, count);
    return count;
  }

  async #delta({ path, movePath, before, after }: Net): Promise<FileDelta | null> {
    const [old, now] = [await this.#text(before), await this.#text(after)];
    if (old === null || now === null) return null;
    return {
      ...{ path, movePath },
      before: before.kind === "missing" ? null : old,
      after: after.kind === "missing" ? null : now,
    };
  }

  async #text(image: Image): Promise<string | null> {
    return textOf(await contentOf(this.#journal, image));
  }
}

const maxCounts = 20_000;

/** Null for what is none of the thread's own work: what a person undid or did again, and what is not written. */
function turnOf({ state, source }: Change, threadId: string): string | null {
  const isOwn = source.kind === "patch" || source.kind === "command" || source.kind === "keep";
  return state === "applied" && isOwn && source.threadId === threadId ? source.turnId : null;
}

/** One file over several changes. */
interface Net {
  /** Where it was, or is when it is new. */
  readonly path: string;
  readonly movePath: string | null;
  readonly before: Image;
  readonly after: Image;
}

function netOf(changes: readonly Change[]): Net[] {
  const nets = new Map<string, Net>();
  for (const reversal of changes.flatMap(({ files }) => reversalsOf(files))) {
    const { path, before, after, movedFrom } = reversal;
    const from = movedFrom ?? path;
    const earlier = nets.get(from);
    nets.delete(from);
    const origin = earlier?.movePath === null || earlier === undefined ? from : earlier.path;
    const isNew = (earlier?.before ?? before).kind === "missing";
    const start = isNew ? path : origin;
    nets.set(path, { path: start, movePath: start === path ? null : path, before: earlier?.before ?? before, after });
  }
  return [...nets.values()].filter(
    ({ movePath, before, after }) => movePath !== null || keyOf(before) !== keyOf(after),
  );
}

function notCapturedIn({ path, before, after }: FileChange): { path: string; reason: string }[] {
  if (before.kind === "notCaptured") return [{ path, reason: before.reason }];
  return after.kind === "notCaptured" && after.hash === null ? [{ path, reason: after.reason }] : [];
}

interface Chosen {
  readonly reversals: readonly Reversal[];
  /** The changes that this takes back. */
  readonly of: string[];
  /** Where it takes them back, whatever the files are called now. */
  readonly alsoIn: string[];
  placeNow(path: string): string;
}

function undoOf(wanted: readonly Change[], all: readonly Change[], { paths }: RestoreRequest): Chosen {
  const effects = effectsOf(all);
  const chosen = wanted.map((change) => ({
    change,
    files: change.files.filter(({ path }) => effects.isInEffect(change.id, path)),
  }));
  const held = chosen.filter(({ files }) => files.length > 0).toReversed();
  const reversals = asOneStep(
    held.flatMap(({ files }) => withPaths(reversalsOf(files), paths)),
    wanted,
    all,
  );
  const of = held.map(({ change }) => change.id);
  return { reversals, of, alsoIn: placesOf(reversals), placeNow: placesSince(wanted, all) };
}

/** What was undone alone is put back as it was before the undo; else the changes are made again, one after the other. */
function redoOf(wanted: readonly Change[], all: readonly Change[], { paths }: RestoreRequest): Chosen {
  const effects = effectsOf(all);
  const ids = new Set(wanted.map(({ id }) => id));
  const undos = effects.undoing(ids).toReversed();
  const of = undos.map(({ id }) => id);
  const placeNow = (path: string) => path;
  if (undos.every(({ source }) => source.of.every((id) => ids.has(id)))) {
    const backwards = undos.flatMap(({ files }) => withPaths(reversalsOf(files), paths));
    const elsewhere = undos.flatMap(({ source }) => source.alsoIn ?? []).filter((path) => paths?.has(path) !== false);
    return { reversals: backwards, of, alsoIn: [...new Set([...placesOf(backwards), ...elsewhere])], placeNow };
  }
  const undone = wanted.map(({ id, files }) => files.filter(({ path }) => !effects.isInEffect(id, path)));
  const reversals = undone.flatMap((files) => withPaths(repetitionsOf(files), paths));
  return { reversals, of: wanted.map(({ id }) => id), alsoIn: placesOf(reversals), placeNow };
}

function placesOf(reversals: readonly Reversal[]): string[] {
  return [...new Set(reversals.flatMap(({ path, movedFrom }) => (movedFrom === null ? [path] : [path, movedFrom])))];
}

function withPaths(reversals: readonly Reversal[], paths: ReadonlySet<string> | null): Reversal[] {
  return reversals.filter(
    ({ path, movedFrom }) => paths === null || paths.has(path) || (movedFrom !== null && paths.has(movedFrom)),
  );
}

/** Others have moved files since: they are looked for where those went. */
function placesSince(wanted: readonly Change[], all: readonly Change[]): (path: string) => string {
  const own = new Set(wanted);
  const first = all.findIndex((change) => own.has(change));
  const moves = all
    .slice(first + 1)
    .filter((change) => change.state === "applied" && !own.has(change))
    .flatMap(({ files }) => files.filter(({ movedFrom }) => movedFrom !== null));
  return (path) => moves.reduce((place, move) => (move.movedFrom === place ? move.path : place), path);
}
