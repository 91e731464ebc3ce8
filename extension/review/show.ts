// Shows what is to review in VS Code's own diff editors.
import { basename } from "node:path";
import * as vscode from "vscode";
import { nothingAt, sideOf } from "./texts.ts";
import type { ReviewedFile } from "./review-list.ts";

const ALL_TITLE = "Belay: Changes to Review";

type Sides = { left: vscode.Uri; right: vscode.Uri };

/** All files in one editor; what is no text only stands in the source control view. */
export async function showAll(files: readonly ReviewedFile[]): Promise<void> {
  const texts = files.filter(({ isText }) => isText);
  if (texts.length === 0) {
    await vscode.commands.executeCommand("workbench.view.scm");
    return;
  }
  const resources = texts.map((file) => {
    const { left, right } = sidesOf(file);
    // A side that is not there is left out, so that VS Code says "added" and "deleted".
    return [file.uri, file.kind === "add" ? undefined : left, file.kind === "delete" ? undefined : right];
  });
  // VS Code adds how many files there are.
  await vscode.commands.executeCommand("vscode.changes", ALL_TITLE, resources);
}

/** The diff of one file; what is no text is only opened. `line` zero-based, of the right side. */
export async function showDiff(file: ReviewedFile, line?: number): Promise<void> {
  if (!file.isText) {
    if (file.kind !== "delete") await vscode.commands.executeCommand("vscode.open", file.uri);
    else throw new Error(`${basename(file.path)} was deleted and is no text, so there is nothing to show.`);
    return;
  }
  const { left, right } = sidesOf(file);
  const words = file.state === "proposed" ? "proposed by Belay" : "before Belay ↔ now";
  const selection = line === undefined ? {} : { selection: new vscode.Range(line, 0, line, 0) };
  await vscode.commands.executeCommand("vscode.diff", left, right, `${basename(file.path)} (${words})`, {
    preview: true,
    ...selection,
  });
}

/** A change where it is; what only a diff can show, in one. */
export async function showAt(file: ReviewedFile, line: number): Promise<void> {
  if (file.kind === "delete" || file.state === "proposed" || !file.isText) {
    await showDiff(file, line);
    return;
  }
  const selection = new vscode.Range(line, 0, line, 0);
  const editor = await vscode.window.showTextDocument(file.uri, { selection, preview: true });
  editor.revealRange(selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** The right sides of one diff: each in an editor of its own, or all in one with this title. */
export interface ShownTexts {
  readonly texts: readonly vscode.Uri[];
  readonly title: string;
}

export function shows({ input, label }: vscode.Tab, { texts, title }: ShownTexts): boolean {
  // VS Code does not say what an editor of several files shows, and adds to its title how many there are.
  if (!(input instanceof vscode.TabInputTextDiff)) return label.startsWith(`${title} (`);
  return texts.some((uri) => uri.toString() === input.modified.toString());
}

export function tabsOf(shown: ShownTexts): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => shows(tab, shown));
}

export async function closeDiffsOf(shown: ShownTexts): Promise<void> {
  const tabs = tabsOf(shown);
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs);
}

/** Closes the diff of all files: when nothing waits any more it shows what is no change. */
export async function closeAll(): Promise<void> {
  const tabs = tabsOf({ title: ALL_TITLE, texts: [] }).filter(({ isDirty }) => !isDirty);
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs);
}

function sidesOf(file: ReviewedFile): Sides {
  const nothing = nothingAt(file.uri);
  if (file.state === "proposed") {
    return {
      left: file.kind === "add" ? nothing : file.uri,
      right: file.kind === "delete" ? nothing : sideOf(file.uri, "proposed"),
    };
  }
  return { left: sideOf(file.uri, "baseline"), right: file.kind === "delete" ? nothing : file.uri };
}
