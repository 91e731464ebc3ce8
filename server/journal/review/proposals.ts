// What was proposed and is not written: each file once, as it would be.
import { unifiedHunks } from "../../files/unified-diff.ts";
import type { TurnRef } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { Change, Image, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf, keyOf } from "../content.ts";
import { HunkNames, type Named } from "./hunk-names.ts";
import { hunksBetween } from "./hunks.ts";
import { merge } from "./merge.ts";
import { atATime, hasBytes, kindOf, spansOf, turnsOf, type UnwarnedFile } from "./pending.ts";
import type { Present, PresentFiles } from "./present.ts";
import { isSameContent, textOf } from "./review-state.ts";
import type { Goal, Restoration } from "./undo-plan.ts";

/** Proposals for one file as one. */
export interface Proposal {
  readonly path: string;
  readonly movedFrom: string | null;
  /** What it was made for. */
  readonly before: Image;
  readonly after: Image;
  /** Oldest first, with those of `earlier`. */
  readonly changes: readonly Change[];
  /** What another thread proposes for the same file: neither has seen the other's. */
  readonly earlier: Proposal | null;
}

export interface ProposedFile {
  readonly proposal: Proposal;
  readonly present: Present;
  /** As it would be; on a conflict as it was proposed. */
  readonly proposed: Content;
  readonly goal: Goal;
  /** The file has changed since, and what is proposed does not fit it any more. */
  readonly conflict: string | null;
  readonly hunks: readonly Named[];
}

type UnnamedFile = Omit<ProposedFile, "hunks">;

/** By path. */
export function proposalsOf(changes: readonly Change[]): Map<string, Proposal> {
  const all = new Map<string, Proposal>();
  for (const threadId of new Set(changes.map(({ source }) => source.threadId))) {
    for (const [path, own] of ofOneThread(changes.filter(({ source }) => source.threadId === threadId))) {
      const earlier = all.get(path);
      const joined = earlier && { ...own, earlier, changes: [...earlier.changes, ...own.changes] };
      all.set(path, joined ?? own);
    }
  }
  return all;
}

function ofOneThread(changes: readonly Change[]): Map<string, Proposal> {
  const proposals = new Map<string, Proposal>();
  for (const change of changes) {
    if (change.state !== "proposed") continue;
    for (const file of change.files) {
      const earlier = proposals.get(file.path);
      const follows = earlier !== undefined && keyOf(earlier.after) === keyOf(file.before);
      const { path, before, after } = file;
      const made = [...(earlier?.changes ?? []), change];
      const movedFrom = file.movedFrom ?? earlier?.movedFrom ?? null;
      const start = follows ? earlier.before : before;
      proposals.set(path, { path, movedFrom, before: start, after, changes: made, earlier: null });
    }
  }
  return proposals;
}

export class Proposals {
  readonly #journal: WorkspaceJournal;
  readonly #present: PresentFiles;
  readonly #names = new HunkNames("proposed");

  constructor(journal: WorkspaceJournal, present: PresentFiles) {
    this.#journal = journal;
    this.#present = present;
  }

  async files(path: string | null): Promise<ProposedFile[]> {
    const proposals = proposalsOf(await this.#journal.changes());
    const wanted = [...proposals.values()].filter((proposal) => path === null || proposal.path === path);
    // The other half of a move is told by where the file goes to.
    const left = new Set([...proposals.values()].flatMap(({ movedFrom }) => movedFrom ?? []));
    const whole = wanted.filter(({ path: own, after }) => !(left.has(own) && after.kind === "missing"));
    const found = await inParallel(whole, atATime, (proposal) => this.#look(proposal));
    if (path === null) this.#names.keepOnly(proposals);
    return found
      .filter(({ present, proposed, proposal }) => {
        return proposal.movedFrom !== null || !isSameContent(present.content, proposed);
      })
      .map((file) => this.#named(file));
  }

  /** Call before a hunk is kept or dropped. */
  useHunk({ proposal }: ProposedFile, { id }: Named): void {
    this.#names.use(proposal.path, id);
  }

  #named(file: UnnamedFile): ProposedFile {
    const [baseline, current] = [textOf(file.present.content), textOf(file.proposed)];
    if (baseline === null || current === null) return { ...file, hunks: [] };
    const hunks = this.#names.named(file.proposal.path, { baseline, current }, hunksBetween(baseline, current));
    return { ...file, hunks };
  }

  async #look(proposal: Proposal): Promise<UnnamedFile> {
    const { after, earlier } = proposal;
    // It is still where it would be moved from.
    const present = await this.#present.read(proposal.movedFrom ?? proposal.path);
    const [base, goal] = await Promise.all([this.#content(proposal), contentOf(this.#journal, after)]);
    // On top of what the other thread proposes: to keep the one must not drop the other.
    const ground = earlier === null ? null : await this.#look(earlier);
    const fitted = await this.#fitted(base, ground?.proposed ?? present.content, goal, after);
    const clash =
      ground !== null && fitted.conflict !== null ? "two threads propose something for the same lines" : null;
    const merged = { ...fitted, conflict: ground?.conflict ?? clash ?? fitted.conflict };
    return { proposal, present, ...merged };
  }

  /** What it was made for; of a moved file, as it was before it moved. */
  async #content({ before, movedFrom, changes }: Proposal): Promise<Content> {
    const from =
      movedFrom === null ? null : changes.flatMap(({ files }) => files).find(({ path }) => path === movedFrom);
    return contentOf(this.#journal, from?.before ?? before);
  }

  async #fitted(
    base: Content,
    now: Content,
    goal: Content,
    after: Image,
  ): Promise<Pick<ProposedFile, "proposed" | "goal" | "conflict">> {
    const asProposed: Goal =
      after.kind === "file" || after.kind === "link" ? { kind: "image", image: after } : { kind: "missing" };
    if (!(await hasBytes(this.#journal, after)))
      return { proposed: goal, goal: asProposed, conflict: "what was proposed is not kept any more" };
    if (isSameContent(base, now) || isSameContent(goal, now))
      return { proposed: goal, goal: asProposed, conflict: null };
    const conflict = "it was changed since, in the same lines";
    if (base.kind !== "text" || now.kind !== "text" || goal.kind !== "text") {
      const reason = now.kind === "missing" ? "it was deleted since" : "it was changed since";
      return { proposed: goal, goal: asProposed, conflict: reason };
    }
    const merged = merge(base.text, now.text, goal.text);
    if (merged.kind === "conflict") return { proposed: goal, goal: asProposed, conflict };
    const { text } = merged;
    return { proposed: { ...now, text }, goal: { kind: "text", text, encoding: now.encoding }, conflict: null };
  }
}

export function proposalRow(file: ProposedFile, turns: ReadonlyMap<string, TurnRef>): UnwarnedFile {
  const { proposal, present, proposed, hunks } = file;
  const made = turnsOf(
    proposal.changes.map(({ id }) => id),
    turns,
  );
  return {
    path: proposal.path,
    movedFrom: proposal.movedFrom,
    kind: kindOf(present.content, proposed),
    state: "proposed",
    added: hunks.reduce((sum, { current }) => sum + current.count, 0),
    removed: hunks.reduce((sum, { baseline }) => sum + baseline.count, 0),
    hunks: hunks.map((hunk) => ({ ...spansOf(hunk), turns: made, isEdited: false })),
    isText: textOf(present.content) !== null && textOf(proposed) !== null,
    turns: made,
    cannotUndo: null,
  };
}

/** To keep it is to make the file what it proposes. */
export function keptAs({ proposal, present, goal, conflict }: ProposedFile): Restoration {
  const { path, movedFrom } = proposal;
  const isMerged = goal.kind === "text";
  return {
    path: movedFrom ?? path,
    movedTo: movedFrom === null ? null : path,
    ...{ now: present, goal, reason: conflict },
    outcome: conflict !== null ? "conflict" : isMerged ? "merged" : "exact",
  };
}

export function diffBetween(now: Content, then: Content): string {
  const [old, next] = [textOf(now), textOf(then)];
  return old === null || next === null ? "" : unifiedHunks(old, next, { context: 3 }).text;
}
