// The rollouts that an index knows, by folder. Those of a folder may lie there as they were written down, and are taken
// apart when one of them is asked for.
import { join } from "node:path";
import { isInArchive } from "./files.ts";
import { type Piece, rowsOf } from "./index-pieces.ts";
import type { FileRow, Shown } from "./index-rows.ts";
import type { ListedRollout } from "./listed.ts";

/** All paths are relative to the home. */
export class KnownRollouts {
  readonly #home: string;
  readonly #onOpen: () => void;
  readonly #open = new Map<string, Map<string, KnownRollout>>();
  readonly #closed = new Map<string, Piece>();

  /** `onOpen`: from now on `opened` has more. */
  constructor(home: string, onOpen: () => void) {
    this.#home = home;
    this.#onOpen = onOpen;
  }

  /** Before anything else is known of this folder. */
  putAway(piece: Piece): void {
    this.#closed.set(piece.folder, piece);
  }

  get(path: string): KnownRollout | undefined {
    return this.#in(folderOf(path)).get(path);
  }

  set(row: FileRow): KnownRollout {
    const folder = folderOf(row.path);
    const known = new KnownRollout(this.#home, row);
    const rollouts = this.#in(folder);
    rollouts.set(row.path, known);
    this.#open.set(folder, rollouts);
    return known;
  }

  delete(path: string): void {
    this.#in(folderOf(path)).delete(path);
  }

  get size(): number {
    return this.folders().reduce((sum, folder) => sum + this.countIn(folder), 0);
  }

  /** Those with rollouts directly in them. */
  folders(): string[] {
    return [...this.#open.keys(), ...this.#closed.keys()];
  }

  countIn(folder: string): number {
    return this.#closed.get(folder)?.count ?? this.#open.get(folder)?.size ?? 0;
  }

  /** Directly in it. */
  pathsIn(folder: string): string[] {
    return [...this.#in(folder).keys()];
  }

  all(): KnownRollout[] {
    this.openAll();
    return this.opened();
  }

  openAll(): void {
    for (const folder of [...this.#closed.keys()]) this.#in(folder);
  }

  /** As far as they were taken apart. */
  opened(): KnownRollout[] {
    return [...this.#open.values()].flatMap((rollouts) => [...rollouts.values()]);
  }

  /**
   * Takes folders apart, the one with the youngest rollout first, until so many are open that are younger than all that
   * stay closed. Returns the time of the youngest of those, in Unix seconds.
   */
  openYoungest(count: number): number {
    const closed = [...this.#closed.values()].sort((a, b) => a.youngest - b.youngest);
    for (let next = closed.pop(); next !== undefined; next = closed.pop()) {
      const { youngest } = next;
      const younger = this.opened().filter(({ createdAt }) => createdAt > youngest);
      if (younger.length >= count) return youngest;
      this.#in(next.folder);
    }
    return Number.NEGATIVE_INFINITY;
  }

  #in(folder: string): Map<string, KnownRollout> {
    const piece = this.#closed.get(folder);
    if (piece === undefined) return this.#open.get(folder) ?? new Map<string, KnownRollout>();
    const rollouts = new Map(rowsOf(piece).map((row) => [row.path, new KnownRollout(this.#home, row)]));
    this.#closed.delete(folder);
    this.#open.set(folder, rollouts);
    this.#onOpen();
    return rollouts;
  }
}

/** As `dirname`, for thousands. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** A row as a list sees it. */
export class KnownRollout implements ListedRollout {
  readonly #home: string;
  readonly row: FileRow;

  constructor(home: string, row: FileRow) {
    this.#home = home;
    this.row = row;
  }

  get id(): string {
    return this.row.id;
  }

  get createdAt(): number {
    return this.row.createdAt;
  }

  get updatedAt(): number {
    return Math.floor(this.row.mtimeMs / 1000);
  }

  get isArchived(): boolean {
    return isInArchive(this.row.path);
  }

  get path(): string {
    return join(this.#home, this.row.path);
  }

  mayShow(text: string): boolean {
    return this.row.mayShow(text);
  }

  get meta(): Shown["meta"] {
    return this.#shown.meta;
  }

  get metadata(): Shown["metadata"] {
    return this.#shown.metadata;
  }

  get settings(): Shown["settings"] {
    return this.#shown.settings;
  }

  /** Of a damaged row, what is left: it is looked at again before it is shown. */
  get #shown(): Shown {
    const { id, createdAt, shown } = this.row;
    return shown ?? { ...unknown, meta: { ...unknown.meta, id, createdAt } };
  }
}

const unknown = {
  meta: { cliVersion: "", originator: "", source: "", preview: "", forkedFromId: null, threadSource: null },
  metadata: { name: null, gitInfo: null },
  settings: { model: "", modelProvider: "", cwd: "", reasoningEffort: null },
};
