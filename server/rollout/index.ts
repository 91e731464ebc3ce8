// All threads on disk, for lists: kept in memory in order, beside a file that spares the next process the reading.
//
// The rollouts are the truth. What is known of them is checked as cheaply as it can go wrong:
// - which there are, at each list: by the times of their folders (folders.ts);
// - what is in those that a list shows: by the size and time of each, right before they are shown (`verify`);
// - what is in the others: once a process, in the background (`sweep`), which those wait for whose choice or order
//   depends on it;
// - besides, each process appends a row when a turn of its own ends, or a name changes, which others read at their next
//   list (index-file.ts).
// A rollout is only appended to, so that looking again reads what is new. Nothing here fails a list: what cannot be read
// is told through `onTrouble`, and an index that is lost, damaged or cannot be written is made up for by looking.
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { eachOf } from "./each-of.ts";
import { keyOf } from "./files.ts";
import { type FolderRow, FolderTree } from "./folders.ts";
import { IndexFile, type ReadRows } from "./index-file.ts";
import { rowsOf } from "./index-pieces.ts";
import { type FileFacts, FileRow, type IndexRow, type Shown } from "./index-rows.ts";
import { KnownRollouts } from "./known-rollouts.ts";
import type { ThreadMeta } from "./line.ts";
import { firstAt, keyBy, type ListedRollout, type ListOrder, SortedRollouts } from "./listed.ts";
import { listedMeta, scanRollout } from "./scan.ts";

// Each has a descriptor and a buffer of its own while it is read.
const readAtOnce = 32;
/** More than this is read in two steps, sorted once, and written in one piece. */
const many = 200;
/** Rows that are read one by one at the first list of a process; with more of them the file is written anew. */
const maxLoose = 1_000;
/** Files without a first line may be about to get one: so many of them are looked at again at each list. */
const maxBlank = 64;
/** More than the pages that people look at, and few enough to be taken apart while they wait. */
const fewYoung = 250;
/** The system answers this fast; others have their turn between. */
const lookedAtInOneGo = 64;

export class RolloutIndex {
  readonly #home: string;
  readonly #onTrouble: (message: string) => void;
  readonly #file: IndexFile;
  readonly #folders: FolderTree;
  readonly #known: KnownRollouts;
  readonly #byCreation = new SortedRollouts("createdAt", () => this.#openedListed());
  readonly #byUpdate = new SortedRollouts("updatedAt", () => this.#openedListed());
  /** Paths that are known to be no rollouts, or not yet. */
  readonly #blank = new Set<string>();
  #isLoaded = false;
  /** The last of the refreshes: one waits for the other. */
  #refreshed: Promise<void> = Promise.resolve();
  #swept: Promise<void> | null = null;
  #saved: Promise<void> = Promise.resolve();
  #isRewriteDue = false;

  /** `onTrouble` hears of files that could not be read, once a refresh. */
  constructor(home: string, onTrouble: (message: string) => void) {
    this.#home = home;
    this.#onTrouble = onTrouble;
    this.#file = new IndexFile(home, onTrouble);
    this.#known = new KnownRollouts(home, () => this.#sortLater());
    this.#folders = new FolderTree(home, this.#known);
  }

  /** From now on every thread is known that is on disk now, and none that is gone from its folder. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshed.then(() => this.#refresh());
    this.#refreshed = refreshed.catch(() => {});
    return refreshed;
  }

  /** Every file was looked at since this process began to list. */
  sweep(): Promise<void> {
    this.#swept ??= this.#sweep();
    return this.#swept;
  }

  /** Some of those created last, ascending, and none between them left out. */
  youngest(): readonly ListedRollout[] {
    const wholeBehind = this.#known.openYoungest(fewYoung);
    const entries = this.#byCreation.entries;
    const start = firstAt(entries, keyBy("createdAt"), { time: wholeBehind + 1, id: "" });
    return start === 0 ? entries : entries.slice(start);
  }

  /** Ascending. Not to be kept: it changes. */
  sorted(order: ListOrder): readonly ListedRollout[] {
    this.#known.openAll();
    return (order === "createdAt" ? this.#byCreation : this.#byUpdate).entries;
  }

  /** Looks whether these are still as they are known. False: some were not, and are now. */
  async verify(entries: readonly ListedRollout[]): Promise<boolean> {
    const changed = entries.map(({ path }) => this.#keyOf(path)).filter((key) => !this.#isAsKnown(key));
    if (changed.length === 0) return true;
    await this.#look(changed);
    return entries.every((entry) => this.#known.get(this.#keyOf(entry.path)) === entry);
  }

  /** A thread of this process has been written up to here: others learn of it without looking. */
  changed(path: string, facts: { meta: ThreadMeta } & Pick<Shown, "metadata" | "settings">): void {
    const found = this.#statOf(path);
    // Nothing was written, which the recorder has told.
    if (found === null) return;
    const { metadata } = facts;
    const { model, modelProvider, cwd, reasoningEffort } = facts.settings;
    const shown = { meta: listedMeta(facts.meta), metadata, settings: { model, modelProvider, cwd, reasoningEffort } };
    const row = FileRow.of({ path: this.#keyOf(path), ...found, scannedTo: found.size }, shown);
    if (this.#isLoaded) this.#put(row);
    this.#file.append([row]);
  }

  /** Into the archive, or out of it. */
  moved(from: string, to: string): void {
    const before = this.#known.get(this.#keyOf(from))?.row;
    const rows: IndexRow[] = [{ path: this.#keyOf(from), isGone: true }];
    if (before?.isSound) rows.push(before.at(this.#keyOf(to)));
    this.#tell(rows);
  }

  gone(path: string): void {
    this.#tell([{ path: this.#keyOf(path), isGone: true }]);
  }

  /** Resolves when what is known so far has been written, or cannot be. */
  saved(): Promise<void> {
    return this.#saved;
  }

  async #refresh(): Promise<void> {
    const read = this.#file.readNew();
    const isFirst = !this.#isLoaded;
    if (isFirst) this.#load(read);
    else this.#applyAll(read);
    const { came, went, read: folders, troubles } = await this.#folders.check({ all: isFirst });
    const unsaved: IndexRow[] = [...folders];
    for (const path of went) {
      this.#forget(path);
      unsaved.push({ path, isGone: true });
    }
    const blank = [...this.#blank].slice(0, maxBlank).filter((path) => !this.#isAsKnown(path));
    const unknown = came.filter((path) => this.#known.get(path) === undefined);
    await this.#look([...unknown, ...blank], { troubles, unsaved });
    // Nobody waits for it: it has no say in this list.
    if (isFirst) setImmediate(() => void this.sweep());
  }

  /** Begins with what was written down: as little as can be is taken apart, while the first list waits. */
  #load({ pieces, rows }: ReadRows): void {
    const folders = new Map<string, FolderRow>();
    for (const piece of pieces) this.#known.putAway(piece);
    for (const row of rows) {
      if ("folder" in row) folders.set(row.folder, row);
      else if (row instanceof FileRow) this.#put(row);
      else this.#forget(row.path);
    }
    this.#folders.remember(folders.values());
    this.#isLoaded = true;
  }

  /** What other processes wrote down meanwhile. */
  #applyAll({ pieces, rows }: ReadRows): void {
    const files = [...pieces.flatMap(rowsOf), ...rows];
    if (files.length > many) this.#sortLater();
    for (const row of files) if (!("folder" in row)) this.#apply(row);
  }

  async #sweep(): Promise<void> {
    const changed: string[] = [];
    let looked = 0;
    for (const folder of this.#known.folders()) {
      for (const path of this.#known.pathsIn(folder)) {
        if (!this.#isAsKnown(path)) changed.push(path);
        if (++looked % lookedAtInOneGo === 0) await new Promise(setImmediate);
      }
    }
    await this.#look(changed);
  }

  /** Looks at these files again, where their size or time has changed. Never rejects. */
  async #look(
    paths: Iterable<string>,
    { troubles, unsaved }: { troubles: string[]; unsaved: IndexRow[] } = { troubles: [], unsaved: [] },
  ): Promise<void> {
    const queue = [...paths];
    const isMany = queue.length > many;
    await eachOf(queue, readAtOnce, async (path) => {
      try {
        const isNew = this.#known.get(path) === undefined;
        const row = await this.#lookAt(path, { headOnly: isNew && isMany });
        if (row === null) return;
        if (isNew && isMany) this.#sortLater();
        this.#put(row);
        unsaved.push(row);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (this.#known.get(path) !== undefined) unsaved.push({ path, isGone: true });
        this.#forget(path);
        if (code === "ENOENT") return;
        troubles.push(message);
        this.#folders.distrust(path);
      }
    });
    this.#save(unsaved);
    if (troubles.length === 0) return;
    this.#onTrouble(
      `the list of threads is not complete, because files cannot be read (${troubles.length}): ${troubles[0]}`,
    );
  }

  /** Null when it is as it was. Rejects when it cannot be read. */
  async #lookAt(path: string, { headOnly }: { headOnly: boolean }): Promise<FileRow | null> {
    const absolute = join(this.#home, path);
    const { size, mtimeMs } = await stat(absolute);
    const known = this.#known.get(path)?.row ?? null;
    const isReadable = known?.isSound ?? false;
    if (known !== null && isReadable && isSame(known, { size, mtimeMs })) return null;
    const before = known !== null && isReadable && size >= known.scannedTo ? known : null;
    const { scannedTo, shown } = await scanRollout(absolute, { before, size, headOnly });
    const seen = headOnly && shown !== null ? scannedTo : size;
    return FileRow.of({ path, size: seen, mtimeMs, scannedTo }, shown);
  }

  #isAsKnown(path: string): boolean {
    const row = this.#known.get(path)?.row;
    // Not `join`, which looks at each sign: it is asked of thousands.
    const found = this.#statOf(`${this.#home}/${path}`);
    return row !== undefined && found !== null && row.isSound && isSame(row, found);
  }

  #statOf(path: string): { size: number; mtimeMs: number } | null {
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? null : { size: found.size, mtimeMs: found.mtimeMs };
    } catch {
      // Not to be seen: whoever reads it says so.
      return null;
    }
  }

  #tell(rows: IndexRow[]): void {
    if (this.#isLoaded) for (const row of rows) if (!("folder" in row)) this.#apply(row);
    this.#file.append(rows);
  }

  #apply(row: Exclude<IndexRow, FolderRow>): void {
    if ("isGone" in row) {
      this.#forget(row.path);
      // If that was about another file of this name, it is found again.
      this.#folders.distrust(row.path);
      return;
    }
    const known = this.#known.get(row.path)?.row;
    if (known !== undefined && isSame(known, row)) return;
    // Someone may have looked before we did and written it down later.
    if (known !== undefined && this.#isLoaded && this.#isAsKnown(row.path)) return;
    this.#put(row);
  }

  #put(row: FileRow): void {
    this.#forget(row.path);
    const known = this.#known.set(row);
    if (row.id === "") {
      this.#blank.add(row.path);
      return;
    }
    this.#byCreation.add(known);
    this.#byUpdate.add(known);
  }

  #sortLater(): void {
    this.#byCreation.reset();
    this.#byUpdate.reset();
  }

  #openedListed(): ListedRollout[] {
    return this.#known.opened().filter(({ id }) => id !== "");
  }

  #forget(path: string): void {
    const known = this.#known.get(path);
    if (known === undefined) return;
    this.#known.delete(path);
    this.#blank.delete(path);
    this.#byCreation.remove(known);
    this.#byUpdate.remove(known);
  }

  #save(unsaved: readonly IndexRow[]): void {
    const isOutgrown = this.#file.looseCount + unsaved.length > maxLoose;
    if (unsaved.length === 0 && !isOutgrown) return;
    const fits = unsaved.length < many && !isOutgrown && this.#file.isThere;
    if (fits || this.#file.isFailing) {
      this.#file.append(unsaved);
      return;
    }
    if (this.#isRewriteDue) return;
    this.#isRewriteDue = true;
    // Behind the list that found it out.
    this.#saved = this.#saved
      .then(() => new Promise(setImmediate))
      .then(() => {
        this.#isRewriteDue = false;
        return this.#file.rewrite(this.#rows());
      });
  }

  /** In order: the next process has less to sort. */
  #rows(): IndexRow[] {
    const files = this.#known
      .all()
      .map(({ row }) => row)
      .sort((a, b) => a.createdAt - b.createdAt);
    return [...this.#folders.rows(), ...files];
  }

  #keyOf(path: string): string {
    return keyOf(this.#home, path);
  }
}

/** It was not written to since it was looked at. */
function isSame(known: Pick<FileFacts, "size" | "mtimeMs">, now: Pick<FileFacts, "size" | "mtimeMs">): boolean {
  return known.size === now.size && known.mtimeMs === now.mtimeMs;
}
