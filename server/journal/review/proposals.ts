// What was proposed and is not written: each file once, as it would be.
import { unifiedHunks } from "../../files/unified-diff.ts";
import type { ReviewFile, TurnRef } from "../../protocol/review.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { Change, Image, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf, keyOf } from "../content.ts";
import { type Hunk, hunksBetween } from "./hunks.ts";
import { merge } from "./merge.ts";
import { atATime, hasBytes, kindOf, turnsOf } from "./pending.ts";
import type { Present, PresentFiles } from "./present.ts";
import { isSameContent, textOf } from "./review-state.ts";
import type { Goal, Restoration } from "./undo-plan.ts";
import { warningOf } from "./warnings.ts";

/** Proposals for one file as one. */
export interface Proposal {
  readonly path: string;
  readonly movedFrom: string | null;
  /** What it was made for. */
  readonly before: Image;
  readonly after: Image;
  /** Oldest first. */
  readonly changes: readonly Change[];
}

export interface ProposedFile {
  readonly proposal: Proposal;
  readonly present: Present;
  /** As it would be; on a conflict as it was proposed. */
  readonly proposed: Content;
  readonly goal: Goal;
  /** The file has changed since, and what is proposed does not fit it any more. */
  readonly conflict: string | null;
  readonly hunks: readonly Hunk[];
}

/** By path. */
export function proposalsOf(changes: readonly Change[]): Map<string, Proposal> {
  const proposals = new Map<string, Proposal>();
  for (const change of changes) {
    if (change.state !== "proposed") continue;
    for (const file of change.files) {
      const earlier = proposals.get(file.path);
      const follows = earlier !== undefined && keyOf(earlier.after) === keyOf(file.before);
      const { path, before, after } = file;
      const made = [...(earlier?.changes ?? []), change];
      const movedFrom = file.movedFrom ?? earlier?.movedFrom ?? null;
      proposals.set(path, { path, movedFrom, before: follows ? earlier.before : before, after, changes: made });
    }
  }
  return proposals;
}

export class Proposals {
  readonly #journal: WorkspaceJournal;
  readonly #present: PresentFiles;

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
    return found.filter(({ present, proposed, proposal }) => {
      return proposal.movedFrom !== null || !isSameContent(present.content, proposed);
    });
  }

  async #look(proposal: Proposal): Promise<ProposedFile> {
    const { after } = proposal;
    // It is still where it would be moved from.
    const present = await this.#present.read(proposal.movedFrom ?? proposal.path);
    const [base, goal] = await Promise.all([this.#content(proposal), contentOf(this.#journal, after)]);
    const merged = await this.#fitted(base, present, goal, after);
    const [old, now] = [textOf(present.content), textOf(merged.proposed)];
    const hunks = old === null || now === null ? [] : hunksBetween(old, now);
    return { proposal, present, ...merged, hunks };
  }

  /** What it was made for; of a moved file, as it was before it moved. */
  async #content({ before, movedFrom, changes }: Proposal): Promise<Content> {
    const from =
      movedFrom === null ? null : changes.flatMap(({ files }) => files).find(({ path }) => path === movedFrom);
    return contentOf(this.#journal, from?.before ?? before);
  }

  async #fitted(
    base: Content,
    { content: now }: Present,
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

export function proposalRow(file: ProposedFile, turns: ReadonlyMap<string, TurnRef>, cwd: string): ReviewFile {
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
    hunks: hunks.map((hunk) => ({ ...hunk, turns: made, isEdited: false })),
    isText: textOf(present.content) !== null && textOf(proposed) !== null,
    turns: made,
    warning: warningOf(cwd, proposal),
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
