// What the server answers when changes are to be kept or undone, told to a person. Nothing of it is passed over in
// silence, and a merge is written only when the person has seen it.
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import type { RestoredFile, RestoreResponse } from "../../server/protocol/review.ts";
import { fileAt } from "./places.ts";
import type { Review } from "./review.ts";
import { showDiff } from "./show.ts";
import { conflictTitle, doneWords, mergeQuestion, reasonWords, type Verb } from "./words.ts";

const SAID_FOR_MS = 5_000;

/** `ask` is asked again with the person's consent to the merges. True: it is done, or there was nothing to do. */
export async function settle(
  review: Review,
  verb: Verb,
  ask: (consent: { acceptMerges: boolean }) => Promise<RestoreResponse>,
): Promise<boolean> {
  let answer = await ask({ acceptMerges: false });
  // Files can change while the person looks: then there is another merge to look at.
  while (answer.outcome === "needsMerge") {
    if (!(await acceptsMerges(review, verb, answer.files))) return false;
    answer = await ask({ acceptMerges: true });
  }
  switch (answer.outcome) {
    case "done":
      vscode.window.setStatusBarMessage(doneWords(verb, answer.files.length), SAID_FOR_MS);
      if (answer.message !== null) void vscode.window.showWarningMessage(answer.message);
      return true;
    case "nothing":
      void vscode.window.showInformationMessage(answer.message ?? `There is nothing to ${verb}.`);
      return true;
    case "conflict":
      await showConflicts(review, verb, answer);
      return false;
    case "failed":
      throw new Error(answer.message ?? `Belay could not ${verb} this, and changed nothing.`);
    default:
      return answer.outcome satisfies never;
  }
}

function acceptsMerges(review: Review, verb: Verb, files: readonly RestoredFile[]): Promise<boolean> {
  const merged = files.filter(({ outcome }) => outcome === "merged");
  const words = mergeQuestion(
    verb,
    merged.map(({ path }) => basename(path)),
  );
  const sides = merged.map((file) => {
    const now = fileAt(file.path);
    return { now, merge: review.texts.keepMerge(now, file.merged ?? "") };
  });
  return review.merges.ask({ ...words, files: sides });
}

/** Nothing was written; each file that stood in the way can be looked at. */
async function showConflicts(review: Review, verb: Verb, { files, message }: RestoreResponse): Promise<void> {
  const items = files
    .filter(({ outcome }) => outcome === "conflict")
    .map(({ path, reason }) => ({
      label: `$(warning) ${basename(path)}`,
      description: folderOf(fileAt(path)),
      detail: reasonWords(reason),
      uri: fileAt(path),
    }));
  if (items.length === 0) throw new Error(message ?? `Belay could not ${verb} this, and changed nothing.`);
  const picked = await vscode.window.showQuickPick(items, {
    title: conflictTitle(verb, items.length),
    placeHolder: `Select one to see what is there now.${files.length > items.length ? " The other files can be done one by one." : ""}`,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (picked === undefined) return;
  const file = review.list.find(picked.uri);
  if (file === undefined) await vscode.commands.executeCommand("vscode.open", picked.uri);
  else await showDiff(file);
}

/** Empty for a file in the workspace folder itself: its name stands beside this. */
function folderOf(file: vscode.Uri): string {
  const folder = dirname(vscode.workspace.asRelativePath(file));
  return folder === "." ? "" : folder;
}
