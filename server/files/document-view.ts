// What the agent reads is what the user sees: open buffers, unsaved changes included, win over the disk.
import { readlink, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DidChangeParams } from "../protocol/editor.ts";
import type { Position } from "../protocol/apply-edit.ts";
import { isInside } from "../util/inside.ts";
import { readRegularFile, readTextFile } from "./disk-read.ts";
import type { Permits } from "./open-regular.ts";
import type { FileView } from "./patch-plan.ts";
import { realTarget } from "./paths.ts";
import { type FilePart, type LineRange, readPart } from "./read-part.ts";
import { compare, type Comparison } from "./unsaved.ts";

interface Buffer {
  /** As the editor spells it. */
  readonly path: string;
  version: number;
  text: string;
  /** Changed since it was opened or saved. */
  isTouched: boolean;
  /** Where the path leads; the path itself when that cannot be known. */
  real: Promise<string>;
  /** The last comparison with the disk, and what was compared. */
  compared: { readonly version: number; readonly stamp: string; readonly standing: Standing } | null;
}

/** How a buffer stands to the disk. */
type Standing = Omit<Comparison, "isSame"> & { readonly isDirty: boolean };

/** A buffer that is not as on disk. */
export interface UnsavedBuffer {
  /** Below the folder that was asked about, in its spelling. */
  readonly path: string;
  readonly realPath: string;
  readonly text: string;
}

export class DocumentView {
  /** By path, because two spellings of a URI can name one file. */
  readonly #buffers = new Map<string, Buffer>();
  /** By path, the number of its last save. Numbers only grow. */
  readonly #saves = new Map<string, number>();
  #lastSave = 0;

  open({ uri, version, text }: { uri: string; version: number; text: string }): void {
    const path = pathOf(uri);
    if (path === null) return;
    this.#buffers.set(path, { path, version, text, isTouched: false, real: realPathOf(path), compared: null });
  }

  change({ textDocument, contentChanges }: DidChangeParams): void {
    const path = pathOf(textDocument.uri);
    const buffer = path === null ? undefined : this.#buffers.get(path);
    if (buffer === undefined) return;
    for (const { range, text } of contentChanges) {
      if (range === undefined) buffer.text = text;
      else {
        const start = offsetAt(buffer.text, range.start);
        const end = offsetAt(buffer.text, range.end);
        buffer.text = buffer.text.slice(0, start) + text + buffer.text.slice(end);
      }
      buffer.isTouched = true;
    }
    buffer.version = textDocument.version;
  }

  saved(uri: string): void {
    const path = pathOf(uri);
    if (path === null) return;
    // Behind all others, so that the oldest is the first to be forgotten.
    this.#saves.delete(path);
    this.#saves.set(path, ++this.#lastSave);
    for (const oldest of this.#saves.keys()) {
      if (this.#saves.size <= maxSaves) break;
      this.#saves.delete(oldest);
    }
    const buffer = this.#buffers.get(path);
    if (buffer === undefined) return;
    buffer.isTouched = false;
    // It may have been nowhere before.
    buffer.real = realPathOf(path);
  }

  close(uri: string): void {
    const path = pathOf(uri);
    if (path !== null) this.#buffers.delete(path);
  }

  /** The editor is gone: only the disk is left. */
  clear(): void {
    this.#buffers.clear();
  }

  /** To be handed to `savesSince` later. */
  saveMark(): number {
    return this.#lastSave;
  }

  /** The paths, as the editor spells them, that were saved in it since the mark was taken; of very many the last ones. */
  savesSince(mark: number): string[] {
    return [...this.#saves].flatMap(([path, save]) => (save > mark ? [path] : []));
  }

  /**
   * `permits` is about the disk: a buffer is what the editor gave for this very path. One of another spelling counts where
   * `permits` lets its real path pass.
   */
  async read(path: string, permits: Permits = () => true): Promise<FileView> {
    const buffer = await this.#find(path, permits);
    if (buffer === undefined) return readTextFile(path, permits);
    const { text, version } = buffer;
    const { isDirty, encoding, hasLost, isMixed } = await standingOf(buffer);
    if (hasLost) return { kind: "refused", reason: lost };
    const isForeign = encoding !== null && encoding !== "utf8";
    // Its bytes are on disk as the editor shows them: they are edited there, where each is kept.
    if ((isForeign || isMixed) && !isDirty) return readTextFile(path, permits);
    if (encoding === "bytes") return { kind: "refused", reason: unsavedForeign };
    return { kind: "text", text, encoding: "utf8", version, dirty: isDirty };
  }

  /** Of a file that `read` refuses: lines of one that is too large, or what it is. Null when there is nothing to add. */
  async readPart(path: string, range: LineRange, permits: Permits): Promise<FilePart | null> {
    return (await this.#find(path, permits)) === undefined ? readPart(path, range, permits) : null;
  }

  /** The path under which the editor has the file open, which may be another spelling; null when it has not. */
  async openPath(path: string): Promise<string | null> {
    return (await this.#find(path, () => true))?.path ?? null;
  }

  /** Whether the editor has it open with other text than is on disk. */
  async isDirty(path: string): Promise<boolean> {
    const buffer = await this.#find(path, () => true);
    return buffer !== undefined && (await standingOf(buffer)).isDirty;
  }

  /** Paths below `root`, spelled as `root` is, that the editor has open with other text than is on disk. */
  async unsaved(root: string): Promise<string[]> {
    return (await this.unsavedBuffers(root)).map(({ path }) => path);
  }

  /** The same with their text. Costs nothing without open buffers. */
  async unsavedBuffers(root: string): Promise<UnsavedBuffer[]> {
    if (this.#buffers.size === 0) return [];
    const realRoot = await realPathOf(root);
    const found = [...this.#buffers.values()].map(async (buffer): Promise<UnsavedBuffer[]> => {
      const { text } = buffer;
      const realPath = await buffer.real;
      const path = placeBelow({ root, realRoot }, { path: buffer.path, real: realPath });
      return path !== null && (await standingOf(buffer)).isDirty ? [{ path, realPath, text }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /** The real path of a folder; null when none is there, or it cannot be reached. */
  async realFolder(path: string): Promise<string | null> {
    try {
      const real = await realpath(path);
      return (await stat(real)).isDirectory() ? real : null;
    } catch {
      // Not there, no access, a loop of links, or no path at all: nobody can work in it.
      return null;
    }
  }

  /** Rejects when where the path leads cannot be known. */
  realTarget(path: string): Promise<string> {
    return realTarget(path, { realpath, readlink });
  }

  async #find(path: string, permits: Permits): Promise<Buffer | undefined> {
    const exact = this.#buffers.get(path);
    if (exact !== undefined || this.#buffers.size === 0) return exact;
    const real = await realPathOf(path);
    const others = [...this.#buffers.values()];
    const reals = await Promise.all(others.map((buffer) => buffer.real));
    const same = others.filter((_, at) => reals[at] === real);
    return permits(real) ? (same.find(({ isTouched }) => isTouched) ?? same[0]) : undefined;
  }
}

/** Null for what is not a file on this machine, such as an untitled buffer, or one of another revision. */
export function pathOf(uri: string): string | null {
  try {
    return uri.startsWith("file:") && !/[?#]/.test(uri) ? fileURLToPath(uri) : null;
  } catch {
    // A file URI with a host, or one that is spelled wrongly: not on this machine.
    return null;
  }
}

const maxSaves = 10_000;
const lost =
  "it is not UTF-8, and the editor shows it as if it were, with � for what it does not understand. " +
  "Ask the user to reopen it with its encoding, or to close it.";

const unsavedForeign =
  "it is not UTF-8, and has unsaved changes in the editor. Ask the user to save it; then it can be read and edited.";

/** A stamp this young may stand for two texts: the clock of a disk is coarse. */
const youngMs = 2_000;

async function standingOf(buffer: Buffer): Promise<Standing> {
  const { path, version, text, isTouched, compared } = buffer;
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    const stamp = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    if (compared?.version === version && compared.stamp === stamp) return compared.standing;
    const file = await readRegularFile(path);
    const { isSame, ...more } = file.ok ? compare(text, file.bytes) : incomparable;
    // What cannot be compared is as the editor opened or saved it, unless somebody typed.
    const standing = { ...more, isDirty: isSame === null ? isTouched : !isSame };
    const isOld = Date.now() - Math.max(mtimeMs, ctimeMs) > youngMs;
    if (isOld && isSame !== null) buffer.compared = { version, stamp, standing };
    return standing;
  } catch {
    // Nothing is there, or nothing that can be read: what the editor has is there only.
    return { ...incomparable, isDirty: true };
  }
}

const incomparable = { isSame: null, encoding: null, hasLost: false, isMixed: false } as const;

/** Where a buffer lies below the root, in the root's spelling; null when it does not. */
function placeBelow(
  { root, realRoot }: { root: string; realRoot: string },
  buffer: { path: string; real: string },
): string | null {
  if (isInside(root, buffer.path)) return buffer.path;
  return isInside(realRoot, buffer.real) ? join(root, relative(realRoot, buffer.real)) : null;
}

/** A file that is not there yet has the real path of its folder. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realTarget(path, { realpath, readlink });
  } catch {
    // No access or a loop of links: then a spelling is only itself.
    return path;
  }
}

function offsetAt(text: string, { line, character }: Position): number {
  let start = 0;
  for (let at = 0; at < line; at++) {
    const feed = text.indexOf("\n", start);
    if (feed === -1) return text.length;
    start = feed + 1;
  }
  const feed = text.indexOf("\n", start);
  const end = feed === -1 ? text.length : feed;
  return Math.min(start + character, end);
}
