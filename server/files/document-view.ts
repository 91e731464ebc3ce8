// What the agent reads is what the user sees: open buffers, unsaved changes included, win over the disk.
import { readlink, realpath, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { DidChangeParams } from "../protocol/editor.ts";
import type { Position } from "../protocol/apply-edit.ts";
import { type Permits, readTextFile } from "./disk-read.ts";
import type { FileView } from "./patch-plan.ts";
import { realTarget } from "./paths.ts";

interface Buffer {
  version: number;
  text: string;
}

export class DocumentView {
  /** By path, because two spellings of a URI can name one file. */
  readonly #buffers = new Map<string, Buffer>();

  open({ uri, version, text }: { uri: string; version: number; text: string }): void {
    const path = pathOf(uri);
    if (path !== null) this.#buffers.set(path, { version, text });
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
    }
    buffer.version = textDocument.version;
  }

  close(uri: string): void {
    const path = pathOf(uri);
    if (path !== null) this.#buffers.delete(path);
  }

  /** The editor is gone: only the disk is left. */
  clear(): void {
    this.#buffers.clear();
  }

  /** `permits` is about the disk: a buffer is what the editor gave for this very path. */
  async read(path: string, permits?: Permits): Promise<FileView> {
    const buffer = this.#buffers.get(path);
    if (buffer !== undefined)
      return { kind: "text", text: buffer.text, encoding: "utf8", version: buffer.version, dirty: false };
    return readTextFile(path, permits);
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
}

/** Null for what is not a file on this machine, such as an untitled buffer. */
export function pathOf(uri: string): string | null {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : null;
  } catch {
    // A file URI with a host: not on this machine.
    return null;
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
