// Finds files by a few letters. The list is read from the disk once for each search, and searched in slices so that
// nobody else waits for it.
import { resolve } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import type { FileMatch } from "../protocol/file-search.ts";
import type { Turnstile } from "../util/turnstile.ts";
import { type Candidate, parseQuery, type Scored, scorePath } from "./fuzzy-match.ts";
import { listFiles } from "./list-files.ts";

interface Listed extends Candidate {
  readonly root: string;
}

/** How much is done at a time; the rest waits. */
export interface SearchTurnstiles {
  readonly walks: Turnstile;
  readonly searches: Turnstile;
}

/** The files below some roots, as far as they are known by now. */
export class FileList {
  readonly #turnstiles: SearchTurnstiles;
  #entries: Listed[] = [];
  readonly #stop = new AbortController();
  /** Resolves when all are known, or the list was stopped. */
  readonly complete: Promise<void>;
  isComplete = false;

  /** `base`: what relative roots are relative to. */
  constructor(roots: readonly string[], base: string, turnstiles: SearchTurnstiles) {
    this.#turnstiles = turnstiles;
    this.complete = this.#list(new Map(roots.map((root) => [resolve(base, root), root])));
  }

  /** What was listed is forgotten. */
  stop(): void {
    this.#stop.abort();
    this.#entries = [];
  }

  /** Among those known when its turn comes. Empty when the signal is aborted, and for an empty query. */
  async search(query: string, signal: AbortSignal): Promise<FileMatch[]> {
    if (query === "") return [];
    using place = await this.#turnstiles.searches.enter(signal);
    return place === null ? [] : this.#best(query, signal);
  }

  async #list(roots: ReadonlyMap<string, string>): Promise<void> {
    const { signal } = this.#stop;
    using place = await this.#turnstiles.walks.enter(signal);
    if (place === null) return;
    // What lies below two roots belongs to the inner one.
    const options = { signal, closed: new Set(roots.keys()) };
    const walks = [...roots].map(([path, root]) =>
      listFiles(path, (entry) => signal.aborted || this.#entries.push({ ...entry, root }), options),
    );
    await Promise.all(walks);
    this.isComplete = true;
  }

  async #best(query: string, signal: AbortSignal): Promise<FileMatch[]> {
    const parsed = parseQuery(query);
    const best: Found[] = [];
    let sliceEnd = performance.now() + sliceMs;
    for (let at = 0, { length } = this.#entries; at < length; at++) {
      const entry = this.#entries[at];
      const scored = entry && scorePath(entry, parsed);
      if (scored) keep(best, { entry, scored });
      if (at % 64 === 63 && performance.now() > sliceEnd) {
        await nextTick();
        if (signal.aborted) return [];
        sliceEnd = performance.now() + sliceMs;
      }
    }
    return best.toSorted(byScore).map(toMatch);
  }
}

const sliceMs = 10;
const maxMatches = 50;

interface Found {
  readonly entry: Listed;
  readonly scored: Scored;
}

/** `best` stays sorted and short. */
function keep(best: Found[], found: Found): void {
  const last = best.at(-1);
  if (best.length === maxMatches && last !== undefined && compare(found, last) >= 0) return;
  let [low, high] = [0, best.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = best[middle];
    if (there !== undefined && compare(there, found) < 0) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, found);
  if (best.length > maxMatches) best.pop();
}

/** Who is kept: among equals the shorter ones, as in the original. */
function compare(a: Found, b: Found): number {
  if (a.scored.score !== b.scored.score) return b.scored.score - a.scored.score;
  return a.entry.path.length - b.entry.path.length || byScore(a, b);
}

/** In which order they are shown. */
function byScore(a: Found, b: Found): number {
  if (a.scored.score !== b.scored.score) return b.scored.score - a.scored.score;
  if (a.entry.path !== b.entry.path) return a.entry.path < b.entry.path ? -1 : 1;
  return a.entry.root < b.entry.root ? -1 : 1;
}

function toMatch({ entry, scored }: Found): FileMatch {
  const { root, path, nameStart, isDirectory } = entry;
  return {
    root,
    path,
    match_type: isDirectory ? "directory" : "file",
    file_name: path.slice(nameStart),
    score: scored.score,
    indices: [...scored.indices],
  };
}
