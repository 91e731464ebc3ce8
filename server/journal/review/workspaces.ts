// The workspaces that are worked in: each with its review and its turns' files, and told about when one of them changes.
import type { FileWriter } from "../../files/writer.ts";
import type { TurnChanges } from "../../protocol/review.ts";
import type { Change, WorkspaceJournal } from "../change.ts";
import type { GoalDeps } from "./goals.ts";
import type { ChangeJournal } from "../journal.ts";
import type { OpenFiles } from "./present.ts";
import { Review } from "./review.ts";
import { TurnFiles } from "./turn-changes.ts";
import { writeChange } from "../write-change.ts";

export interface WorkspacesDeps {
  readonly journal: ChangeJournal;
  readonly files: OpenFiles;
  readonly writer: FileWriter;
  /** Something in the review of this folder is not as it was. */
  reviewUpdated(cwd: string): void;
  filesUpdated(threadId: string, turns: TurnChanges[]): void;
  failed(message: string): void;
  newId(): string;
  now(): number;
}

export interface Workspace {
  readonly review: Review;
  readonly turnFiles: TurnFiles;
}

export class Workspaces {
  readonly #deps: WorkspacesDeps;
  readonly #known = new Map<string, Followed>();

  constructor(deps: WorkspacesDeps) {
    this.#deps = deps;
  }

  /** The same for all spellings of a folder. */
  async at(cwd: string): Promise<Workspace> {
    return this.follow(await this.#deps.journal.workspace(cwd), cwd);
  }

  /** Resolves when clients have been told of all that has happened. */
  async told(): Promise<void> {
    await Promise.all([...this.#known.values()].map((followed) => followed.told()));
  }

  /** From now on clients are told of what changes there. */
  follow(journal: WorkspaceJournal, cwd: string): Workspace {
    const known = this.#known.get(journal.cwd);
    const followed = known?.journal === journal ? known : new Followed(journal, this.#deps);
    followed.spellings.add(cwd);
    this.#known.set(journal.cwd, followed);
    return followed;
  }
}

class Followed implements Workspace {
  readonly journal: WorkspaceJournal;
  readonly review: Review;
  readonly turnFiles: TurnFiles;
  /** As clients name it. */
  readonly spellings: Set<string>;
  readonly #deps: WorkspacesDeps;
  /** Changes that clients have heard of. */
  #told: Promise<ReadonlySet<string>>;
  #reviewed = "";
  #isWaiting = false;

  constructor(journal: WorkspaceJournal, deps: WorkspacesDeps) {
    const { files, writer, newId, now } = deps;
    const goals: GoalDeps = {
      ...{ journal, files, newId, now },
      write: (source, plan, limits) =>
        writeChange(journal, writer, source, plan, { ...limits, signal: new AbortController().signal }),
    };
    this.journal = journal;
    this.#deps = deps;
    this.spellings = new Set([journal.cwd]);
    this.review = new Review(goals, files);
    this.turnFiles = new TurnFiles(goals, files);
    // Asked before anybody can append: what is there by now is nothing new.
    this.#told = this.#look().catch(() => new Set<string>());
    journal.onChange(() => this.#changed());
  }

  async told(): Promise<void> {
    let last: unknown;
    while (last !== this.#told) {
      last = this.#told;
      await last;
    }
  }

  async #look(): Promise<Set<string>> {
    const [changes, baselines] = await Promise.all([this.journal.changes(), this.journal.baselines()]);
    this.#reviewed = JSON.stringify([...baselines]);
    // What is only being written is no news.
    return new Set(changes.filter(({ state }) => state !== "prepared").map(seenAs));
  }

  /** What comes while clients are being told is told together. */
  #changed(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const told = this.#told;
    this.#told = told.then((before) => {
      this.#isWaiting = false;
      return this.#tell(before).catch((error: unknown) => {
        this.#deps.failed(error instanceof Error ? error.message : String(error));
        return before;
      });
    });
  }

  async #tell(before: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const reviewed = this.#reviewed;
    const now = await this.#look();
    const changes = await this.journal.changes();
    const isOther = now.size !== before.size || [...now].some((id) => !before.has(id)) || reviewed !== this.#reviewed;
    if (!isOther) return now;
    for (const cwd of this.spellings) this.#deps.reviewUpdated(cwd);
    const news = changes.filter((change) => change.state === "applied" && !before.has(seenAs(change)));
    for (const [threadId, turnIds] of turnsTouched(news, changes)) {
      const turns = await this.turnFiles.turns(threadId, turnIds);
      if (turns.length > 0) this.#deps.filesUpdated(threadId, turns);
    }
    return now;
  }
}

function seenAs({ id, state }: Change): string {
  return `${id} ${state}`;
}

/** By thread, the turns that made these changes, or whose changes these took back. */
function turnsTouched(news: readonly Change[], all: readonly Change[]): Map<string, Set<string>> {
  const byId = new Map(all.map((change) => [change.id, change]));
  const touched = new Map<string, Set<string>>();
  const visit = ({ source }: Change, depth: number): void => {
    const { threadId, turnId, of } = source;
    if (threadId !== null && turnId !== null) touched.set(threadId, (touched.get(threadId) ?? new Set()).add(turnId));
    // A redo names an undo, which names the changes.
    for (const id of depth < 3 ? of : []) {
      const earlier = byId.get(id);
      if (earlier !== undefined) visit(earlier, depth + 1);
    }
  };
  for (const change of news) visit(change, 0);
  return touched;
}
