// Edits of the server, applied through the editor: open buffers, undo and unsaved text are respected. All or nothing.
import { basename } from "node:path";
import * as vscode from "vscode";
import {
  ApplyEditParams,
  type ApplyEditResult,
  type DocumentChange,
  type Range,
} from "../server/protocol/apply-edit.ts";
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
  const { expected, edit, realPaths = {} } = parsed.data;
  const problem = (await openAll(Object.keys(expected))) ?? (await findOccupied(edit.documentChanges));
  if (problem !== null) return refuse(problem);

  // Nothing may be awaited from here to applyEdit: a document could change in between.
  const stale = findChanged(expected) ?? findOtherVersion(edit.documentChanges);
  if (stale !== null) return refuse(stale);
  const moved = findMoved(realPaths);
  if (moved !== null) {
    return refuse(
      `${nameOf(moved)} is not where the change was approved for: a link on its way leads elsewhere now. Nothing was changed; look at the folder again.`,
    );
  }
  const dirty = new Set(vscode.workspace.textDocuments.filter((document) => document.isDirty).map(keyOf));
  const isApplied = await vscode.workspace.applyEdit(toWorkspaceEdit(edit.documentChanges));
  if (!isApplied) {
    return refuse(
      "VS Code did not apply the edit; a file in it was changed or closed at that moment. Read the files again and retry.",
    );
  }
  await saveClean(edit.documentChanges, dirty, realPaths, log);
  return { applied: true };
}

function refuse(failureReason: string): ApplyEditResult {
  return { applied: false, failureReason };
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
    if (target === null || leaving.has(target) || !(await exists(target))) continue;
    return `${nameOf(target)} exists already. Nothing was changed; read it first, or choose another name.`;
  }
  return null;
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

function toWorkspaceEdit(changes: readonly DocumentChange[]): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  for (const change of changes) {
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

function toRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Saves what only this edit made dirty, so that commands see it on disk. What the user had unsaved stays unsaved. */
async function saveClean(
  changes: readonly DocumentChange[],
  dirty: ReadonlySet<string>,
  realPaths: Readonly<Record<string, string>>,
  log: vscode.LogOutputChannel,
) {
  const renames = changes.flatMap((change) => ("kind" in change && change.kind === "rename" ? [change] : []));
  const edited = changes.flatMap((change) => ("kind" in change ? [] : [change.textDocument.uri]));
  for (const uri of edited) {
    const rename = renames.find(({ oldUri, newUri }) => oldUri === uri || newUri === uri);
    const document = findOpen(rename?.newUri ?? uri);
    const before = vscode.Uri.parse(rename?.oldUri ?? uri).toString();
    if (document === undefined || !document.isDirty || dirty.has(before)) continue;
    const place = realPaths[rename?.newUri ?? uri];
    // Text is written when it is saved, so the way is looked at once more.
    const isMoved = place !== undefined && findMoved({ [rename?.newUri ?? uri]: place }) !== null;
    if (!isMoved && (await document.save())) continue;
    log.warn(`${uri} was edited but could not be saved.`);
    void vscode.window.showWarningMessage(
      `Belay changed ${basename(document.fileName)} but VS Code could not save it. Save it yourself, or undo the change.`,
    );
  }
}
