// What Belay keeps so that changes can be undone: how much disk that takes, and forgetting it.
import * as vscode from "vscode";
import type { RunningCtx } from "../ctx.ts";
import { findFolder } from "../workspace.ts";
import { sizeWords } from "./words.ts";

export async function clearCheckpoints({ client, review }: RunningCtx): Promise<void> {
  const { bytes, maxBytes } = await client.request("belay/journal/read", {});
  if (bytes === 0) {
    void vscode.window.showInformationMessage("Belay keeps no checkpoints yet, so there is nothing to clear.");
    return;
  }
  const folder = findFolder();
  const ofFolder = `Clear for ${folder?.name ?? ""}`;
  const ofAll = "Clear for All Folders";
  const choice = await vscode.window.showWarningMessage(
    `Belay's checkpoints take ${sizeWords(bytes)} of at most ${sizeWords(maxBytes)}. Clear them?`,
    {
      modal: true,
      detail:
        "What Belay changed so far can then not be undone any more, and what waits for review counts as kept. Files stay as they are.",
    },
    ...(folder === null ? [ofAll] : [ofFolder, ofAll]),
  );
  if (choice === undefined) return;
  const cwd = choice === ofFolder ? (folder?.cwd ?? null) : null;
  const { freedBytes } = await client.request("belay/journal/clear", { cwd });
  void vscode.window.showInformationMessage(`Belay's checkpoints are cleared; that freed ${sizeWords(freedBytes)}.`);
  await review.list.refresh();
}
