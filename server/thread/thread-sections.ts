// The sections of threads, on disk: `BELAY_HOME/sections.json`, read again whenever it has changed, by whoever did. It
// stands beside the rollouts, so that a thread can be pinned that another process writes to, and apart from the index,
// which is derived: losing that loses no pin.
import { statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { ThreadSection } from "../protocol/thread-section.ts";
import { ownText, ownTextSync } from "../util/own-text.ts";
import type { OwnFiles } from "./rule-store.ts";
import { allSections, noSections, type Place, placeOf, SectionsFile } from "./section-places.ts";

/** As a thread shows it. */
export interface ShownPlace {
  section: ThreadSection | null;
  /** Unix seconds. */
  sectionEnteredAt: number | null;
}

interface ReadFile {
  version: string;
  file: SectionsFile;
  /** By id. */
  shown: Map<string, ThreadSection>;
}

export class ThreadSections {
  readonly #path: string;
  readonly #files: OwnFiles;
  readonly #onTrouble: (message: string) => void;
  #read: ReadFile | null = null;

  constructor(home: string, files: OwnFiles, onTrouble: (message: string) => void) {
    this.#path = join(home, "sections.json");
    this.#files = files;
    this.#onTrouble = onTrouble;
  }

  /** As the file stands now. Never throws: one that cannot be read has no sections, which is told once. */
  current(): SectionsFile {
    return this.#current().file;
  }

  /** Where a thread stands. Never throws. */
  placeOf(threadId: string): Place | null {
    return placeOf(this.current(), threadId);
  }

  shownPlaceOf(threadId: string): ShownPlace {
    const { file, shown } = this.#current();
    const place = placeOf(file, threadId);
    const section = place === null ? null : (shown.get(place.sectionId) ?? null);
    return { section, sectionEnteredAt: section === null ? null : (place?.enteredAt ?? null) };
  }

  /** Rejects with a sentence, or with what `change` throws; then nothing has changed. */
  async change(change: (now: SectionsFile) => SectionsFile): Promise<SectionsFile> {
    const lock = await this.#files.lock(this.#path);
    try {
      const before = await ownText(this.#path, MAX_FILE_BYTES);
      const now = before === null ? noSections : this.#parsed(before);
      const next = change(now);
      if (next === now) return now;
      const written = await this.#files.replace(this.#path, before, `${JSON.stringify(next, null, 2)}\n`);
      if (!written.ok) throw new Error(written.message);
      return next;
    } finally {
      lock.release();
    }
  }

  #current(): ReadFile {
    const version = versionOf(this.#path);
    if (this.#read?.version === version) return this.#read;
    const file = version === noFile ? noSections : this.#load();
    this.#read = { version, file, shown: new Map(allSections(file).map((section) => [section.id, section])) };
    return this.#read;
  }

  #load(): SectionsFile {
    try {
      const text = ownTextSync(this.#path, MAX_FILE_BYTES);
      // It went right now: then it has no sections, and nobody needs to hear of it.
      return text === null ? noSections : this.#parsed(text);
    } catch (error) {
      this.#onTrouble(messageOf(error));
      return noSections;
    }
  }

  #parsed(text: string): SectionsFile {
    try {
      return SectionsFile.parse(JSON.parse(text));
    } catch (cause) {
      const cure = "Repair it, or move it away to begin with no sections.";
      throw new Error(`${this.#path} cannot be read, so no thread is shown as pinned. ${cure}`, { cause });
    }
  }
}

/** So many threads nobody sorts by hand. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

const noFile = "none";

/** What differs when the file does. */
function versionOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return noFile;
  }
}
