// The folder threads run in, and the sentences for windows in which Belay cannot work.
import * as vscode from "vscode";
import type { Folder } from "../server/protocol/panel.ts";

/** The local folders of the window, in its order. */
export function localFolders(): Folder[] {
  const local = vscode.workspace.workspaceFolders?.filter(({ uri }) => uri.scheme === "file") ?? [];
  return local.map(({ name, uri }) => ({ name, cwd: uri.fsPath }));
}

/** Where they are. */
export function openPaths(): string[] {
  return localFolders().map(({ cwd }) => cwd);
}

/** The first local folder of the window; null when there is none. */
export function findFolder(): Folder | null {
  return localFolders()[0] ?? null;
}

/** The one a new thread runs in: that of the file a person looks at, else the first. */
export function folderInUse(): Folder | null {
  const active = vscode.window.activeTextEditor?.document.uri;
  const around = active?.scheme === "file" ? vscode.workspace.getWorkspaceFolder(active) : undefined;
  return localFolders().find(({ cwd }) => cwd === around?.uri.fsPath) ?? findFolder();
}

/** Throws a sentence for the person where there is no folder. */
export function openFolder(): Folder {
  const folder = folderInUse();
  if (folder !== null) return folder;
  const virtual = vscode.workspace.workspaceFolders?.[0];
  throw new Error(
    virtual === undefined
      ? "No folder is open, and Belay works in one. Open a folder first (File > Open Folder)."
      : `The folder ${virtual.name} is not on a disk (${virtual.uri.scheme}), and Belay runs commands in its folder. Open a local copy.`,
  );
}

/** Why the server must not be started in this window; null when it may. */
export function whyNoServer(): string | null {
  if (vscode.workspace.isTrusted) return null;
  return "This workspace is not trusted, so Belay does not start in it. Trust it with Workspaces: Manage Workspace Trust.";
}
