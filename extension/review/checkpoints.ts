// What Belay keeps so that changes can be undone: how much disk that takes, and forgetting it.
import * as vscode from "vscode";
import type { RunningCtx } from "../ctx.ts";
import { localFolders } from "../workspace.ts";
import { sizeWords } from "./words.ts";

export async function clearCheckpoints({ client, review }: RunningCtx): Promise<void> {
  const { bytes, maxBytes } = await client.request("belay/journal/read", {});
  if (bytes === 0) {
    void vscode.window.showInformationMessage("Belay keeps no checkpoints yet, so there is nothing to clear.");
    return;
  }
  const folders = localFolders();
  const [only] = folders;
  const ofWindow =
    folders.length > 1 ? `Clear for the ${folders.length} Open Folders` : `Clear for ${only?.name ?? ""}`;
  const ofAll = "Clear for All Folders";
  const choice = await vscode.window.showWarningMessage(
    `Belay's checkpoints take ${sizeWords(bytes)} of at most ${sizeWords(maxBytes)}. Clear them?`,
    {
      modal: true,
      detail:
        "What Belay changed so far can then not be undone any more, and what waits for review counts as kept. Files stay as they are.",
    },
    ...(only === undefined ? [ofAll] : [ofWindow, ofAll]),
  );
  if (choice === undefined) return;
  const cleared = choice === ofWindow ? folders.map(({ cwd }) => cwd) : [null];
  let freedBytes = 0;
  for (const cwd of cleared) freedBytes += (await client.request("belay/journal/clear", { cwd })).freedBytes;
  void vscode.window.showInformationMessage(`Belay's checkpoints are cleared; that freed ${sizeWords(freedBytes)}.`);
  await review.list.refresh();
}
