// Lists a folder for who looks around in it: what is there and how large, what is ignored only by its name.
import type { Dirent } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import type { Permits } from "./open-regular.ts";
import { type IgnoreRules, isIgnored } from "./gitignore.ts";
import { rulesAbove, rulesOf } from "./list-files.ts";
import { errorText } from "./disk-read.ts";
import { leftOutNames } from "./search-scope.ts";

export interface ListRequest {
  /** A real path. */
  readonly folder: string;
  /** 1: only what is in the folder itself. */
  readonly depth: number;
  readonly maxEntries: number;
  /** Asked with real paths; what it refuses is not there. */
  readonly permits: Permits;
  readonly signal: AbortSignal;
}

export interface ListedEntry {
  /** Relative to the folder, "/" between names. */
  readonly path: string;
  readonly kind: "file" | "folder" | "link" | "other";
  /** In bytes, of a file. */
  readonly size: number | null;
  /** Of a link, as it is spelled. */
  readonly target: string | null;
  /** By ignore files, or version control's own: a folder like that is not looked into. */
  readonly isIgnored: boolean;
}

export type Listing =
  | {
      readonly kind: "entries";
      /** What is in a folder comes behind it. */
      readonly entries: readonly ListedEntry[];
      /** There is more. */
      readonly isCut: boolean;
    }
  | { readonly kind: "failed"; readonly message: string };

/** Must not throw. Near entries come before far ones when not all can be listed. Links are not followed. */
export async function listFolder({ folder, depth, maxEntries, permits, signal }: ListRequest): Promise<Listing> {
  const entries: ListedEntry[] = [];
  let isCut = false;
  let level: Folder[] = [{ path: folder, relative: "", above: null }];
  try {
    level = [{ path: folder, relative: "", above: await rulesAbove(folder) }];
    for (let left = depth; left > 0 && level.length > 0; left--) {
      const next: Folder[] = [];
      for (const at of level) {
        if (signal.aborted) return { kind: "entries", entries: entries.toSorted(byTree), isCut: true };
        const read = await readFolder(at, maxEntries - entries.length, permits).catch((error: unknown) => {
          // Only the folder that was asked for must be there.
          if (at.relative === "") throw error;
          return { entries: [], folders: [], isCut: false };
        });
        entries.push(...read.entries);
        next.push(...read.folders);
        isCut ||= read.isCut;
      }
      level = next;
    }
    return { kind: "entries", entries: entries.toSorted(byTree), isCut };
  } catch (error) {
    return { kind: "failed", message: `it cannot be listed (${errorText(error)}). Name a folder that is there.` };
  }
}

interface Folder {
  readonly path: string;
  readonly relative: string;
  readonly above: IgnoreRules | null;
}

async function readFolder(
  { path: folder, relative, above }: Folder,
  room: number,
  permits: Permits,
): Promise<{ entries: ListedEntry[]; folders: Folder[]; isCut: boolean }> {
  const found = (await fs.readdir(folder, { withFileTypes: true }))
    .filter(({ name }) => permits(join(folder, name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ignore = await rulesOf(folder, new Set(found.map(({ name }) => name)), above);
  const shown = found.slice(0, room);
  const entries = await Promise.all(
    shown.map(async (entry): Promise<ListedEntry> => {
      const path = join(folder, entry.name);
      const isOut = leftOutNames.has(entry.name) || isIgnored(path, entry.isDirectory(), ignore);
      const spelled = relative === "" ? entry.name : `${relative}/${entry.name}`;
      return { path: spelled, ...(await factsOf(entry, path)), isIgnored: isOut };
    }),
  );
  const folders = entries.flatMap(({ path, kind, isIgnored: isOut }, at): Folder[] => {
    const { name } = shown[at] ?? {};
    return kind !== "folder" || isOut || name === undefined
      ? []
      : [{ path: join(folder, name), relative: path, above: ignore }];
  });
  return { entries, folders, isCut: found.length > shown.length };
}

async function factsOf(entry: Dirent, path: string): Promise<Pick<ListedEntry, "kind" | "size" | "target">> {
  if (entry.isDirectory()) return { kind: "folder", size: null, target: null };
  if (entry.isSymbolicLink()) {
    return { kind: "link", size: null, target: await fs.readlink(path).catch(() => null) };
  }
  if (!entry.isFile()) return { kind: "other", size: null, target: null };
  const stat = await fs.lstat(path).catch(() => null);
  return { kind: "file", size: stat?.size ?? null, target: null };
}

function byTree(a: ListedEntry, b: ListedEntry): number {
  const [one, other] = [a.path.replaceAll("/", "\0"), b.path.replaceAll("/", "\0")];
  return one < other ? -1 : 1;
}
