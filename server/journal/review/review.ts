// Review of one workspace: what Belay changed or proposed and nobody has kept or undone yet. To keep is to move a baseline
// and writes no file, unless it was only proposed; to undo writes files and is a change itself.
import { shownIn } from "../../util/inside.ts";
import { encode } from "../../files/encoding.ts";
import type { RestoreResponse, ReviewFile } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { ChangeSource, Image, JournalLine, WorkspaceJournal } from "../change.ts";
import type { Content } from "../content.ts";
import type { GoalDeps } from "./goals.ts";
import { keepHunk, undoHunk } from "./hunks.ts";
import { becameLink } from "../links.ts";
import { atATime, type PendingFile, PendingFiles, turnsByChange } from "./pending.ts";
import { type OpenFiles, PresentFiles } from "./present.ts";
import { keptAs, proposalRow, type ProposedFile, Proposals } from "./proposals.ts";
import { failed, nothingToDo, restoreFiles } from "./restored.ts";
import { textOf } from "./review-state.ts";
import { hunkSource, keepSource, keepSources, lastTurn, noSource, undoSource } from "./sources.ts";
import type { Goal, Restoration } from "./undo-plan.ts";
import { leftMessage, warningOf } from "./warnings.ts";

/** What to keep or to undo: all, one file, or one hunk of it. */
export interface ReviewScope {
  readonly path: string | null;
  readonly hunkId: string | null;
  readonly acceptMerges: boolean;
}

export class Review {
  readonly #deps: GoalDeps;
  readonly #journal: WorkspaceJournal;
  readonly #present: PresentFiles;
  readonly #pending: PendingFiles;
  readonly #proposals: Proposals;
  /** To keep and to undo look first and write then: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: GoalDeps, files: OpenFiles) {
    const present = new PresentFiles(files, deps.journal);
    this.#present = present;
    this.#deps = deps;
    this.#journal = deps.journal;
    this.#pending = new PendingFiles(deps.journal, present);
    this.#proposals = new Proposals(deps.journal, present);
  }

  /** In order of paths; what is written before what is proposed. `more`: folders of the workspace besides the journal's own, as they really are. */
  async list(path: string | null, more: readonly string[] = []): Promise<ReviewFile[]> {
    const written =
      path === null ? await this.#pending.rows() : [(await this.#pending.file(path))?.row].flatMap((row) => row ?? []);
    const proposed = await this.#proposals.files(path);
    const turns = turnsByChange(await this.#journal.changes());
    const rows = [...written, ...proposed.map((file) => proposalRow(file, turns))];
    const folders = [this.#journal.cwd, ...more];
    return rows
      .map((row) => ({ ...row, warning: warningOf(folders, row) }))
      .toSorted((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1));
  }

  async text(path: string, side: "baseline" | "proposed"): Promise<string | null> {
    if (side === "baseline") {
      const file = await this.#pending.file(path);
      if (file !== null) return shownText(file.state.baseline);
    }
    const [proposed] = await this.#proposals.files(path);
    if (proposed === undefined) return null;
    return shownText(side === "proposed" ? proposed.proposed : proposed.present.content);
  }

  /** `more`: as for `list`. */
  keep(scope: ReviewScope, more: readonly string[] = []): Promise<RestoreResponse> {
    return this.#alone(() =>
      scope.hunkId === null ? this.#keepFiles(scope, more) : this.#keepHunk(scope, scope.hunkId),
    );
  }

  undo(scope: ReviewScope): Promise<RestoreResponse> {
    return this.#alone(() => (scope.hunkId === null ? this.#undoFiles(scope) : this.#undoHunk(scope, scope.hunkId)));
  }

  async #keepFiles({ path, acceptMerges }: ReviewScope, more: readonly string[]): Promise<RestoreResponse> {
    const folders = [this.#journal.cwd, ...more] as const;
    const written = await this.#written(path);
    const all = await this.#proposals.files(path);
    // What is special is not written by the way.
    const left = path === null ? all.filter(({ proposal }) => warningOf(folders, proposal) !== null) : [];
    const proposed = all.filter((file) => !left.includes(file));
    const message = leftMessage(
      folders,
      left.map(({ proposal }) => proposal),
    );
    if (written.length + proposed.length === 0) return { ...nothingToDo, message };
    let result: RestoreResponse = { outcome: "done", files: [], message: null };
    if (proposed.length > 0) {
      result = await this.#writeProposed(proposed, acceptMerges);
      if (result.outcome !== "done") return result;
    }
    const kept = written.map((file): JournalLine => ({ type: "reviewed", ...seenOf(file), baseline: null }));
    if (kept.length > 0) await this.#journal.append(...kept);
    const sentences = [result.message, message].filter((sentence) => sentence !== null);
    return { ...result, message: sentences.length === 0 ? null : sentences.join(" ") };
  }

  /** At once, whichever turns they are of; in the journal each turn's is a change of its own. */
  async #writeProposed(proposed: readonly ProposedFile[], acceptMerges: boolean): Promise<RestoreResponse> {
    const options = { dryRun: false, acceptMerges, source: keepSources(proposed) };
    const result = await restoreFiles(proposed.map(keptAs), options, this.#deps);
    if (result.outcome === "done") await this.#journal.append(...settled(proposed));
    return result;
  }

  async #undoFiles({ path, acceptMerges }: ReviewScope): Promise<RestoreResponse> {
    const written = await this.#written(path);
    const proposed = await this.#proposals.files(path);
    if (written.length + proposed.length === 0) return nothingToDo;
    const shifted = shiftedIn(written);
    const restorations = await inParallel(written, atATime, async (file) =>
      shifted.has(file.track.path) ? this.#undoneInPlace(file, shifted) : [await this.#undone(file)],
    );
    const isTaken = acceptMerges || !written.some(isEdited);
    const options = { dryRun: false, acceptMerges: isTaken, source: undoSource(written) };
    const result = await restoreFiles(restorations.flat(), options, this.#deps);
    if (result.outcome !== "done" && result.outcome !== "nothing") return result;
    // Who took whose place is no matter any more: all are as they were.
    const places = [...shifted.values()].flatMap(({ track: { path, movedFrom } }) => [path, movedFrom ?? path]);
    const reviewed = [...new Set(places)].map((path): JournalLine => ({ type: "reviewed", path, baseline: null }));
    const lines = [...settled(proposed), ...reviewed];
    if (lines.length > 0) await this.#journal.append(...lines);
    return { ...result, outcome: "done" };
  }

  async #keepHunk({ path, acceptMerges }: ReviewScope, hunkId: string): Promise<RestoreResponse> {
    const file = path === null ? null : await this.#pending.file(path);
    const hunk = file?.hunks.find(({ id }) => id === hunkId);
    if (file === null || hunk === undefined) return this.#keepProposedHunk({ path, acceptMerges }, hunkId);
    this.#pending.useHunk(file, hunk);
    const [baseline, current] = [textOf(file.state.baseline) ?? "", textOf(file.state.current) ?? ""];
    const text = keepHunk(baseline, current, hunk);
    const isAll = text === current && file.track.movedFrom === null;
    const image = isAll ? null : await this.#kept(text, file.state.baseline, file.track.baseline);
    const now = isAll ? null : await this.#keptNow(file);
    const line: JournalLine = { type: "reviewed", ...seenOf(file), baseline: image };
    await this.#journal.append(now === null ? line : { ...line, current: now });
    return { outcome: "done", files: [], message: null };
  }

  async #undoHunk({ path, acceptMerges }: ReviewScope, hunkId: string): Promise<RestoreResponse> {
    const file = path === null ? null : await this.#pending.file(path);
    const hunk = file?.hunks.find(({ id }) => id === hunkId);
    if (file === null || hunk === undefined) return this.#dropProposedHunk(path, hunkId);
    this.#pending.useHunk(file, hunk);
    const { baseline, current } = file.state;
    const text = undoHunk(textOf(baseline) ?? "", textOf(current) ?? "", hunk);
    const isAll = file.hunks.length === 1;
    const whole = isAll ? await this.#undone(file) : null;
    const goal = whole?.goal ?? ({ kind: "text", text, encoding: encodingOf(current, baseline) } as const);
    const outcome = hunk.isEdited ? "merged" : "exact";
    const { path: own } = file.track;
    const restoration = { path: own, movedTo: null, now: file.present, goal, outcome, reason: null } as const;
    const source = isAll && file.track.movedFrom === null ? undoSource([file]) : hunkSource(file, hunk);
    return restoreFiles([restoration], { dryRun: false, acceptMerges, source }, this.#deps);
  }

  async #keepProposedHunk(
    { path, acceptMerges }: Omit<ReviewScope, "hunkId">,
    hunkId: string,
  ): Promise<RestoreResponse> {
    const found = await this.#proposedHunk(path, hunkId);
    if (found === null) return stale;
    const { file, hunk } = found;
    if (file.hunks.length === 1) return this.#keepFiles({ path, hunkId: null, acceptMerges }, []);
    if (file.conflict !== null)
      return restoreFiles([keptAs(file)], { dryRun: true, acceptMerges, source: noSource }, this.#deps);
    const { content } = file.present;
    const text = keepHunk(textOf(content) ?? "", textOf(file.proposed) ?? "", hunk);
    const goal: Goal = { kind: "text", text, encoding: encodingOf(content, file.proposed) };
    const source = keepSource([file], lastTurn(file));
    const restoration = { ...keptAs(file), movedTo: null, goal, outcome: "exact" } as const;
    const result = await restoreFiles([restoration], { dryRun: false, acceptMerges: true, source }, this.#deps);
    if (result.outcome !== "done") return result;
    const before = await this.#kept(text, content, file.present.image);
    await this.#proposeAnew(
      file,
      before,
      await this.#kept(textOf(file.proposed) ?? "", file.proposed, file.present.image),
    );
    return result;
  }

  async #dropProposedHunk(path: string | null, hunkId: string): Promise<RestoreResponse> {
    const found = await this.#proposedHunk(path, hunkId);
    if (found === null) return stale;
    const { file, hunk } = found;
    const { content, image } = file.present;
    const isLast = file.hunks.length === 1;
    if (isLast) await this.#journal.append(...settled([file]));
    else {
      const text = undoHunk(textOf(content) ?? "", textOf(file.proposed) ?? "", hunk);
      const before = content.kind === "text" ? await this.#kept(content.text, content, image) : image;
      await this.#proposeAnew(file, before, await this.#kept(text, file.proposed, image));
    }
    return { outcome: "done", files: [], message: null };
  }

  async #proposedHunk(path: string | null, hunkId: string) {
    const [file] = path === null ? [] : await this.#proposals.files(path);
    const hunk = file?.hunks.find(({ id }) => id === hunkId);
    if (file === undefined || hunk === undefined) return null;
    this.#proposals.useHunk(file, hunk);
    return { file, hunk };
  }

  /** In the place of what was proposed for the file. */
  async #proposeAnew(file: ProposedFile, before: Image, after: Image): Promise<void> {
    const { path, changes } = file.proposal;
    const last = changes.at(-1);
    const source: ChangeSource = last?.source ?? noSource;
    const change = { id: this.#deps.newId(), atMs: this.#deps.now(), source };
    const files = [{ path, before, after, movedFrom: null }];
    await this.#journal.append(...settled([file]), { type: "proposed", ...change, files });
  }

  async #written(path: string | null): Promise<PendingFile[]> {
    if (path === null) return this.#pending.files();
    const file = await this.#pending.file(path);
    return file === null ? [] : [file];
  }

  /** The whole file as its baseline has it. */
  async #undone(file: PendingFile, { isFree = false } = {}): Promise<Restoration> {
    const { track, state, present, row } = file;
    const back = track.movedFrom === null ? null : await this.#present.read(track.movedFrom);
    const isGone = present.content.kind === "missing";
    // A file that was moved and then deleted comes back where it was.
    const shared =
      isGone && back !== null && track.movedFrom !== null
        ? { path: track.movedFrom, movedTo: null, now: back }
        : { path: track.path, movedTo: track.movedFrom, now: present };
    if (row.cannotUndo !== null) {
      const goal = { kind: "missing" } as const;
      return { ...shared, goal, outcome: "conflict", reason: lowered(row.cannotUndo) };
    }
    if (!isFree && back !== null && back.content.kind !== "missing") {
      const reason = `another file is at ${shownIn(this.#journal.cwd, track.movedFrom ?? "")} now`;
      return { ...shared, goal: { kind: "missing" }, outcome: "conflict", reason };
    }
    const edited = isEdited(file);
    const goal = await this.#baselineGoal(file);
    if (state.current.kind !== "text" && edited) {
      const name = shownIn(this.#journal.cwd, track.path);
      const { image } = present;
      const reason = image.kind === "link" ? becameLink(name, image.target) : `${name} was changed since`;
      return { ...shared, goal, outcome: "conflict", reason };
    }
    return { ...shared, goal, outcome: edited ? "merged" : "exact", reason: null };
  }

  /** Files that took each other's places are each written anew where they were. */
  async #undoneInPlace(file: PendingFile, shifted: ReadonlyMap<string, PendingFile>): Promise<Restoration[]> {
    const { track, present } = file;
    const isTaken = [...shifted.values()].some((other) => other.track.movedFrom === track.path);
    const none = { kind: "missing" } as const;
    const left: Restoration = {
      path: track.path,
      movedTo: null,
      now: present,
      goal: none,
      outcome: "exact",
      reason: null,
    };
    if (track.movedFrom === null) return [];
    const undone = await this.#undone(file, { isFree: true });
    const back = { path: track.movedFrom, movedTo: null, now: await this.#present.read(track.movedFrom) };
    return isTaken ? [{ ...undone, ...back }] : [{ ...undone, ...back }, left];
  }

  async #baselineGoal({ track, state }: PendingFile): Promise<Goal> {
    const { baseline } = state;
    if (baseline.kind === "missing") return { kind: "missing" };
    const { baseline: image } = track;
    if (baseline.kind === "other")
      return image.kind === "file" || image.kind === "link" ? { kind: "image", image } : { kind: "missing" };
    const bytes = encode(baseline.text, baseline.encoding);
    const kept =
      bytes === null ? null : await this.#journal.keep(bytes, { mode: modeOf(image), encoding: baseline.encoding });
    return kept?.kind === "file"
      ? { kind: "image", image: kept }
      : { kind: "text", text: baseline.text, encoding: baseline.encoding };
  }

  /** `content` says how the text is spelled, `image` what else the file is. */
  async #kept(text: string, content: Content, image: Image): Promise<Image> {
    const encoding = content.kind === "text" ? content.encoding : "utf8";
    const bytes = encode(text, encoding);
    const mode = modeOf(image);
    return this.#journal.keep(bytes ?? Buffer.from(text), { mode, encoding: bytes === null ? "utf8" : encoding });
  }

  async #keptNow({ present }: PendingFile): Promise<Image> {
    const { content, image } = present;
    return content.kind === "text" ? this.#kept(content.text, content, image) : image;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const stale = failed("These lines are not the same any more. Look at them again.");

/** An editor shows no byte order mark. */
function shownText(content: Content): string | null {
  return content.kind === "text" ? content.text.replace(/^\uFEFF/, "") : null;
}

/** By path, files of which one is to go back where another one is now, and those others, which go as well. */
function shiftedIn(files: readonly PendingFile[]): ReadonlyMap<string, PendingFile> {
  const byPath = new Map(files.map((file) => [file.track.path, file]));
  const shifted = new Map<string, PendingFile>();
  for (const file of files) {
    const other = byPath.get(file.track.movedFrom ?? "");
    const isLeaving =
      other !== undefined && (other.track.movedFrom !== null || other.state.baseline.kind === "missing");
    if (isLeaving) shifted.set(file.track.path, file).set(other.track.path, other);
  }
  return shifted;
}

function isEdited({ state, hunks }: PendingFile): boolean {
  return state.isEdited || hunks.some((hunk) => hunk.isEdited);
}

function encodingOf(first: Content, second: Content) {
  if (first.kind === "text") return first.encoding;
  return second.kind === "text" ? second.encoding : "utf8";
}

function modeOf(image: Image): number | null {
  return image.kind === "file" ? image.mode : null;
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
}

/** A line about a file counts from behind the last of its changes that was looked at. */
function seenOf({ track: { path, last } }: PendingFile): { path: string; behind?: string } {
  return last === null ? { path } : { path, behind: last };
}

function settled(proposed: readonly ProposedFile[]): JournalLine[] {
  const paths = proposed.flatMap(({ proposal: { path, movedFrom } }) =>
    movedFrom === null ? [path] : [path, movedFrom],
  );
  return paths.length === 0 ? [] : [{ type: "settled", paths }];
}
