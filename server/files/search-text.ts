// Finds lines in the files below a folder as the user sees them: unsaved buffers win over the disk, ignored files and
// binary ones are left out, hidden ones are not. With ripgrep where there is one, else by walking.
import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import { isInside } from "../util/inside.ts";
import type { Permits } from "./open-regular.ts";
import type { UnsavedBuffer } from "./document-view.ts";
import { isLeftOut } from "./list-files.ts";
import type { Ripgrep } from "./ripgrep.ts";
import { leftOutNames, scopeOf } from "./search-scope.ts";
import { searchByWalking } from "./search-by-walking.ts";
import { searchWithRipgrep } from "./search-with-ripgrep.ts";

export interface SearchRequest {
  /** A real path: a folder, or one file. */
  readonly root: string;
  /** Real folders that the model's commands may write to: no program that lies there is run. */
  readonly roots: readonly string[];
  readonly pattern: Pattern;
  /** About paths relative to the root; null: all files. */
  readonly glob: string | null;
  readonly signal: AbortSignal;
  /** Asked with real paths. */
  readonly permits: Permits;
  readonly maxHits: number;
  /** Searched in the place of these files, like unsaved buffers, which they win over. */
  readonly instead?: readonly UnsavedBuffer[];
}

/** Of one line: nothing matches across line ends. */
export interface Pattern {
  readonly text: string;
  readonly isRegex: boolean;
  readonly ignoresCase: boolean;
}

export interface Hit {
  /** Real and absolute. */
  readonly path: string;
  /** Counted from 1; null in a line too long to tell. */
  readonly line: number | null;
  /** The line, or what is around the match of a long one. */
  readonly text: string;
}

export type SearchResult =
  | {
      readonly kind: "hits";
      /** The first by path and line. */
      readonly hits: readonly Hit[];
      /** How many lines were found. */
      readonly total: number;
      /** Null: these are all. Else why there may be more. */
      readonly more: "too many" | "too long" | null;
    }
  /** With cause and cure. */
  | { readonly kind: "failed"; readonly message: string };

/** What an engine is asked: `text` instead of what is on disk, if it is not null. */
export interface EngineRequest extends SearchRequest {
  readonly text: string | null;
  /** Called for each; false when it wants no more. */
  onHit(hit: Hit): boolean;
}

/** Null when all was searched. "stopped" by `onHit` or the signal. */
export type EngineEnd = null | "stopped" | { readonly problem: string };

/** Resolves with `unusable` when ripgrep could not be run, and then has found nothing. */
export type Engine = (request: EngineRequest) => Promise<EngineEnd | "unusable">;

/** Must not throw. */
export async function searchText(
  request: SearchRequest,
  { ripgrep, unsaved }: { ripgrep: Ripgrep | null; unsaved: readonly UnsavedBuffer[] },
): Promise<SearchResult> {
  if (ripgrep !== null) {
    const result = await searchWith((asked) => searchWithRipgrep(ripgrep, asked), request, unsaved);
    if (result !== "unusable") return result;
  }
  const result = await searchWith(searchByWalking, request, unsaved);
  return result === "unusable" ? { kind: "failed", message: "the search could not be made" } : result;
}

/** Beyond so many nobody counts. */
const maxCounted = 10_000;
const maxMs = 20_000;

async function searchWith(
  engine: Engine,
  request: SearchRequest,
  unsaved: readonly UnsavedBuffer[],
): Promise<SearchResult | "unusable"> {
  const hits: Hit[] = [];
  const { root, permits } = request;
  const replaced = new Set(unsaved.map(({ realPath }) => realPath));
  const late = AbortSignal.timeout(maxMs);
  const signal = AbortSignal.any([request.signal, late]);
  const take = (hit: Hit) => {
    if (permits(hit.path)) hits.push(hit);
    return hits.length < maxCounted;
  };
  const searches = (await searched(unsaved, request)).map(({ realPath, text }) => ({
    text,
    onHit: (hit: Hit) => take({ ...hit, path: realPath }),
  }));
  const onDisk = { text: null, onHit: (hit: Hit) => replaced.has(hit.path) || take(hit) };
  for (const search of replaced.has(root) ? searches : [...searches, onDisk]) {
    const end = await engine({ ...request, signal, ...search });
    if (end === "unusable") return end;
    if (end !== null && end !== "stopped") return { kind: "failed", message: end.problem };
  }
  const more = late.aborted ? "too long" : hits.length >= maxCounted ? "too many" : null;
  const best = hits.toSorted(byPlace).slice(0, request.maxHits);
  return { kind: "hits", hits: await stillThere(best, replaced), total: hits.length, more };
}

/** Those that would be searched if they were on disk. */
async function searched(
  unsaved: readonly UnsavedBuffer[],
  { root, permits, glob }: SearchRequest,
): Promise<UnsavedBuffer[]> {
  const inScope = scopeOf(root, glob);
  const wanted = unsaved.map(async (buffer): Promise<UnsavedBuffer[]> => {
    const { realPath: path } = buffer;
    if (!isInside(root, path) || !permits(path) || !inScope(path)) return [];
    if (path === root) return [buffer];
    const isPart = !relative(root, path)
      .split(sep)
      .some((name) => leftOutNames.has(name));
    return isPart && !(await isLeftOut(root, path)) ? [buffer] : [];
  });
  return (await Promise.all(wanted)).flat();
}

/** Without what was read through a link that a command put in a folder's place meanwhile. */
async function stillThere(hits: readonly Hit[], unsaved: ReadonlySet<string>): Promise<Hit[]> {
  const onDisk = new Set(hits.map(({ path }) => path).filter((path) => !unsaved.has(path)));
  const places = [...onDisk].map(async (path) => [path, await realpath(path).catch(() => null)] as const);
  const moved = new Set((await Promise.all(places)).flatMap(([path, place]) => (place === path ? [] : [path])));
  return hits.filter(({ path }) => !moved.has(path));
}

function byPlace(a: Hit, b: Hit): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return (a.line ?? Infinity) - (b.line ?? Infinity);
}
