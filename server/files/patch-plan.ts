// Turns a parsed patch into exactly what will be shown, judged, approved and written: one frozen plan. Pure; what the
// files hold now is asked of `read`, which knows the editor's buffers and the disk.
import { createHash } from "node:crypto";
import { matchChunks } from "./patch-match.ts";
import { deepFreeze, type FilePatch, type Patch } from "./patch-parser.ts";
import { resolveInside } from "./paths.ts";
import { applyEdits, type LineEdit } from "./text-lines.ts";
import { unifiedHunks } from "./unified-diff.ts";

/** What a file holds now. `refused` says why it cannot be edited, with the cure. */
export type FileView =
  | {
      readonly kind: "text";
      readonly text: string;
      /** The editor's version of the buffer; null when the text is from disk. */
      readonly version: number | null;
      /** The buffer has changes that are not on disk. */
      readonly dirty: boolean;
    }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly reason: string };

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
  readonly version: number | null;
  readonly dirty: boolean;
  /** SHA-256 (hex) of `before` in UTF-8. */
  readonly beforeHash: string | null;
  /** As the protocol has it: new text for add, old text for delete, unified hunks without file header for update. */
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
export async function planPatch(patch: Patch, options: PlanOptions): Promise<PlanResult> {
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
  return sha256(JSON.stringify(plan, (_key, value: unknown) => sortedKeys(value)));
}

type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };
type TextView = Extract<FileView, { kind: "text" }>;

async function planFile(file: FilePatch, options: PlanOptions): Promise<Step<FilePlan>> {
  const resolved = resolveInside(options.cwd, file.path);
  if (!resolved.ok) return fail(`Cannot change a file: ${resolved.message}.`);
  const { path } = resolved;
  const view = await options.read(path);
  if (view.kind === "refused") return fail(`Cannot change ${path}: ${view.reason}`);
  if (file.kind === "add") {
    const text = file.lines.map((line) => `${line}\n`).join("");
    return done(path, { kind: "add", text }, view.kind === "text" ? view : null);
  }
  if (view.kind === "missing") return fail(missingMessage(file.kind, path));
  if (file.kind === "delete") return done(path, { kind: "delete", before: view.text }, view);
  return planUpdate(file, path, view, options);
}

async function planUpdate(
  file: Extract<FilePatch, { kind: "update" }>,
  path: string,
  view: TextView,
  options: PlanOptions,
): Promise<Step<FilePlan>> {
  const target = await moveTarget(file.movePath, path, options);
  if (!target.ok) return target;
  const matched = matchChunks(path, view.text, file.chunks);
  if (!matched.ok) return matched;
  const after = applyEdits(view.text, matched.edits);
  const change = { kind: "update", before: view.text, after, edits: matched.edits, movePath: target.value } as const;
  return done(path, change, view);
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

function done(path: string, change: PlannedChange, view: TextView | null): Step<FilePlan> {
  const before = view?.text ?? null;
  const after = change.kind === "update" ? change.after : change.kind === "add" ? change.text : null;
  const hunks = unifiedHunks(before ?? "", after ?? "", { context: 3 });
  const diff = change.kind === "update" ? hunks.text : change.kind === "add" ? change.text : change.before;
  const { version, dirty } = view ?? { version: null, dirty: false };
  const beforeHash = before === null ? null : sha256(before);
  const { added, removed } = hunks;
  return { ok: true, value: { path, change, before, after, version, dirty, beforeHash, diff, added, removed } };
}

function sortedKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function fail(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
