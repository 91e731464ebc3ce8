// The rows of the index file, a line each. Of a file's row, what lists are ordered by is read at once and the rest when
// it is shown: there are thousands of them at the first list of a process.
import { isRolloutPlace } from "./files.ts";
import type { FolderRow } from "./folders.ts";
import type { ThreadMetadata } from "./line.ts";
import type { ListedMeta, ListedSettings } from "./listed.ts";

/** What a list shows, as far as it is in the file. */
export interface Shown {
  meta: ListedMeta;
  metadata: ThreadMetadata;
  settings: ListedSettings;
}

/** A file as it was when it was looked at. */
export interface FileFacts {
  /** Relative to the home. */
  path: string;
  /** Less than it has when only its first line was read yet. */
  size: number;
  mtimeMs: number;
  /** Bytes of it that `shown` is made of. */
  scannedTo: number;
}

/** A file that is not there any more. */
export interface GoneRow {
  path: string;
  isGone: true;
}

export type IndexRow = FileRow | GoneRow | FolderRow;

// One expression takes half the time of looking for each comma. Names that JSON must escape are none of ours: such files
// are looked at by each process.
const keysOfRow = /^\["([^"\\]*)",([^",]+),"([^"\\]*)",/;

export class FileRow implements FileFacts {
  readonly path: string;
  /** Of the thread; empty for a file that is no rollout. */
  readonly id: string;
  readonly createdAt: number;
  /** Text: as it was written, not read yet. */
  #rest: Rest | string;

  private constructor(path: string, key: { id: string; createdAt: number }, rest: Rest | string) {
    this.path = path;
    this.id = key.id;
    this.createdAt = key.createdAt;
    this.#rest = rest;
  }

  static of({ path, ...seen }: FileFacts, shown: Shown | null): FileRow {
    const { id, createdAt } = shown?.meta ?? { id: "", createdAt: 0 };
    return new FileRow(path, { id, createdAt }, { seen, shown });
  }

  /** Null for a line that cannot be one. */
  static parse(line: string): FileRow | null {
    const [start, path, time, id] = keysOfRow.exec(line) ?? [];
    if (start === undefined || path === undefined || id === undefined || !line.endsWith("]")) return null;
    const createdAt = Number(time);
    if (Number.isNaN(createdAt)) return null;
    return new FileRow(path, { id, createdAt }, line.slice(start.length, -1));
  }

  get size(): number {
    return this.#read().seen.size;
  }

  get mtimeMs(): number {
    return this.#read().seen.mtimeMs;
  }

  get scannedTo(): number {
    return this.#read().seen.scannedTo;
  }

  /** Null for a file that is no rollout, and for a row that was damaged. */
  get shown(): Shown | null {
    return this.#read().shown;
  }

  /** False: the row was damaged, and the file must be looked at. */
  get isSound(): boolean {
    return this.id === (this.shown?.meta.id ?? "") && this.createdAt === (this.shown?.meta.createdAt ?? 0);
  }

  /** False: none of the texts in `shown` is this one. True: one may be. */
  mayShow(text: string): boolean {
    return typeof this.#rest !== "string" || this.#rest.includes(JSON.stringify(text));
  }

  at(path: string): FileRow {
    return new FileRow(path, this, this.#rest);
  }

  toLine(): string {
    const rest = typeof this.#rest === "string" ? this.#rest : restText(this.#rest);
    return `[${JSON.stringify(this.path)},${this.createdAt},${JSON.stringify(this.id)},${rest}]`;
  }

  #read(): Rest {
    if (typeof this.#rest === "string") this.#rest = parseRest(this.#rest);
    return this.#rest;
  }
}

interface Rest {
  seen: Omit<FileFacts, "path">;
  shown: Shown | null;
}

function restText({ seen: { size, mtimeMs, scannedTo }, shown }: Rest): string {
  return `${size},${mtimeMs},${scannedTo},${JSON.stringify(shown)}`;
}

/** By hand: only we write it, and a damaged one costs a look at the file. */
function parseRest(text: string): Rest {
  const [size, mtimeMs, scannedTo, shown] = (parseJson(`[${text}]`) ?? []) as unknown[];
  if (!isNumbers([size, mtimeMs, scannedTo])) return { seen: { size: -1, mtimeMs: 0, scannedTo: 0 }, shown: null };
  return { seen: { size, mtimeMs, scannedTo } as Rest["seen"], shown: wholeShown(shown) };
}

function wholeShown(value: unknown): Shown | null {
  const { meta, metadata, settings } = (value ?? {}) as { [K in keyof Shown]?: Partial<Shown[K]> | null };
  const texts = [meta?.id, meta?.preview, meta?.originator, meta?.source, meta?.cliVersion];
  const set = [settings?.cwd, settings?.model, settings?.modelProvider];
  const isWhole = [...texts, ...set].every((each) => typeof each === "string") && typeof meta?.createdAt === "number";
  return isWhole && metadata ? ({ meta, metadata, settings } as Shown) : null;
}

export function rowLine(row: IndexRow): string {
  return row instanceof FileRow ? row.toLine() : JSON.stringify(row);
}

/**
 * Null for a torn or damaged line: the file it was about is looked at again. Null for what is not below the folders of
 * rollouts either: whoever wrote that into the file would have us read, and tell of, files anywhere.
 */
export function parseRow(line: string): IndexRow | null {
  const row = line.startsWith("[") ? FileRow.parse(line) : otherRow(line);
  if (row === null) return null;
  return isRolloutPlace("folder" in row ? row.folder : row.path) ? row : null;
}

function otherRow(line: string): GoneRow | FolderRow | null {
  const row = parseJson(line) as Partial<Record<keyof FolderRow | keyof GoneRow, unknown>> | null | undefined;
  if (typeof row?.folder === "string" && isNumbers([row.mtimeMs, row.files, row.folders])) return row as FolderRow;
  return typeof row?.path === "string" && row.isGone === true ? { path: row.path, isGone: true } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNumbers(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "number");
}
