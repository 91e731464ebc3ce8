// `belay.fix`: starts a thread that fixes a problem and shows it. The change itself comes later, through approval.
import * as vscode from "vscode";
import { FIX_COMMAND, FixArguments } from "../server/protocol/editor.ts";
import type { RunningCtx } from "./ctx.ts";

/** `given`: what the code action `Fix with Belay` hands over; undefined from the palette. */
export async function fix(ctx: RunningCtx, given: unknown): Promise<void> {
  const fixArguments = given === undefined ? await problemAtCursor() : FixArguments.parse(given);
  if (fixArguments === null) {
    void vscode.window.showInformationMessage("There is no problem at the cursor that Belay could fix.");
    return;
  }
  const { threadId } = await ctx.turns.startInNewThread(ctx.client, fixArguments.prompt);
  ctx.panel.tell("host/showThread", { threadId });
  await ctx.panel.reveal();
}

/** The server words the prompt, so that the palette and the light bulb ask for the same. */
async function problemAtCursor(): Promise<FixArguments | null> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return null;
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    editor.document.uri,
    editor.selection,
    vscode.CodeActionKind.QuickFix.value,
  );
  const ours = actions.map(({ command }) => command).find((command) => command?.command === FIX_COMMAND);
  return FixArguments.safeParse(ours?.arguments?.[0]).data ?? null;
}
