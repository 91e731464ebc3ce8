// Folders that a change makes for its files, and that go again with them when the change is taken back.
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { isInside } from "../util/inside.ts";

/** Those that files at these places need and that are not there, outermost first. */
export async function missingFolders(places: readonly string[]): Promise<string[]> {
  const missing = new Set<string>();
  const there = new Set<string>();
  const look = async (folder: string): Promise<void> => {
    if (missing.has(folder) || there.has(folder)) return;
    if (dirname(folder) === folder || (await isThere(folder))) return void there.add(folder);
    await look(dirname(folder));
    missing.add(folder);
  };
  for (const place of places) await look(dirname(place));
  return [...missing];
}

/** Of the folders that were made, those that held one of these files and have nothing in them any more. Must not throw. */
export async function removeEmptied(made: ReadonlySet<string>, gone: readonly string[]): Promise<void> {
  const held = [...made].filter((folder) => gone.some((path) => isInside(folder, path)));
  // What lies deeper has the longer path. Who put something in it keeps it: that refuses to go.
  for (const folder of held.toSorted((a, b) => b.length - a.length)) await fs.rmdir(folder).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return fs.stat(path).then(
    // A file in its place goes before it comes.
    (stat) => stat.isDirectory(),
    () => false,
  );
}
