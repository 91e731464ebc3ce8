// Makes files what an undo says they are to be. Texts go the way of a patch, through the editor where it has them; bytes,
// links, permissions and files that come back go to the disk. Both are one change: what fails takes the other back.
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import { type FileWrite, writeFilesAtomically } from "../../files/disk.ts";
import { errorText } from "../../files/disk-read.ts";
import { encode } from "../../files/encoding.ts";
import { turnsOf } from "../../files/name-turns.ts";
import { type FilePlan, planTexts, type TextChange } from "../../files/patch-plan.ts";
import type { WrittenFile } from "../../files/written-file.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { ChangeSource, FileChange, Image, WorkspaceJournal } from "../change.ts";
import { contentOf, keyOf } from "../content.ts";
import { removeEmptied } from "../folders.ts";
import type { Beside, SourceOf } from "../write-change.ts";
import { atATime } from "./pending.ts";
import type { OpenFiles } from "./present.ts";
import { clearFolders, concernsLink, isBelowAny, putLink } from "./put-link.ts";
import { readImage } from "../settle.ts";
import { leaves, leftBy, placeOf, type Restoration } from "./undo-plan.ts";

/** `files`: what became of those that were written as texts. */
export type Written =
  | { readonly ok: true; readonly files: readonly WrittenFile[] }
  | { readonly ok: false; readonly message: string };

export interface GoalDeps {
  readonly journal: WorkspaceJournal;
  readonly files: OpenFiles;
  /** Writes a plan, and what is beside it, at once; in the journal as one change of each source. Must not throw. */
  write(source: ChangeSource | SourceOf, plan: readonly FilePlan[], limits: WhereTo): Promise<Written>;
  newId(): string;
  now(): number;
}

export interface WhereTo {
  /** Where each path must lead. */
  readonly realPaths: ReadonlyMap<string, string>;
  readonly beside?: Beside | undefined;
}

/** All or nothing. Must not throw. */
export async function writeGoals(
  restorations: readonly Restoration[],
  source: ChangeSource | SourceOf,
  deps: GoalDeps,
): Promise<Written> {
  try {
    const moved = await findMovedPlace(restorations, deps.files);
    if (moved !== null)
      return refused(`${moved} is reached through a link that was not there before. Remove the link and try again`);
    const texts: TextChange[] = [];
    const rest: Restoration[] = [];
    const looked = await inParallel(restorations, atATime, async (each) => ({ each, text: await asText(each, deps) }));
    const inTurn = takingTurns(restorations);
    for (const { each, text } of looked) {
      if (text === null || inTurn.has(each)) rest.push(each);
      else texts.push(text);
    }
    const plan = planTexts(texts);
    if (plan.length + rest.length === 0) return { ok: true, files: [] };
    const dirty = rest.find(({ now }) => now.isDirty);
    if (dirty !== undefined)
      return refused(`${dirty.path} has unsaved changes in the editor. Save it or close it first`);
    const beside = rest.length === 0 ? undefined : await besideOf(rest, deps.journal);
    const written = await deps.write(source, plan, { realPaths: placesOf(plan), beside });
    const of = sourcesOf(restorations, source).flatMap((each) => each.of);
    if (written.ok) await removeEmptied(await foldersOf(of, deps.journal), [...leftBy(restorations)]);
    return written;
  } catch (error) {
    return refused(errorText(error));
  }
}

/** A file that comes where a folder is now, or the other way round, and what goes for it: one step on the disk. */
function takingTurns(restorations: readonly Restoration[]): ReadonlySet<Restoration> {
  const turns = turnsOf(restorations, (each) => ({
    leaves: leaves(each),
    comes: isLeaving(each) ? null : placeOf(each),
  }));
  return new Set(turns.flatMap(({ first, next }) => [first, next]));
}

/** Changes are kept under real paths: a place that leads elsewhere by now is another one. */
async function findMovedPlace(restorations: readonly Restoration[], files: OpenFiles): Promise<string | null> {
  const left = leftBy(restorations);
  for (const restoration of restorations) {
    const { path } = restoration;
    if (concernsLink(restoration)) {
      // The link itself is what is put back: only its folder must not lead elsewhere.
      if ((await files.realTarget(dirname(path))) !== dirname(path)) return path;
      continue;
    }
    for (const place of new Set([path, placeOf(restoration)])) {
      // What goes first, maybe a link, leaves nothing that leads elsewhere.
      if (isBelowAny(place, left)) continue;
      if ((await files.realTarget(place)) !== place) return place;
    }
  }
  return null;
}

function isLeaving({ goal }: Restoration): boolean {
  return goal.kind === "missing";
}

/** Null: not to be written as a text. */
async function asText({ path, movedTo, now, goal }: Restoration, deps: GoalDeps): Promise<TextChange | null> {
  if (now.image.kind !== "file" || now.content.kind !== "text") return null;
  if (goal.kind === "image" && (goal.image.kind === "link" || isOtherMode(goal.image, now.image))) return null;
  const view = await deps.files.read(path);
  if (view.kind !== "text") return null;
  const { text: before, ...rest } = view;
  const shared = { ...rest, path, before, movePath: movedTo };
  if (goal.kind === "missing") return { ...shared, after: null };
  const text = goal.kind === "text" ? goal.text : await textOf(goal.image, now.content.encoding, deps);
  // An editor keeps the mark of a file to itself.
  const isOpen = view.version !== null && !before.startsWith("\uFEFF");
  return text === null ? null : { ...shared, after: isOpen ? text.replace(/^\uFEFF/, "") : text };
}

/** Null when it is no text, or not one of that encoding. */
async function textOf(image: Image, encoding: string, { journal }: GoalDeps): Promise<string | null> {
  const content = await contentOf(journal, image);
  return content.kind === "text" && content.encoding === encoding ? content.text : null;
}

function isOtherMode(a: Image, b: Image): boolean {
  return a.kind === "file" && b.kind === "file" && a.mode !== null && b.mode !== null && a.mode !== b.mode;
}

function placesOf(plan: readonly FilePlan[]): Map<string, string> {
  const paths = plan.flatMap(({ path, change }) =>
    change.kind === "update" && change.movePath !== null ? [path, change.movePath] : [path],
  );
  return new Map(paths.map((path) => [path, path]));
}

function sourcesOf(restorations: readonly Restoration[], source: ChangeSource | SourceOf): ChangeSource[] {
  if (typeof source !== "function") return [source];
  return [...new Set(restorations.map(({ path }) => source(path)))];
}

/** Made by the changes that are taken back. */
async function foldersOf(of: readonly string[], journal: WorkspaceJournal): Promise<Set<string>> {
  const wanted = new Set(of);
  const changes = (await journal.changes()).filter(({ id }) => wanted.has(id));
  return new Set(changes.flatMap(({ folders }) => folders ?? []));
}

/** What goes to the disk alone. Rejects when a file is not what was looked at. */
async function besideOf(restorations: readonly Restoration[], journal: WorkspaceJournal): Promise<Beside> {
  const files = (await inParallel(restorations, atATime, (each) => changesOf(each, journal))).flat();
  const undo: (() => Promise<void>)[] = [];
  const takeBack = async () => {
    const problems: string[] = [];
    for (const step of undo.splice(0).toReversed())
      await step().catch((error: unknown) => problems.push(errorText(error)));
    return problems.length === 0 ? null : `Not all is as before: ${problems.join("; ")}.`;
  };
  return {
    files,
    takeBack,
    async write() {
      const result = await writeEach(restorations, journal, undo).catch((error: unknown) => refused(errorText(error)));
      if (result.ok) return result;
      const left = await takeBack();
      const message = left === null ? result.message : `${result.message} ${left}`;
      return { ok: false, message, isStale: false, isUnknown: left !== null };
    },
    written: () => inParallel(files, atATime, async (file) => ({ ...file, after: (await readImage(file.path)).image })),
  };
}

async function writeEach(
  restorations: readonly Restoration[],
  journal: WorkspaceJournal,
  undo: (() => Promise<void>)[],
): Promise<Refused | { readonly ok: true }> {
  const writes: FileWrite[] = [];
  for (const restoration of restorations.filter((each) => !concernsLink(each))) {
    const write = await diskWrite(restoration, journal);
    if (write === null) return refused(`the earlier content of ${restoration.path} is not kept any more`);
    writes.push(write);
  }
  const links = restorations.filter(concernsLink);
  // They may lie in a folder that stands where a file is to be, and others come where one stands.
  const coming = new Set(restorations.flatMap((each) => (isLeaving(each) ? [] : [placeOf(each)])));
  const problem = await attempt(async () => {
    for (const link of links.filter(isLeaving)) {
      await putLink(link, journal, undo);
      await clearFolders(link.path, coming, undo);
    }
  });
  if (problem !== null) return problem;
  const approved = new Set(restorations.flatMap((each) => [each.path, placeOf(each)]));
  const result = await writeFilesAtomically(writes, { permits: (realPath) => approved.has(realPath) });
  if (!result.ok) return result;
  undo.push(async () => {
    const left = await result.takeBack();
    if (left !== null) throw new Error(left);
  });
  const failed = await attempt(async () => {
    for (const link of links) if (!isLeaving(link)) await putLink(link, journal, undo);
    for (const restoration of restorations) if (!concernsLink(restoration)) await setMode(restoration, undo);
  });
  return failed ?? { ok: true };
}

async function attempt(work: () => Promise<void>): Promise<Refused | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return refused(errorText(error));
  }
}

async function diskWrite(
  { path, movedTo, now, goal }: Restoration,
  journal: WorkspaceJournal,
): Promise<FileWrite | null> {
  const isThere = now.image.kind === "file";
  const beforeHash = now.image.kind === "file" ? now.image.hash : null;
  if (goal.kind === "missing") return { path, change: { kind: "delete" }, after: null, beforeHash };
  const change = isThere ? ({ kind: "update", movePath: movedTo } as const) : ({ kind: "add" } as const);
  if (goal.kind === "text") return { path, change, after: goal.text, encoding: goal.encoding, beforeHash };
  const after = await journal.bytesOf(goal.image);
  return after === null ? null : { path, change, after, beforeHash };
}

async function setMode(restoration: Restoration, undo: (() => Promise<void>)[]): Promise<void> {
  const { goal } = restoration;
  const mode = goal.kind === "image" && goal.image.kind === "file" ? goal.image.mode : null;
  if (mode === null) return;
  const place = placeOf(restoration);
  const before = (await fs.stat(place)).mode & 0o7777;
  if (before === mode) return;
  await fs.chmod(place, mode);
  undo.push(() => fs.chmod(place, before));
}

/** What the journal is told, with the file as it is kept before. */
async function changesOf({ path, movedTo, now, goal }: Restoration, journal: WorkspaceJournal): Promise<FileChange[]> {
  const before = await kept(path, now.image, journal);
  const after = await goalImage(goal, journal);
  if (movedTo === null) return [{ path, before, after, movedFrom: null }];
  const missing: Image = { kind: "missing" };
  return [
    { path, before, after: missing, movedFrom: null },
    { path: movedTo, before: missing, after, movedFrom: path },
  ];
}

/** Rejects when the file is not what was looked at. */
async function kept(path: string, image: Image, journal: WorkspaceJournal): Promise<Image> {
  if (image.kind !== "file") return image;
  const { image: found, bytes } = await readImage(path);
  if (bytes === null || keyOf(found) !== keyOf(image)) throw new Error(`${path} was changed meanwhile`);
  return journal.keep(bytes, { mode: image.mode, encoding: image.encoding });
}

async function goalImage(goal: Restoration["goal"], journal: WorkspaceJournal): Promise<Image> {
  if (goal.kind === "missing") return goal;
  if (goal.kind === "image") return goal.image;
  const bytes = encode(goal.text, goal.encoding);
  if (bytes === null) throw new Error("the text cannot be spelled in its encoding");
  return journal.keep(bytes, { mode: null, encoding: goal.encoding });
}

type Refused = Extract<Written, { ok: false }>;

function refused(message: string): Refused {
  return { ok: false, message: `${message.replace(/\.$/, "")}. Nothing was changed.` };
}
