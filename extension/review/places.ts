// What the editor calls files: the server says where they really are, the editor goes by the folders that were opened.
import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import * as vscode from "vscode";
import { localFolders } from "../workspace.ts";

/** Of texts that a merge would make: nothing in one can be kept or undone. */
export const MERGE_SCHEME = "belay-merge";

/** Asked once a folder: a list may have a thousand files. */
const realOf = new Map<string, string>();

export function fileAt(path: string): vscode.Uri {
  for (const { cwd } of localFolders()) {
    const real = realFolder(cwd);
    const way = relative(real, path);
    if (real !== cwd && !way.startsWith("..") && way !== path) return vscode.Uri.file(join(cwd, way));
  }
  return vscode.Uri.file(path);
}

function realFolder(cwd: string): string {
  const known = realOf.get(cwd);
  if (known !== undefined) return known;
  try {
    const real = realpathSync.native(cwd);
    realOf.set(cwd, real);
    return real;
  } catch {
    // The folder is gone for now: its name is as good as any.
    return cwd;
  }
}
