// What the editor calls files: the server says where they really are, the editor goes by the folder that was opened.
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import * as vscode from "vscode";
import { findFolder } from "../workspace.ts";

/** Of texts that a merge would make: nothing in one can be kept or undone. */
export const MERGE_SCHEME = "belay-merge";

/** Asked once a folder: a list may have a thousand files. */
let known: { cwd: string; real: string } | null = null;

export function fileAt(path: string): vscode.Uri {
  const folder = findFolder();
  if (folder === null) return vscode.Uri.file(path);
  const real = realFolder(folder.cwd);
  const way = relative(real, path);
  const isInside = real !== folder.cwd && !way.startsWith("..") && way !== path;
  return vscode.Uri.file(isInside ? join(folder.cwd, way) : path);
}

function realFolder(cwd: string): string {
  if (known?.cwd === cwd) return known.real;
  try {
    known = { cwd, real: realpathSync.native(cwd) };
    return known.real;
  } catch {
    // The folder is gone for now: its name is as good as any.
    return cwd;
  }
}
