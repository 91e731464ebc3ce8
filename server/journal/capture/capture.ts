// What commands change in one workspace. Between two looks at it everything that differs, and that nobody else is known
// to have done, is the work of a command that ran meanwhile; so a command begins with a look and ends with one.
import type { Change, ChangeSource, FileChange, Image, WorkspaceJournal } from "../change.ts";
import { capturedFiles } from "./captured-files.ts";
import type { Table } from "./file-table.ts";
import { HeldBytes } from "./held-bytes.ts";
import { messageOf } from "../../protocol/rpc/errors.ts";
import { orAborted } from "../../util/or-aborted.ts";
import { patientTimeout } from "../../util/patient-timeout.ts";
import { look, snapshotLimits } from "./snapshot.ts";

export interface CaptureDeps {
  journal(): Promise<WorkspaceJournal>;
  readonly saves: EditorSaves;
  /** BELAY_HOME, where bytes wait for a command to end. Real. It is not looked into. */
  readonly home: string;
  readonly limits?: Partial<typeof captureLimits>;
  now(): number;
  newId(): string;
  failed(message: string): void;
}

/** What people save in an editor. */
export interface EditorSaves {
  mark(): number;
  /** Real paths. Must not reject. */
  since(mark: number): Promise<readonly string[]>;
}

/** A command that runs. */
export interface Capture {
  /** Resolves with whether it changed files, once that is in the journal. Must not reject. */
  end(): Promise<boolean>;
}

export const captureLimits = {
  ...snapshotLimits,
  /** How long a command waits for the look before it; as long again for one that runs already. */
  beforeMs: 1_500,
  /** How long its end waits for the look behind it; and how long a look takes that nobody waits for. */
  behindMs: 10_000,
  /** A workspace that takes too long is not looked at again before. */
  pauseMs: 2 * 60_000,
};

interface Open {
  readonly source: ChangeSource;
  /** Something of its time was not seen, and why. */
  unseen: string | null;
  hasChanges: boolean;
}

export class WorkspaceCapture {
  readonly #root: string;
  readonly #deps: CaptureDeps;
  readonly #limits: typeof captureLimits;
  readonly #held: HeldBytes;
  /** As of the last look. Null: there was none that saw it. */
  #table: Table | null = null;
  #saveMark = 0;
  /** Changes in the journal whose effect the last look has seen, or that are ours. */
  #seenChanges = new Set<string>();
  /** Oldest first. */
  #open: Open[] = [];
  #ending: Open[] = [];
  #running: Promise<void> = Promise.resolve();
  #next: { timeMs: number; readonly done: Promise<void> } | null = null;
  #deadline: Deadline | null = null;
  /** The look that runs has had its time, and more: nobody waits for it. */
  #isStuck = false;
  #pausedUntil = 0;
  /** Why there is no table; null when there is one, or none was asked for. */
  #lostWhy: string | null = null;
  /** Turns that were told already that something of them was not seen. */
  readonly #told = new Set<string>();

  /** `root` is the real folder. */
  constructor(root: string, deps: CaptureDeps) {
    this.#root = root;
    this.#deps = deps;
    this.#limits = { ...captureLimits, ...deps.limits };
    this.#held = new HeldBytes(deps.home);
  }

  get isIdle(): boolean {
    return this.#open.length === 0 && this.#next === null && this.#deadline === null;
  }

  /** Looks while nobody waits, so that a command that comes has less to wait for. */
  warm(): void {
    if (this.#table === null) void this.#look(this.#limits.behindMs);
  }

  /** To be awaited before the command starts. Aborted: the command is not to start any more. Must not reject. */
  async begin(source: ChangeSource, signal: AbortSignal): Promise<Capture> {
    const open: Open = { source, unseen: null, hasChanges: false };
    const isSeen = await this.#lookInTime(this.#limits.beforeMs, signal);
    if (signal.aborted) return { end: async () => false };
    if (!isSeen || this.#table === null) open.unseen = this.#lostWhy ?? tooSlow;
    this.#open.push(open);
    return { end: () => this.#end(open) };
  }

  /**
   * To be awaited before files are written while commands may run: what those did until then comes ahead of it in the
   * journal. Must not reject.
   */
  async settle(signal: AbortSignal): Promise<void> {
    if (this.#open.length > 0) await this.#lookInTime(this.#limits.beforeMs, signal);
  }

  /** Only while it is idle. */
  async close(): Promise<void> {
    await this.#forget();
  }

  async #end(open: Open): Promise<boolean> {
    this.#ending.push(open);
    const isSeen = await this.#lookInTime(this.#limits.behindMs, new AbortController().signal);
    if (!isSeen) open.unseen ??= tooSlow;
    this.#open = this.#open.filter((other) => other !== open);
    this.#ending = this.#ending.filter((other) => other !== open);
    if (open.unseen !== null) await this.#tellUnseen(open, open.unseen);
    return open.hasChanges;
  }

  /** False: it is not over yet, and goes on. */
  async #lookInTime(timeMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#isStuck) return false;
    // A look keeps to its time, but for a disk that does not answer at all.
    const late = new AbortController();
    const inTime = patientTimeout(
      () => {
        this.#isStuck = true;
        late.abort();
      },
      2 * timeMs + GRACE_MS,
    );
    const waited = await orAborted(this.#look(timeMs), AbortSignal.any([signal, late.signal]));
    inTime();
    return waited !== "aborted";
  }

  /** A look that begins from now on; whoever asks before it has begun shares it. */
  #look(timeMs: number): Promise<void> {
    this.#deadline?.shorten(timeMs);
    if (this.#next !== null) {
      this.#next.timeMs = Math.min(this.#next.timeMs, timeMs);
      return this.#next.done;
    }
    const done = this.#running.then(async () => {
      const deadline = new Deadline(this.#next?.timeMs ?? timeMs);
      this.#next = null;
      this.#deadline = deadline;
      await this.#lookNow(deadline.signal).catch((error: unknown) => {
        this.#deps.failed(`what commands changed in ${this.#root} could not be captured: ${messageOf(error)}`);
        this.#lose(messageOf(error));
      });
      deadline.clear();
      this.#deadline = null;
      this.#isStuck = false;
    });
    this.#next = { timeMs, done };
    this.#running = done;
    return done;
  }

  async #lookNow(signal: AbortSignal): Promise<void> {
    if (this.#deps.now() < this.#pausedUntil) return this.#lose(this.#lostWhy ?? tooSlow);
    // What is held only grows. It is read anew where no command runs, or else where it must be.
    const isFull = this.#held.size > (this.#open.length === 0 ? 3 : 10) * this.#limits.maxHeldBytes;
    if (isFull) await this.#forget();
    const journal = await this.#deps.journal();
    const earlier = await journal.changes();
    const mark = this.#deps.saves.mark();
    const closed = new Set([this.#deps.home]);
    const previous = this.#table;
    const seen = await look(this.#root, { previous, held: this.#held, signal, closed, limits: this.#limits });
    if (seen.kind === "unseen") {
      this.#pausedUntil = this.#deps.now() + this.#limits.pauseMs;
      return this.#lose(seen.reason);
    }
    const { known, settled, inFlux } = othersSince(earlier, await journal.changes(), this.#seenChanges);
    const after = withoutFlux(seen.table, previous, inFlux);
    const saved = new Set(await this.#deps.saves.since(this.#saveMark));
    this.#table = after;
    this.#lostWhy = null;
    this.#saveMark = mark;
    for (const id of settled) this.#seenChanges.add(id);
    // Now, not as the look began: one that has started since may have done what was seen.
    const responsible = this.#ending[0] ?? this.#open.at(-1) ?? null;
    if (responsible === null) return;
    if (previous === null) return this.#markUnseen("it ran already when the workspace was first looked at");
    const interval = { root: this.#root, before: previous, after, known, saved };
    const files = await capturedFiles(interval, { held: this.#held, journal, signal });
    if (files.length > 0) await this.#append(journal, responsible, files);
  }

  async #append(journal: WorkspaceJournal, open: Open, files: readonly FileChange[]): Promise<void> {
    const id = this.#deps.newId();
    this.#seenChanges.add(id);
    await journal.append({ type: "captured", id, atMs: this.#deps.now(), source: open.source, files: [...files] });
    open.hasChanges = true;
  }

  /** What commands do from now on cannot be told from what was before. */
  #lose(reason: string): void {
    this.#table = null;
    this.#lostWhy = reason;
    this.#markUnseen(reason);
  }

  #markUnseen(reason: string): void {
    for (const open of this.#open) open.unseen ??= reason;
  }

  async #forget(): Promise<void> {
    this.#table = null;
    await this.#held.clear();
  }

  /** In the journal as well, once a turn: what undoes the turn may not undo all that it did. */
  async #tellUnseen({ source }: Open, reason: string): Promise<void> {
    const turn = `${source.threadId} ${source.turnId}`;
    if (this.#told.has(turn)) return;
    this.#told.add(turn);
    const id = this.#deps.newId();
    this.#seenChanges.add(id);
    const unwatched = `what a command changed was not watched: ${reason}`;
    try {
      const journal = await this.#deps.journal();
      await journal.append({
        ...{ type: "captured", id, atMs: this.#deps.now() },
        ...{ source: { ...source, unwatched }, files: [] },
      });
    } catch (error) {
      this.#deps.failed(`that a command was not watched could not be written down: ${messageOf(error)}`);
    }
  }
}

/** More than its own time for a look that stops by itself. */
const GRACE_MS = 500;
const tooSlow = "looking at the workspace took too long";

/** What others did before a look, and which files they may have been at during it. `settled`: need not be told again. */
function othersSince(earlier: readonly Change[], later: readonly Change[], seen: ReadonlySet<string>) {
  const others = later.filter(({ id, state }) => state !== "proposed" && !seen.has(id));
  const doneBefore = new Set(earlier.flatMap(({ id, state }) => (state === "applied" ? [id] : [])));
  const [done, during] = [
    others.filter(({ id }) => doneBefore.has(id)),
    others.filter(({ id }) => !doneBefore.has(id)),
  ];
  const inFlux = new Set(during.flatMap(pathsOf));
  const known = new Map<string, Image>();
  for (const { path, after } of done.flatMap(({ files }) => files)) if (!inFlux.has(path)) known.set(path, after);
  const settled = done.filter((change) => !pathsOf(change).some((path) => inFlux.has(path)));
  return { known, inFlux, settled: settled.map(({ id }) => id) };
}

function pathsOf({ files }: Change): string[] {
  return files.map(({ path }) => path);
}

/** What is being written by somebody else stays as it was: the next look finds it done. */
function withoutFlux(table: Table, previous: Table | null, inFlux: ReadonlySet<string>): Table {
  if (inFlux.size === 0) return table;
  const entries = new Map(table.entries);
  for (const path of inFlux) {
    const earlier = previous?.entries.get(path);
    if (earlier === undefined) entries.delete(path);
    else entries.set(path, earlier);
  }
  return { ...table, entries };
}

class Deadline {
  readonly #abort = new AbortController();
  #endsAt: number;
  #callOff: () => void;

  constructor(timeMs: number) {
    this.#endsAt = performance.now() + timeMs;
    this.#callOff = patientTimeout(() => this.#abort.abort(), timeMs);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  shorten(timeMs: number): void {
    const endsAt = performance.now() + timeMs;
    if (endsAt >= this.#endsAt) return;
    this.clear();
    this.#endsAt = endsAt;
    this.#callOff = patientTimeout(() => this.#abort.abort(), timeMs);
  }

  clear(): void {
    this.#callOff();
  }
}
