// The rows of the index file, a line each. Of a file's row, what says whether it has changed and what lists are ordered by
// is read at once, and the rest when it is shown: there are thousands of them.
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
const keysOfRow = /^\["([^"\\]*)",([^",]+),"([^"\\]*)",(\d+),([^",]+),(\d+),/;

export class FileRow implements FileFacts {
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly scannedTo: number;
  /** Of the thread; empty for a file that is no rollout. */
  readonly id: string;
  readonly createdAt: number;
  /** Text: as it was written, not read yet. */
  #shown: Shown | null | string;
  /** The text is what we wrote. */
  readonly #isSound: boolean;

  private constructor(
    { path, size, mtimeMs, scannedTo }: FileFacts,
    key: { id: string; createdAt: number },
    shown: { is: Shown | null | string; isSound: boolean },
  ) {
    this.path = path;
    this.size = size;
    this.mtimeMs = mtimeMs;
    this.scannedTo = scannedTo;
    this.id = key.id;
    this.createdAt = key.createdAt;
    this.#shown = shown.is;
    this.#isSound = shown.isSound;
  }

  static of(facts: FileFacts, shown: Shown | null): FileRow {
    const { id, createdAt } = shown?.meta ?? { id: "", createdAt: 0 };
    return new FileRow(facts, { id, createdAt }, { is: shown, isSound: true });
  }

  /** Null for a line that cannot be one. `isSound`: it is known to be as we wrote it. */
  static parse(line: string, { isSound }: { isSound: boolean }): FileRow | null {
    // Not taken apart by a pattern, which would go through it step by step.
    const found = keysOfRow.exec(line);
    if (found === null || !line.endsWith("]")) return null;
    const facts = {
      path: found[1] ?? "",
      size: Number(found[4]),
      mtimeMs: Number(found[5]),
      scannedTo: Number(found[6]),
    };
    const key = { id: found[3] ?? "", createdAt: Number(found[2]) };
    if (Number.isNaN(key.createdAt) || Number.isNaN(facts.mtimeMs)) return null;
    return new FileRow(facts, key, { is: line.slice(found[0].length, -1), isSound });
  }

  /** Null for a file that is no rollout, and for a row that was damaged. */
  get shown(): Shown | null {
    if (typeof this.#shown === "string") this.#shown = wholeShown(parseJson(this.#shown));
    return this.#shown;
  }

  /** False: the row was damaged, and the file must be looked at. */
  get isSound(): boolean {
    if (this.#isSound) return true;
    return this.id === (this.shown?.meta.id ?? "") && this.createdAt === (this.shown?.meta.createdAt ?? 0);
  }

  /** False: none of the texts in `shown` is this one. True: one may be. */
  mayShow(text: string): boolean {
    return typeof this.#shown !== "string" || this.#shown.includes(JSON.stringify(text));
  }

  at(path: string): FileRow {
    return new FileRow({ ...this.#facts, path }, this, { is: this.#shown, isSound: this.#isSound });
  }

  toLine(): string {
    const { path, id, size, mtimeMs, scannedTo } = this;
    const shown = typeof this.#shown === "string" ? this.#shown : JSON.stringify(this.#shown);
    const key = `${JSON.stringify(path)},${this.createdAt},${JSON.stringify(id)}`;
    return `[${key},${size},${mtimeMs},${scannedTo},${shown}]`;
  }

  get #facts(): Omit<FileFacts, "path"> {
    const { size, mtimeMs, scannedTo } = this;
    return { size, mtimeMs, scannedTo };
  }
}

/** By hand: only we write it, and a damaged one costs a look at the file. */
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
  const row = line.startsWith("[") ? FileRow.parse(line, { isSound: false }) : otherRow(line);
  if (row === null) return null;
  return isRolloutPlace("folder" in row ? row.folder : row.path) ? row : null;
}

function otherRow(line: string): GoneRow | FolderRow | null {
  const row = parseJson(line) as Partial<Record<keyof FolderRow | keyof GoneRow, unknown>> | null | undefined;
  const isCounted = [row?.mtimeMs, row?.files, row?.folders].every((each) => typeof each === "number");
  if (typeof row?.folder === "string" && isCounted) return row as FolderRow;
  return typeof row?.path === "string" && row.isGone === true ? { path: row.path, isGone: true } : null;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
