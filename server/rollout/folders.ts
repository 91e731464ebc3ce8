// Which rollouts lie under a home, by name. A folder is read again only when its time says that a name came or went.
import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
// As in the index, on every system; joined to a home they are a path for all of them.
import { posix } from "node:path";
import { isRolloutName, roots } from "./files.ts";

const { dirname, join } = posix;

/** A folder as it was read; what is remembered of it is believed while its time is the same. */
export interface FolderRow {
  /** Relative to the home. */
  folder: string;
  mtimeMs: number;
  /** How many rollouts and folders are in it: a row that was lost shows as a difference. */
  files: number;
  folders: number;
}

export interface FolderChanges {
  /** Paths relative to the home. */
  came: string[];
  went: string[];
  /** Folders that were read anew. */
  read: FolderRow[];
  /** Why a folder could not be read. */
  troubles: string[];
}

/** Names of files by folder, relative to the home. */
export interface KnownNames {
  /** Those with files directly in them. */
  folders(): Iterable<string>;
  countIn(folder: string): number;
  pathsIn(folder: string): string[];
}

interface Folder {
  path: string;
  /** Null: it must be read. */
  mtimeMs: number | null;
  /** How many rollouts were in it. */
  files: number;
  folders: Set<string>;
}

// In each check, besides the folders of years and months, so many of the youngest and so many of the others in turn.
const youngest = 64;
const inTurn = 64;

// File systems stamp coarsely: a name that comes right behind the look may leave the time as it was.
const settledAfterMs = 2_000;

export class FolderTree {
  readonly #home: string;
  readonly #known: KnownNames;
  readonly #folders = new Map<string, Folder>();
  /** Folders of years and months, and those of days, the youngest first; null when that has changed. */
  #sorted: { branches: Folder[]; leaves: Folder[] } | null = null;
  #turn = 0;

  /** `known`: the files that came and did not go. */
  constructor(home: string, known: KnownNames) {
    this.#home = home;
    this.#known = known;
  }

  /** Begins with what was known before. */
  remember(rows: Iterable<FolderRow>): void {
    for (const root of roots) this.#folder(root);
    for (const folder of this.#known.folders()) this.#folder(folder).files = this.#known.countIn(folder);
    const known = [...rows];
    for (const { folder } of known) {
      const { path } = this.#folder(folder);
      if (!isRoot(path)) this.#folder(dirname(path)).folders.add(path);
    }
    for (const row of known) {
      const folder = this.#folder(row.folder);
      const isWhole = folder.files === row.files && folder.folders.size === row.folders;
      folder.mtimeMs = isWhole ? row.mtimeMs : null;
    }
  }

  /** What came and went since. `all`: every folder is looked at. */
  async check({ all }: { all: boolean }): Promise<FolderChanges> {
    const changes: FolderChanges = { came: [], went: [], read: [], troubles: [] };
    const queue = all ? [...this.#folders.values()] : this.#due();
    // It grows while it is worked through: folders that came are looked into as well.
    for (const folder of queue) {
      if (this.#folders.get(folder.path) !== folder) continue;
      const lookedAtMs = Date.now();
      const mtimeMs = this.#mtimeOf(folder, changes);
      if (mtimeMs === null) this.#drop(folder, changes);
      else if (mtimeMs !== folder.mtimeMs) {
        const isSettled = lookedAtMs - mtimeMs > settledAfterMs;
        const inner = await this.#read(folder, changes);
        folder.mtimeMs = inner !== null && isSettled ? mtimeMs : null;
        if (folder.mtimeMs !== null) changes.read.push(rowOf(folder));
        queue.push(...(inner ?? []));
      }
    }
    return changes;
  }

  /** The folder of this file is read at the next check. */
  distrust(path: string): void {
    const folder = this.#folders.get(dirname(path));
    if (folder !== undefined) folder.mtimeMs = null;
  }

  rows(): FolderRow[] {
    return [...this.#folders.values()].filter(({ mtimeMs }) => mtimeMs !== null).map(rowOf);
  }

  #due(): Folder[] {
    this.#sorted ??= sorted([...this.#folders.values()]);
    const { branches, leaves } = this.#sorted;
    const older = leaves.slice(youngest);
    const start = older.length === 0 ? 0 : (this.#turn % Math.ceil(older.length / inTurn)) * inTurn;
    this.#turn++;
    const isDue = ({ mtimeMs }: Folder, at: number) => mtimeMs === null || (at >= start && at < start + inTurn);
    return [...branches, ...leaves.slice(0, youngest), ...older.filter(isDue)];
  }

  /** Null when it is not there, or not to be seen. */
  #mtimeOf({ path }: Folder, { troubles }: FolderChanges): number | null {
    try {
      return statSync(join(this.#home, path), { throwIfNoEntry: false })?.mtimeMs ?? null;
    } catch (error) {
      troubles.push((error as Error).message);
      return null;
    }
  }

  /** The folders that came. Null when it cannot be read: then it stays as it was known. */
  async #read(folder: Folder, changes: FolderChanges): Promise<Folder[] | null> {
    const found = await this.#list(folder.path, changes);
    if (found === null) return null;
    const before = new Set(this.#known.pathsIn(folder.path));
    const now = new Set(found.files);
    changes.came.push(...found.files.filter((path) => !before.has(path)));
    changes.went.push(...[...before].filter((path) => !now.has(path)));
    const foldersBefore = folder.folders;
    folder.files = now.size;
    folder.folders = new Set(found.folders);
    this.#sorted = null;
    for (const path of foldersBefore) {
      const gone = this.#folders.get(path);
      if (!folder.folders.has(path) && gone !== undefined) this.#drop(gone, changes);
    }
    return found.folders.filter((path) => !this.#folders.has(path)).map((path) => this.#folder(path));
  }

  async #list(path: string, { troubles }: FolderChanges): Promise<{ files: string[]; folders: string[] } | null> {
    try {
      const entries = await readdir(join(this.#home, path), { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && isRolloutName(entry.name));
      const folders = entries.filter((entry) => entry.isDirectory());
      const place = ({ name }: { name: string }) => join(path, name);
      return { files: files.map(place), folders: folders.map(place) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") troubles.push((error as Error).message);
      return null;
    }
  }

  #drop(folder: Folder, changes: FolderChanges): void {
    changes.went.push(...this.#known.pathsIn(folder.path));
    for (const path of folder.folders) {
      const inner = this.#folders.get(path);
      if (inner !== undefined) this.#drop(inner, changes);
    }
    folder.files = 0;
    folder.folders = new Set();
    folder.mtimeMs = null;
    // A root may come yet.
    if (isRoot(folder.path)) return;
    this.#folders.delete(folder.path);
    this.#sorted = null;
  }

  #folder(path: string): Folder {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const made: Folder = { path, mtimeMs: null, files: 0, folders: new Set() };
    this.#folders.set(path, made);
    this.#sorted = null;
    return made;
  }
}

function sorted(folders: Folder[]): { branches: Folder[]; leaves: Folder[] } {
  const isBranch = ({ path, folders: inner }: Folder) => inner.size > 0 || isRoot(path);
  const leaves = folders.filter((folder) => !isBranch(folder)).sort((a, b) => (a.path < b.path ? 1 : -1));
  return { branches: folders.filter(isBranch), leaves };
}

function isRoot(path: string): boolean {
  return (roots as readonly string[]).includes(path);
}

function rowOf({ path, mtimeMs, files, folders }: Folder): FolderRow {
  return { folder: path, mtimeMs: mtimeMs ?? 0, files, folders: folders.size };
}
