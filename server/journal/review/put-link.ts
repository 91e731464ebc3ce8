// Puts back what is a link on one side at least: links themselves, never where they lead.
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { removeFolders, type Undo } from "../../files/disk-commit.ts";
import { temporaryBeside } from "../../files/replace-file.ts";
import type { Image, WorkspaceJournal } from "../change.ts";
import { keyOf } from "../content.ts";
import { readImage } from "../settle.ts";
import type { Restoration } from "./undo-plan.ts";

export function concernsLink({ now, goal }: Restoration): boolean {
  return now.image.kind === "link" || (goal.kind === "image" && goal.image.kind === "link");
}

/** `undo` gets how to take it back. Rejects with a sentence. */
export async function putLink(
  { path, now, goal }: Restoration,
  journal: WorkspaceJournal,
  undo: (() => Promise<void>)[],
): Promise<void> {
  await expectAt(path, now.image);
  if (goal.kind === "text") throw new Error(`${path} is a link now`);
  const wanted: Image = goal.kind === "missing" ? goal : goal.image;
  await removeFolder(path, undo);
  await put(path, wanted, journal);
  undo.push(async () => {
    await expectAt(path, wanted);
    await put(path, now.image, journal);
  });
}

/** Folders that a link has left empty, where a file is to come in the place of one around them. */
export async function clearFolders(
  link: string,
  coming: ReadonlySet<string>,
  undo: (() => Promise<void>)[],
): Promise<void> {
  for (let folder = dirname(link); isBelowAny(folder, coming); folder = dirname(folder)) {
    const { mode } = await fs.stat(folder);
    const isGone = await fs.rmdir(folder).then(
      () => true,
      // There is more in it, which goes in its turn, or stays and is named.
      () => false,
    );
    if (!isGone) return;
    const place = folder;
    undo.push(async () => {
      await fs.mkdir(place);
      await fs.chmod(place, mode & 0o7777);
    });
  }
}

export function isBelowAny(path: string, places: ReadonlySet<string>): boolean {
  const parent = dirname(path);
  return parent !== path && (places.has(parent) || isBelowAny(parent, places));
}

/** One that the files before it have left empty. */
async function removeFolder(path: string, undo: (() => Promise<void>)[]): Promise<void> {
  const found = await fs.lstat(path).catch(() => null);
  if (!found?.isDirectory()) return;
  const steps: Undo[] = [];
  try {
    await removeFolders(path, steps);
  } finally {
    undo.push(...steps.map(({ run }) => run));
  }
}

async function expectAt(path: string, image: Image): Promise<void> {
  if (keyOf((await readImage(path)).image) !== keyOf(image)) throw new Error(`${path} was changed meanwhile`);
}

async function put(path: string, image: Image, journal: WorkspaceJournal): Promise<void> {
  if (image.kind === "missing") return fs.unlink(path);
  if (image.kind === "notCaptured") throw new Error(`${path} was not kept: ${image.reason}`);
  const temporary = temporaryBeside(path);
  await fs.mkdir(dirname(path), { recursive: true });
  try {
    if (image.kind === "link") await fs.symlink(image.target, temporary);
    else await writeSynced(temporary, path, image, journal);
    // In the place of a link, not of what it leads to.
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

async function writeSynced(
  temporary: string,
  path: string,
  image: Extract<Image, { kind: "file" }>,
  journal: WorkspaceJournal,
): Promise<void> {
  const bytes = await journal.bytesOf(image);
  if (bytes === null) throw new Error(`the earlier content of ${path} is not kept any more`);
  const handle = await fs.open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.chmod(image.mode ?? 0o644);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
