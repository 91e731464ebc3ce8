// What is in files now, as the person sees it: an editor's unsaved text over the disk.
import { lstat } from "node:fs/promises";
import { encode } from "../../files/encoding.ts";
import type { FileView } from "../../files/patch-plan.ts";
import type { Image, WorkspaceJournal } from "../change.ts";
import { type Content, contentOfBytes, keyOf } from "../content.ts";
import { linkAbove } from "../links.ts";
import { imageOf, readImage } from "../settle.ts";

/** Editor and disk, as files/document-view.ts has them. */
export interface OpenFiles {
  read(path: string): Promise<FileView>;
  isDirty(path: string): Promise<boolean>;
  /** Rejects when where the path leads cannot be known. */
  realTarget(path: string): Promise<string>;
}

export interface Present {
  /** As its bytes are on disk, or would be if the editor saved them. */
  readonly image: Image;
  readonly content: Content;
  /** It is open with text that the disk does not have. */
  readonly isDirty: boolean;
  /** A link in the place of one of its folders: at its own path there is nothing then. */
  readonly behind?: string;
}

export class PresentFiles {
  readonly #files: OpenFiles;
  readonly #journal: WorkspaceJournal;
  /** By path, what was read last, and the stamp the file had then. Texts are not kept. */
  readonly #read = new Map<string, { readonly stamp: string; readonly image: Image }>();

  /** By path, the hash of what was last seen on the disk. */
  readonly #seen = new Map<string, string>();

  constructor(files: OpenFiles, journal: WorkspaceJournal) {
    this.#files = files;
    this.#journal = journal;
  }

  /** Its image alone, which is known where the file was not touched since the last look. `linkOf`: of one look at many. */
  async image(path: string, linkOf: (path: string) => Promise<string | null> = linkAbove): Promise<Image> {
    if ((await linkOf(path)) !== null) return missing;
    const stamp = await stampOf(path);
    const known = this.#read.get(path);
    const isKnown = known !== undefined && known.stamp === stamp && !(await this.#files.isDirty(path));
    return isKnown ? known.image : (await this.read(path)).image;
  }

  /** Must not throw: what cannot be read is an image that says why. */
  async read(path: string): Promise<Present> {
    const stamp = await stampOf(path);
    const isDirty = await this.#files.isDirty(path);
    const found = isDirty ? null : await readImage(path);
    const behind = found === null || found.image.kind === "missing" ? await linkAbove(path) : null;
    if (behind !== null) return { ...presentOf({ image: missing, bytes: null }), behind, isDirty };
    if (found === null) return this.#unsaved(path);
    const present = presentOf(found);
    if (present.image.kind === "file") remember(this.#seen, path, present.image.hash);
    this.#read.delete(path);
    if (stamp !== null && isOld(stamp)) remember(this.#read, path, { stamp, image: present.image });
    return present;
  }

  async #unsaved(path: string): Promise<Present> {
    const [view, { image, bytes }] = await Promise.all([this.#files.read(path), readImage(path)]);
    if (view.kind === "missing") return presentOf({ image: missing, bytes: null });
    if (view.kind === "refused") {
      const unknown: Image = { kind: "notCaptured", reason: view.reason, hash: null };
      return { ...presentOf({ image: unknown, bytes: null }), isDirty: true };
    }
    // An editor keeps the mark of a file to itself.
    const hasMark = bytes !== null && hasByteOrderMark(bytes);
    const text = hasMark && !view.text.startsWith("\uFEFF") ? `\uFEFF${view.text}` : view.text;
    const encoding = image.kind === "file" && image.encoding !== "binary" ? image.encoding : view.encoding;
    const saved = encode(text, encoding) ?? Buffer.from(text);
    const mode = image.kind === "file" ? image.mode : null;
    const inEditor = imageOf(saved, { mode });
    if (image.kind === "missing" && (await this.#wasOnDisk(path, inEditor))) return presentOf({ image, bytes: null });
    return { image: inEditor, content: { kind: "text", text, encoding }, isDirty: true };
  }

  /** A file that was deleted stays in its tab: what had been on the disk is not what the person has yet to save. */
  async #wasOnDisk(path: string, image: Image): Promise<boolean> {
    const hash = keyOf(image);
    if (this.#seen.get(path) === hash) return true;
    const files = (await this.#journal.changes()).flatMap((change) => (change.state === "applied" ? change.files : []));
    return files.some((file) => file.path === path && [file.before, file.after].some((each) => keyOf(each) === hash));
  }
}

const missing: Image = { kind: "missing" };
const maxKnown = 20_000;

function remember<T>(known: Map<string, T>, path: string, what: T): void {
  known.delete(path);
  known.set(path, what);
  if (known.size > maxKnown) known.delete(known.keys().next().value ?? "");
}

/** A stamp this young may stand for two texts: the clock of a disk is coarse. */
const youngMs = 2_000;

function presentOf({ image, bytes }: { image: Image; bytes: Uint8Array | null }): Present {
  if (image.kind === "missing") return { image, content: { kind: "missing" }, isDirty: false };
  const other: Content = { kind: "other", key: keyOf(image) };
  const isText = bytes !== null && image.kind === "file" && image.encoding !== "binary";
  return { image, content: isText ? contentOfBytes(bytes, other) : other, isDirty: false };
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  const content = contentOfBytes(bytes.subarray(0, 4), { kind: "missing" });
  return content.kind === "text" && content.text.startsWith("\uFEFF");
}

async function stampOf(path: string): Promise<string | null> {
  try {
    const { mtimeMs, ctimeMs, size, ino, mode } = await lstat(path);
    return `${Math.max(mtimeMs, ctimeMs)} ${size} ${ino} ${mode}`;
  } catch {
    // Nothing is there, or nothing to be looked at: reading it says which.
    return null;
  }
}

function isOld(stamp: string): boolean {
  return Date.now() - Number(stamp.split(" ")[0]) > youngMs;
}
