// What the lines of a log amount to. Pure: one line after the other, in the order of the file.
import type { Change, FileChange, Image, JournalLine, Reviewed } from "./change.ts";

export interface Unsettled {
  readonly change: Change;
  /** The process that writes it; null when its line does not say. */
  readonly owner: string | null;
}

interface Entry extends Change {
  /** Its place among all lines. */
  readonly at: number;
  readonly owner: string | null;
}

export class JournalState {
  /** In the order of their first lines. */
  readonly #entries = new Map<string, Entry>();
  readonly #baselines = new Map<string, { baseline: Image | null; current: Image | null; at: number }>();
  #lines = 0;

  apply(line: JournalLine): void {
    const at = this.#lines++;
    switch (line.type) {
      case "journal":
        return;
      case "prepared":
        return this.#add(line, "prepared", { at, owner: line.owner ?? null });
      case "captured":
        return this.#add(line, "applied", { at, owner: null });
      case "proposed":
        return this.#add(line, "proposed", { at, owner: null });
      case "applied": {
        const entry = this.#entries.get(line.id);
        if (entry !== undefined) this.#entries.set(line.id, { ...entry, files: line.files, state: "applied" });
        return;
      }
      case "abandoned":
        this.#entries.delete(line.id);
        return;
      case "settled":
        return this.#settle(new Set(line.paths));
      case "reviewed": {
        const seen = line.behind === undefined ? undefined : this.#entries.get(line.behind);
        const place = seen === undefined ? at : seen.at + 0.5;
        this.#baselines.set(line.path, { baseline: line.baseline, current: line.current ?? null, at: place });
        return;
      }
      case "forgotten":
        for (const { id, source } of this.#entries.values()) {
          if (source.threadId === line.threadId) this.#entries.delete(id);
        }
        return;
      default:
        line satisfies never;
    }
  }

  changes(): Change[] {
    return [...this.#entries.values()].map(({ id, atMs, source, files, state, folders }) => ({
      ...{ id, atMs, source, files, state },
      ...(folders === undefined ? {} : { folders }),
    }));
  }

  baselines(): Map<string, Reviewed> {
    const entries = [...this.#entries.values()];
    return new Map(
      [...this.#baselines].map(([path, { baseline, current, at }]) => {
        const after = entries.findLast((entry) => entry.at < at)?.id ?? null;
        return [path, { baseline, current, after }];
      }),
    );
  }

  unsettled(): Unsettled[] {
    const prepared = [...this.#entries.values()].filter(({ state }) => state === "prepared");
    return prepared.map((entry) => ({ change: entry, owner: entry.owner }));
  }

  /** The fewest lines that amount to the same, without the first one. */
  lines(): JournalLine[] {
    const changes = [...this.#entries.values()].map((entry) => ({ at: entry.at, line: lineOf(entry) }));
    const reviewed = [...this.#baselines].map(([path, { baseline, current, at }]) => {
      return { at, line: { type: "reviewed" as const, path, baseline, current } };
    });
    return [...changes, ...reviewed].toSorted((a, b) => a.at - b.at).map(({ line }) => line);
  }

  #add(
    { id, atMs, source, files, folders }: Omit<Change, "state" | "folders"> & { folders?: string[] | undefined },
    state: Change["state"],
    { at, owner }: { at: number; owner: string | null },
  ): void {
    const made = folders === undefined ? {} : { folders };
    this.#entries.set(id, { id, atMs, source, files, ...made, state, at, owner });
  }

  #settle(paths: ReadonlySet<string>): void {
    for (const entry of this.#entries.values()) {
      if (entry.state !== "proposed") continue;
      const files = entry.files.filter(({ path }) => !paths.has(path));
      if (files.length === 0) this.#entries.delete(entry.id);
      else this.#entries.set(entry.id, { ...entry, files });
    }
  }
}

/** Every hash that a line names. */
export function hashesIn(line: JournalLine): string[] {
  return imagesIn(line).flatMap((image) => (image.kind === "file" ? [image.hash] : []));
}

function imagesIn(line: JournalLine): Image[] {
  if ("files" in line) return line.files.flatMap(({ before, after }: FileChange) => [before, after]);
  return line.type === "reviewed" ? [line.baseline, line.current].flatMap((image) => image ?? []) : [];
}

function lineOf({ id, atMs, source, files, folders, state, owner }: Entry): JournalLine {
  const made = folders === undefined ? {} : { folders: [...folders] };
  const change = { id, atMs, source, files: [...files], ...made };
  if (state === "applied") return { type: "captured", ...change };
  if (state === "proposed") return { type: "proposed", ...change };
  return { type: "prepared", ...change, ...(owner === null ? {} : { owner }) };
}
