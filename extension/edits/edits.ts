// Edits of the server, applied through the editor: open buffers, undo and unsaved text are respected. All or nothing.
import { readFileSync, statSync } from "node:fs";
import * as vscode from "vscode";
import {
  ApplyEditParams,
  type ApplyEditResult,
  type DocumentChange,
  type EditedFile,
  type Range,
} from "../../server/protocol/apply-edit.ts";
import { findMoved } from "./real-paths.ts";
import { textDigest } from "./text-digest.ts";

/** Never rejects: what cannot be done is said in `failureReason`, for the model and the person. */
export async function applyEdit(raw: unknown, log: vscode.LogOutputChannel): Promise<ApplyEditResult> {
  const parsed = ApplyEditParams.safeParse(raw);
  if (!parsed.success) return refuse(`The edit cannot be read: ${parsed.error.message}`);
  if (!vscode.workspace.isTrusted) {
    return refuse(
      "The workspace is not trusted, so Belay changes nothing in it. Trust it (Manage Workspace Trust) first.",
    );
  }
  const { expected, edit, realPaths = {}, after = {} } = parsed.data;
  const gone = await openAll(Object.keys(expected));
  if (gone !== null) return stale(gone);
  const occupied = await findOccupied(edit.documentChanges);
  if (occupied !== null) return refuse(occupied);

  // Nothing may be awaited from here to applyEdit: a document could change in between.
  const changed = findChanged(expected) ?? findOtherVersion(edit.documentChanges) ?? findBehind(Object.keys(expected));
  if (changed !== null) return stale(changed);
  const moved = findMoved(realPaths);
  if (moved !== null) {
    return refuse(
      `${nameOf(moved)} is not where the change was approved for: a link on its way leads elsewhere now. Nothing was changed; look at the folder again.`,
    );
  }
  const dirty = new Set(vscode.workspace.textDocuments.filter((document) => document.isDirty).map(keyOf));
  const isApplied = await vscode.workspace.applyEdit(toWorkspaceEdit(edit.documentChanges));
  if (!isApplied) {
    return stale(
      "VS Code did not apply the edit; a file in it was changed or closed at that moment. Read the files again and retry.",
    );
  }
  return { applied: true, files: await saveAll(edit.documentChanges, { dirty, realPaths, after, log }) };
}

function refuse(failureReason: string): ApplyEditResult {
  return { applied: false, failureReason };
}

/** To plan the change anew, from what the files are now, may help. */
function stale(failureReason: string): ApplyEditResult {
  return { applied: false, failureReason, isStale: true };
}

const keyOf = (document: vscode.TextDocument) => document.uri.toString();

function findOpen(uri: string): vscode.TextDocument | undefined {
  const key = vscode.Uri.parse(uri).toString();
  return vscode.workspace.textDocuments.find((document) => keyOf(document) === key);
}

function nameOf(uri: string): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}

async function openAll(uris: readonly string[]): Promise<string | null> {
  for (const uri of uris) {
    try {
      await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return `${nameOf(uri)} cannot be opened as text; it may have been deleted or be binary (${why}). Nothing was changed.`;
    }
  }
  return null;
}

/** A file that would be created or renamed onto must not be there; VS Code itself would skip it without a word. */
async function findOccupied(changes: readonly DocumentChange[]): Promise<string | null> {
  const leaving = new Set(changes.flatMap((change) => ("kind" in change ? leavingUri(change) : [])));
  for (const change of changes) {
    const target = targetOf(change);
    if (target === null || leaving.has(target) || !(await exists(target)) || isOwnName(change)) continue;
    return `${nameOf(target)} exists already. Nothing was changed; read it first, or choose another name.`;
  }
  return null;
}

/** Where names ignore case, a file that only changes the case of its own finds itself there. */
function isOwnName(change: DocumentChange): boolean {
  if (!("kind" in change) || change.kind !== "rename") return false;
  const [from, to] = [change.oldUri, change.newUri].map((uri) => vscode.Uri.parse(uri).fsPath);
  if (from === undefined || to === undefined || from.toLowerCase() !== to.toLowerCase()) return false;
  const [old, now] = [statSync(from), statSync(to)];
  return old.ino === now.ino && old.dev === now.dev;
}

function leavingUri(change: Extract<DocumentChange, { kind: string }>): string[] {
  if (change.kind === "delete") return [change.uri];
  return change.kind === "rename" ? [change.oldUri] : [];
}

function targetOf(change: DocumentChange): string | null {
  if (!("kind" in change)) return null;
  if (change.kind === "create") return change.options.overwrite ? null : change.uri;
  return change.kind === "rename" ? change.newUri : null;
}

async function exists(uri: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.parse(uri));
    return true;
  } catch {
    // Not there, which is what a new file needs; a folder that cannot be read fails when the edit is applied.
    return false;
  }
}

function findChanged(expected: Readonly<Record<string, string>>): string | null {
  for (const [uri, digest] of Object.entries(expected)) {
    const document = findOpen(uri);
    if (document !== undefined && textDigest(document.getText()) === digest) continue;
    return `${nameOf(uri)} was changed since Belay read it. Nothing was changed; read it again and repeat the edit on its new text.`;
  }
  return null;
}

function findOtherVersion(changes: readonly DocumentChange[]): string | null {
  for (const change of changes) {
    if ("kind" in change || change.textDocument.version === null) continue;
    const { uri, version } = change.textDocument;
    if (findOpen(uri)?.version === version) continue;
    return `${nameOf(uri)} was edited or closed in the editor meanwhile. Nothing was changed; read it again and repeat the edit.`;
  }
  return null;
}

/**
 * A file that was changed on disk a moment ago, before VS Code has noticed: saved over, that would be lost. Only for what
 * has nothing unsaved, and is UTF-8 for VS Code, too.
 */
function findBehind(uris: readonly string[]): string | null {
  for (const uri of uris) {
    const document = findOpen(uri);
    if (document === undefined || document.isDirty || !document.encoding.startsWith("utf8")) continue;
    const text = textOnDisk(document.uri.fsPath);
    if (text === null || textDigest(text) === textDigest(document.getText())) continue;
    return `${nameOf(uri)} was changed on disk since Belay read it. Nothing was changed; read it again and repeat the edit on its new text.`;
  }
  return null;
}

/** Null when it cannot be read: then the edit itself says so. */
function textOnDisk(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function toWorkspaceEdit(changes: readonly DocumentChange[]): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const change of inUndoOrder(changes)) {
    if (!("kind" in change)) {
      const uri = vscode.Uri.parse(change.textDocument.uri);
      for (const { range, newText } of change.edits) edit.replace(uri, toRange(range), newText);
      continue;
    }
    switch (change.kind) {
      case "create":
        edit.createFile(vscode.Uri.parse(change.uri), change.options);
        break;
      case "rename":
        edit.renameFile(vscode.Uri.parse(change.oldUri), vscode.Uri.parse(change.newUri), { overwrite: false });
        break;
      case "delete":
        edit.deleteFile(vscode.Uri.parse(change.uri), { ignoreIfNotExists: false, recursive: false });
        break;
      default:
        change satisfies never;
    }
  }
  return edit;
}

/**
 * New files first, then all texts together. One Ctrl+Z takes back texts that stand together as one step, but does nothing
 * where the last step is the text of a new file that is not open. What stands in the place of another stays behind it.
 */
function inUndoOrder(changes: readonly DocumentChange[]): DocumentChange[] {
  const leaving = new Set(changes.flatMap((change) => ("kind" in change ? leavingUri(change) : [])));
  const rank = (change: DocumentChange) => {
    if ("kind" in change) return change.kind === "create" ? 0 : 2;
    return 1;
  };
  const hasSuccessor = changes.some(
    (change) => "kind" in change && change.kind === "create" && isAtOrBelow(change.uri, leaving),
  );
  return hasSuccessor ? [...changes] : changes.toSorted((a, b) => rank(a) - rank(b));
}

/** Below a file that is deleted comes a folder of its name. */
function isAtOrBelow(uri: string, places: ReadonlySet<string>): boolean {
  return [...places].some((place) => uri === place || uri.startsWith(`${place}/`));
}

function toRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

interface Saving {
  /** What the person had unsaved before the edit. */
  readonly dirty: ReadonlySet<string>;
  readonly realPaths: Readonly<Record<string, string>>;
  /** The digest that each text should have by now. */
  readonly after: Readonly<Record<string, string>>;
  readonly log: vscode.LogOutputChannel;
}

/** Saves what only this edit made dirty, so that commands see it on disk. What the person had unsaved stays unsaved. */
async function saveAll(changes: readonly DocumentChange[], saving: Saving): Promise<EditedFile[]> {
  const renames = changes.flatMap((change) => ("kind" in change && change.kind === "rename" ? [change] : []));
  const edited = changes.flatMap((change) => ("kind" in change ? [] : [change.textDocument.uri]));
  const texts = new Set([...edited, ...renames.map(({ oldUri }) => oldUri)]);
  /** Whether it had been unsaved, by the place where it is now. */
  const places = new Map<string, boolean>();
  for (const uri of texts) {
    const rename = renames.find(({ oldUri, newUri }) => oldUri === uri || newUri === uri);
    const place = rename?.newUri ?? uri;
    const wasDirty = saving.dirty.has(vscode.Uri.parse(rename?.oldUri ?? uri).toString());
    if (!places.has(place)) places.set(place, wasDirty);
  }
  // All at once: VS Code opens a tab for what stays unsaved for most of a second.
  return Promise.all([...places].map(([place, wasDirty]) => save(place, wasDirty, saving)));
}

async function save(uri: string, wasDirty: boolean, { realPaths, after, log }: Saving): Promise<EditedFile> {
  const saveProblem = wasDirty ? null : await trySave(uri, realPaths);
  if (saveProblem !== null) {
    log.warn(`${uri} was edited but could not be saved: ${saveProblem}`);
    void vscode.window.showWarningMessage(
      `Belay changed ${nameOf(uri)} but VS Code could not save it. Save it yourself, or undo the change.`,
    );
  }
  const document = findOpen(uri);
  const text = document?.getText();
  return {
    uri,
    isSaved: document === undefined || !document.isDirty,
    ...(saveProblem === null ? {} : { saveProblem }),
    ...(text === undefined || after[uri] === undefined || textDigest(text) === after[uri] ? {} : { text }),
  };
}

/** Null when it is saved, or there is nothing to save. */
async function trySave(uri: string, realPaths: Readonly<Record<string, string>>): Promise<string | null> {
  const document = findOpen(uri);
  if (document === undefined || !document.isDirty) return null;
  // Text is written when it is saved, so the way is looked at once more.
  const place = realPaths[uri];
  if (place !== undefined && findMoved({ [uri]: place }) !== null) return "a link on its way leads elsewhere now";
  return (await document.save()) ? null : "VS Code did not save it; its window says why";
}
