// A journal that is turned off: what it must know of the changes of this process it keeps in memory, and nothing on disk.
import type { Change, Image, ImageEncoding, JournalLine, Reviewed, WorkspaceJournal } from "./change.ts";
import type * as z from "zod";
import { hashOf } from "./blobs.ts";
import { JournalState } from "./state.ts";

/** Beyond that the oldest bytes are forgotten. */
const maxBytes = 64 * 1024 * 1024;

export class MemoryJournal implements WorkspaceJournal {
  readonly cwd: string;
  readonly #state = new JournalState();
  /** The one that was kept last stands last. */
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #listeners = new Set<() => void>();
  #size = 0;

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  async changes(): Promise<readonly Change[]> {
    return this.#state.changes();
  }

  async baselines(): Promise<ReadonlyMap<string, Reviewed>> {
    return this.#state.baselines();
  }

  async bytesOf(image: Image): Promise<Uint8Array | null> {
    return image.kind === "file" ? (this.#bytes.get(image.hash) ?? null) : null;
  }

  async keep(
    bytes: Uint8Array,
    { mode, encoding }: { mode: number | null; encoding: z.infer<typeof ImageEncoding> },
  ): Promise<Image> {
    const hash = hashOf(bytes);
    if (!this.#bytes.has(hash)) {
      this.#bytes.set(hash, bytes);
      this.#size += bytes.length;
    }
    for (const [oldest, { length }] of this.#bytes) {
      if (this.#size <= maxBytes) break;
      this.#bytes.delete(oldest);
      this.#size -= length;
    }
    return { kind: "file", hash, size: bytes.length, mode, encoding };
  }

  async append(...lines: readonly JournalLine[]): Promise<void> {
    for (const line of lines) this.#state.apply(line);
    for (const listener of this.#listeners) listener();
  }

  /** There is nothing that could not be written down here. */
  leave(): void {}

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
