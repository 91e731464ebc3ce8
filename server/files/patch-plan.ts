// Turns a parsed patch into exactly what will be shown, judged, approved and written: one frozen plan. Pure; what the
// files hold now is asked of `read`, which knows the editor's buffers and the disk.
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { inParallel } from "../util/in-parallel.ts";
import { type Encoding, encode, hashOf } from "./encoding.ts";
import { matchChunks } from "./patch-match.ts";
import { type Chunk, deepFreeze, type FilePatch, type Patch } from "./patch-parser.ts";
import { resolveInside } from "./paths.ts";
import { applyEdits, type LineEdit, TextLines } from "./text-lines.ts";
import { hunksOf, lineEdits, type UnifiedDiff, unifiedHunks } from "./unified-diff.ts";

/** What a file holds now. `refused` says why it cannot be edited, with the cure. */
export type FileView =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly encoding: Encoding;
      /** The editor's version of the buffer; null when the text is from disk. */
      readonly version: number | null;
      /** The buffer has changes that are not on disk. */
      readonly dirty: boolean;
    }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly reason: string /** It is one. */; readonly isFolder?: true };

export type PlannedChange =
  /** Also for a file that exists: its whole text is then replaced. */
  | { readonly kind: "add"; readonly text: string }
  | { readonly kind: "delete"; readonly before: string }
  | {
      readonly kind: "update";
      readonly before: string;
      readonly after: string;
      /** Sorted, not overlapping, minimal. Empty for a pure rename. */
      readonly edits: readonly LineEdit[];
      /** Absolute. Nothing is there yet. */
      readonly movePath: string | null;
    };

export interface FilePlan {
  /** Absolute and normalised, symbolic links not followed. */
  readonly path: string;
  readonly change: PlannedChange;
  /** Null when the file is not there yet. */
  readonly before: string | null;
  /** Null when the file is deleted. */
  readonly after: string | null;
  /** Of both texts on disk: a change of a file never changes its encoding. */
  readonly encoding: Encoding;
  readonly version: number | null;
  readonly dirty: boolean;
  /** SHA-256 (hex) of `before` as its bytes are on disk; null when the file is not there yet. */
  readonly beforeHash: string | null;
  /** As the protocol has it: text of a new file, old text for delete, unified hunks without file header for all else. */
  readonly diff: string;
  readonly added: number;
  readonly removed: number;
}

export type PlanResult =
  | { readonly ok: true; readonly plan: readonly FilePlan[] }
  | { readonly ok: false; readonly message: string };

export interface PlanOptions {
  readonly cwd: string;
  read(path: string): Promise<FileView>;
  /** What is there is not for the model to know: whatever does not fit there is answered with one constant sentence. */
  isHidden?(path: string): boolean;
}

/** The paths that a patch names, absolute; those that cannot be resolved are left out. Reads nothing. */
export function pathsOf(patch: Patch, cwd: string): string[] {
  return patch.flatMap((file) => {
    const spelled = file.kind === "update" && file.movePath !== null ? [file.path, file.movePath] : [file.path];
    return spelled.flatMap((path) => {
      const resolved = resolveInside(cwd, path);
      return resolved.ok ? [resolved.path] : [];
    });
  });
}

/** All or nothing: one file that does not fit fails the plan. */
export async function planPatch(patch: Patch, given: PlanOptions): Promise<PlanResult> {
  const options = await withViews(patch, given);
  const plan: FilePlan[] = [];
  const seen = new Set<string>();
  for (const file of patch) {
    const planned = await planFile(file, options);
    if (!planned.ok) {
      const hidden = pathsOf([file], options.cwd).find((path) => options.isHidden?.(path));
      return hidden === undefined ? planned : fail(hiddenMessage(hidden));
    }
    const { path, change } = planned.value;
    for (const named of change.kind === "update" && change.movePath !== null ? [path, change.movePath] : [path]) {
      if (seen.has(named)) return fail(`${named} is named twice: put all changes to a file in one section.`);
      seen.add(named);
    }
    plan.push(planned.value);
  }
  return { ok: true, plan: deepFreeze(plan) };
}

/** Identifies a plan to the last byte: an approval is bound to it. */
export function planHash(plan: readonly FilePlan[]): string {
  return sha256(JSON.stringify(plan, (_key, value: unknown) => shortened(sortedKeys(value))));
}

/** What one file is to become, from text to text. */
export interface TextChange {
  /** Absolute. */
  readonly path: string;
  /** Null: it is not there, and is created. */
  readonly before: string | null;
  /** Null: it is deleted. */
  readonly after: string | null;
  /** Absolute; where an existing file goes, with or without another text. */
  readonly movePath?: string | null;
  /** How the file is, or is to be, on disk. */
  readonly encoding: Encoding;
  /** As in `FileView`; null and false for a text from disk. */
  readonly version: number | null;
  readonly dirty: boolean;
}

/**
 * The same plan that a patch would give: minimal line edits, hunks, counts and hashes, frozen. What changes nothing is
 * left out. Throws RangeError for a `before` that `encoding` cannot spell; such an `after` is refused by the write.
 */
export function planTexts(changes: readonly TextChange[]): FilePlan[] {
  const plan = changes.flatMap(({ path, before, after, movePath = null, ...view }) => {
    const target = movePath === path ? null : movePath;
    if (before === after && (before === null || target === null)) return [];
    return [filePlan(path, changeBetween(before, after, target), { ...view, text: before })];
  });
  return deepFreeze(plan);
}

function changeBetween(before: string | null, after: string | null, movePath: string | null): PlannedChange {
  if (before === null) return { kind: "add", text: after ?? "" };
  if (after === null) return { kind: "delete", before };
  return { kind: "update", before, after, edits: lineEdits(before, after), movePath };
}

type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };
type TextView = Extract<FileView, { kind: "text" }>;

/** Reads all files side by side; the plan is then made of them in the order of the patch. */
async function withViews(patch: Patch, options: PlanOptions): Promise<PlanOptions> {
  const paths = [...new Set(pathsOf(patch, options.cwd))];
  const views = await inParallel(paths, readsAtATime, async (path) => [path, await options.read(path)] as const);
  const folders = new Set(leftBy(patch, options.cwd).flatMap(foldersAbove));
  // What the patch takes out of a folder leaves its name to a file; the write sees whether there is more in it.
  const isLeft = ([path, view]: readonly [string, FileView]) => "isFolder" in view && folders.has(path);
  const known = new Map(views.map((each) => (isLeft(each) ? ([each[0], { kind: "missing" }] as const) : each)));
  return { ...options, read: async (path) => known.get(path) ?? options.read(path) };
}

const readsAtATime = 16;

/** Where the patch leaves nothing. */
function leftBy(patch: Patch, cwd: string): string[] {
  return patch.flatMap((file) => {
    const isLeft = file.kind === "delete" || (file.kind === "update" && file.movePath !== null);
    return isLeft ? pathsOf([file], cwd).slice(0, 1) : [];
  });
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [folder, ...foldersAbove(folder)];
}

async function planFile(file: FilePatch, options: PlanOptions): Promise<Step<FilePlan>> {
  const resolved = resolveInside(options.cwd, file.path);
  if (!resolved.ok) return fail(`Cannot change a file: ${resolved.message}.`);
  const { path } = resolved;
  const view = await options.read(path);
  if (view.kind === "refused") return fail(`Cannot change ${path}: ${view.reason}`);
  if (file.kind === "add") {
    return planAdd(file.lines, path, view.kind === "text" ? view : null);
  }
  if (view.kind === "missing") return fail(missingMessage(file.kind, path));
  if (file.kind === "delete") return done(path, { kind: "delete", before: view.text }, view);
  return planUpdate(file, path, view, options);
}

/** A file that is there keeps its encoding, its byte order mark and its line ends: only its lines are replaced. */
function planAdd(lines: readonly string[], path: string, view: TextView | null): Step<FilePlan> {
  const mark = view?.text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const end = view !== null && /\r\n/.test(view.text) && !/(?<!\r)\n/.test(view.text) ? "\r\n" : "\n";
  const text = mark + lines.map((line) => line + end).join("");
  if (!isSpelled(lines, text, view)) return fail(unspelled(path, view));
  return done(path, { kind: "add", text }, view);
}

async function planUpdate(
  file: Extract<FilePatch, { kind: "update" }>,
  path: string,
  view: TextView,
  options: PlanOptions,
): Promise<Step<FilePlan>> {
  const target = await moveTarget(file.movePath, path, options);
  if (!target.ok) return target;
  const lines = new TextLines(view.text);
  const edited = editAll(path, lines, file.chunks);
  if (!edited.ok) return edited;
  const { after, edits } = edited.value;
  if (!isSpelled(insertedLines(lines, edits), after, view)) return fail(unspelled(path, view));
  return done(path, { kind: "update", before: view.text, after, edits, movePath: target.value }, view, lines);
}

/** Section after section: each is about the text that those before it have made. */
function editAll(
  path: string,
  before: TextLines,
  chunks: readonly Chunk[],
): Step<{ after: string; edits: readonly LineEdit[] }> {
  let now = before;
  for (let start = 0; ; ) {
    const next = chunks.findIndex(({ startsOver }, index) => startsOver && index > start);
    const matched = matchChunks(path, now, chunks.slice(start, next === -1 ? chunks.length : next));
    if (!matched.ok) return matched;
    const after = applyEdits(now, matched.edits);
    if (next === -1) {
      const edits = start === 0 ? matched.edits : lineEdits(before.source, after);
      return { ok: true, value: { after, edits } };
    }
    now = new TextLines(after);
    start = next;
  }
}

/** Without those that stand there already, and only get another end. */
function insertedLines(lines: TextLines, edits: readonly LineEdit[]): string[] {
  return edits.flatMap(({ startLine, deleteLines, insertLines }) => {
    const old = new Set(lines.texts(startLine, startLine + deleteLines));
    return insertLines.map((line) => line.replace(/\r?\n$/, "")).filter((line) => !old.has(line));
  });
}

function isSpelled(added: readonly string[], after: string, view: TextView | null): boolean {
  const encoding = view?.encoding ?? "utf8";
  // What such bytes mean is not known, so neither is what another character would be in them.
  if (encoding === "bytes" && added.some((line) => /[^\0-\x7f]/.test(line))) return false;
  return encode(after, encoding) !== null;
}

function unspelled(path: string, view: TextView | null): string {
  if (view?.encoding === "bytes") {
    return `Cannot change ${path}: it is not UTF-8, and what is not, takes only ASCII in added lines. Leave other characters out, or convert the file with a command first.`;
  }
  return `Cannot change ${path}: the new text has a NUL character or half a surrogate pair, which no text file holds. Leave it out.`;
}

async function moveTarget(spelled: string | null, from: string, options: PlanOptions): Promise<Step<string | null>> {
  if (spelled === null) return { ok: true, value: null };
  const resolved = resolveInside(options.cwd, spelled);
  if (!resolved.ok) return fail(`Cannot move ${from}: ${resolved.message}.`);
  const to = resolved.path;
  // On a file system that ignores case, a change of case alone finds the file itself. The write looks again.
  if (to !== from && to.toLowerCase() === from.toLowerCase()) return { ok: true, value: to };
  const view = await options.read(to);
  if (view.kind === "missing" || to === from) return { ok: true, value: to };
  return fail(
    `Cannot move ${from} to ${to}: there is a file already. Choose another name, or delete it in a patch before.`,
  );
}

/** The same whether the file is missing, is no text or has other lines. */
export function hiddenMessage(path: string): string {
  return `The patch does not fit ${path}, which is outside the workspace. Look at it with exec_command.`;
}

function missingMessage(kind: "update" | "delete", path: string): string {
  if (kind === "delete") return `Failed to delete ${path}: no such file.`;
  return `Failed to read file to update ${path}: no such file. Use "*** Add File:" to create it.`;
}

function done(path: string, change: PlannedChange, view: TextView | null, lines?: TextLines): Step<FilePlan> {
  return { ok: true, value: filePlan(path, change, view ?? { ...newFile, text: null }, lines) };
}

const newFile = { encoding: "utf8", version: null, dirty: false } as const;

/** `lines` are those of the text before, where they were made already. */
function filePlan(
  path: string,
  change: PlannedChange,
  view: Omit<TextView, "kind" | "text"> & { readonly text: string | null },
  lines?: TextLines,
): FilePlan {
  const { text: before, encoding, version, dirty } = view;
  const after = change.kind === "update" ? change.after : change.kind === "add" ? change.text : null;
  const hunks = hunksFor(change, before, lines);
  const isNew = change.kind === "add" && before === null;
  const diff = isNew ? change.text : change.kind === "delete" ? change.before : hunks.text;
  const beforeHash = before === null ? null : hashOf(before, encoding);
  const { added, removed } = hunks;
  return { path, change, before, after, encoding, version, dirty, beforeHash, diff, added, removed };
}

function hunksFor(change: PlannedChange, before: string | null, lines?: TextLines): UnifiedDiff {
  if (change.kind === "update" && lines?.bom === "") return hunksOf(lines, change.edits, { context });
  const after = change.kind === "update" ? change.after : change.kind === "add" ? change.text : "";
  return unifiedHunks(before ?? "", after, { context });
}

/** Unchanged lines around each hunk. */
const context = 3;

function sortedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A long text stands for itself by its hash: texts of many megabytes are in a plan several times. */
function shortened(value: unknown): unknown {
  return typeof value === "string" && value.length > maxHashedText ? { sha256: sha256(value) } : value;
}

const maxHashedText = 4096;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function fail(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
