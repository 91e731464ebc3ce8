// The folder threads run in, and the sentences for windows in which Belay cannot work.
import * as vscode from "vscode";

export interface Folder {
  name: string;
  cwd: string;
}

/** The first local folder of the window; null when there is none. */
export function findFolder(): Folder | null {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
  return folder === undefined ? null : { name: folder.name, cwd: folder.uri.fsPath };
}

/** Throws a sentence for the person where there is no folder. */
export function openFolder(): Folder {
  const folder = findFolder();
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
