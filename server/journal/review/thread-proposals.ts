// What a thread has proposed and nobody has kept yet: its own reads see it over the buffers and the disk, which do not have
// it. A file that was changed since is put together with what is proposed for it; where that does not fit, the proposal is
// dropped, and the model is told.
import { shownIn } from "../../util/inside.ts";
import type { FilePlan, FileView } from "../../files/patch-plan.ts";
import { encode, type Encoding } from "../../files/encoding.ts";
import { placeOf } from "../../files/editor-edit.ts";
import { messageOf } from "../../protocol/rpc/errors.ts";
import type { ChangeSource, FileChange, Image, WorkspaceJournal } from "../change.ts";
import { contentOf } from "../content.ts";
import { merge } from "./merge.ts";
import { type Proposal, proposalsOf } from "./proposals.ts";
import type { ChangeOutcome } from "../write-change.ts";

/** What reads the files below. */
interface Reader {
  read(path: string, permits: (realPath: string) => boolean): Promise<FileView>;
  /** Rejects when it cannot be known. */
  realTarget(path: string): Promise<string>;
}

export interface ThreadProposalsDeps {
  readonly threadId: string;
  readonly files: Reader;
  /** Of the thread's folder. Rejects with a sentence when it cannot be opened. */
  journal(): Promise<WorkspaceJournal>;
  now(): number;
  newId(): string;
}

export type Proposed =
  | { readonly ok: true /** Nothing is written yet. */; readonly isProposed: true }
  | Extract<ChangeOutcome, { ok: false }>;

export class ThreadProposals {
  readonly #deps: ThreadProposalsDeps;
  /** Real paths of what was dropped and not told yet. */
  #dropped: string[] = [];
  /** Looking and writing down what was found go together. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: ThreadProposalsDeps) {
    this.#deps = deps;
  }

  /** As `Reader.read`; with what is proposed for the file, if anything is. */
  async read(path: string, permits: (realPath: string) => boolean): Promise<FileView> {
    const view = await this.#deps.files.read(path, permits);
    if (view.kind === "refused") return view;
    try {
      const realPath = await this.#deps.files.realTarget(path);
      return permits(realPath) ? await this.#alone(() => this.#over(view, realPath)) : view;
    } catch {
      // Without the journal nothing is known to be proposed: the file is as it is.
      return view;
    }
  }

  /** All that is proposed, by real paths; a file that goes has no text any more. */
  async texts(): Promise<{ path: string; realPath: string; text: string }[]> {
    const proposals = await this.#all().catch(() => new Map<string, Proposal>());
    return Promise.all(
      [...proposals.keys()].map(async (path) => {
        const view = await this.read(path, () => true);
        return { path, realPath: path, text: view.kind === "text" ? view.text : "" };
      }),
    );
  }

  /** True: something is proposed for one of these, so that a patch of it can only be proposed, too. */
  async has(realPaths: readonly string[]): Promise<boolean> {
    const proposals = await this.#all().catch(() => new Map<string, Proposal>());
    return realPaths.some((path) => proposals.has(path));
  }

  /** Must not throw. `realPaths`: by path. */
  async propose(
    plan: readonly FilePlan[],
    source: ChangeSource,
    realPaths: ReadonlyMap<string, string>,
  ): Promise<Proposed> {
    try {
      const journal = await this.#deps.journal();
      const files = (await Promise.all(plan.map((file) => proposedChanges(journal, file, realPaths)))).flat();
      await journal.append({ type: "proposed", id: this.#deps.newId(), atMs: this.#deps.now(), source, files });
      return { ok: true, isProposed: true };
    } catch (error) {
      return { ok: false, message: `it cannot be proposed: ${messageOf(error)}`, isStale: false, isUnknown: false };
    }
  }

  /** For the model, once: what was dropped since it was told last. */
  takeNote(cwd: string): string | null {
    const names = this.#dropped.map((path) => shownIn(cwd, path));
    this.#dropped = [];
    if (names.length === 0) return null;
    return `Your proposal for ${names.join(", ")} was dropped: the file was changed since, in the same lines. Read it again.`;
  }

  /** For the model, beside the output of a command; null when nothing is proposed. */
  async unseenByCommands(cwd: string): Promise<string | null> {
    const proposals = await this.#all().catch(() => new Map<string, Proposal>());
    if (proposals.size === 0) return null;
    const names = [...proposals.keys()].map((path) => shownIn(cwd, path));
    const shown = names.slice(0, MAX_NAMES).join(", ");
    const rest = names.length - MAX_NAMES;
    return `Proposed and not written, so this command did not see it: ${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
  }

  async #all(): Promise<Map<string, Proposal>> {
    const journal = await this.#deps.journal();
    const changes = await journal.changes();
    return proposalsOf(changes.filter(({ source }) => source.threadId === this.#deps.threadId));
  }

  async #over(view: Exclude<FileView, { kind: "refused" }>, realPath: string): Promise<FileView> {
    const proposal = (await this.#all()).get(realPath);
    if (proposal === undefined) return view;
    const journal = await this.#deps.journal();
    const [base, goal] = await Promise.all([contentOf(journal, proposal.before), contentOf(journal, proposal.after)]);
    const now = view.kind === "text" ? view.text : null;
    const wanted = goal.kind === "text" ? goal.text : null;
    if (goal.kind === "other" || base.kind === "other") return this.#drop(journal, proposal, view);
    // Kept meanwhile by other means, or what it was made for: then it is as proposed.
    if (now === wanted) return view;
    const made = base.kind === "text" ? base.text : null;
    if (now === made) return proposedView(goal);
    if (now === null || wanted === null || made === null) return this.#drop(journal, proposal, view);
    const merged = merge(made, now, wanted);
    if (merged.kind === "conflict") return this.#drop(journal, proposal, view);
    const encoding = view.kind === "text" ? view.encoding : "utf8";
    await this.#rebase(journal, proposal, { before: now, after: merged.text, encoding });
    return { kind: "text", text: merged.text, encoding, version: null, dirty: false };
  }

  async #drop(journal: WorkspaceJournal, { path }: Proposal, view: FileView): Promise<FileView> {
    await journal.append({ type: "settled", paths: [path] });
    this.#dropped.push(path);
    return view;
  }

  /** From now on it is a proposal for the file as it is. */
  async #rebase(
    journal: WorkspaceJournal,
    { path, movedFrom, changes, before }: Proposal,
    texts: { before: string; after: string; encoding: Encoding },
  ): Promise<void> {
    const source = changes.at(-1)?.source;
    if (source === undefined) return;
    const mode = before.kind === "file" ? before.mode : null;
    const [was, becomes] = await Promise.all([
      imageOf(journal, texts.before, texts.encoding, mode),
      imageOf(journal, texts.after, texts.encoding, mode),
    ]);
    const files: FileChange[] = [{ path, before: was, after: becomes, movedFrom }];
    const change = { id: this.#deps.newId(), atMs: this.#deps.now(), source, files };
    await journal.append({ type: "settled", paths: [path] }, { type: "proposed", ...change });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const MAX_NAMES = 20;
const missing: Image = { kind: "missing" };

function proposedView(goal: Awaited<ReturnType<typeof contentOf>>): FileView {
  if (goal.kind !== "text") return { kind: "missing" };
  return { kind: "text", text: goal.text, encoding: goal.encoding, version: null, dirty: false };
}

/** A moved file is two: one that goes, and one that comes. */
async function proposedChanges(
  journal: WorkspaceJournal,
  plan: FilePlan,
  realPaths: ReadonlyMap<string, string>,
): Promise<FileChange[]> {
  const real = (path: string) => realPaths.get(path) ?? path;
  const [path, place] = [real(plan.path), real(placeOf(plan))];
  const [before, after] = await Promise.all([
    plan.before === null ? missing : imageOf(journal, plan.before, plan.encoding, null),
    plan.after === null ? missing : imageOf(journal, plan.after, plan.encoding, null),
  ]);
  if (place === path) return [{ path, before, after, movedFrom: null }];
  return [
    { path, before, after: missing, movedFrom: null },
    { path: place, before: missing, after, movedFrom: path },
  ];
}

async function imageOf(
  journal: WorkspaceJournal,
  text: string,
  encoding: Encoding,
  mode: number | null,
): Promise<Image> {
  const bytes = encode(text, encoding);
  if (bytes === null) throw new Error("it has characters that the encoding of the file has not");
  const image = await journal.keep(bytes, { mode, encoding });
  if (image.kind === "notCaptured") throw new Error(image.reason);
  return image;
}
