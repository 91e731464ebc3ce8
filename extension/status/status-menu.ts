// What the status bar item offers while nothing confines commands in a container.
import * as vscode from "vscode";

const choices = [
  {
    label: "$(comment-discussion) Open Belay",
    detail: "Commands that are not provably safe ask first",
    command: "belay.focusComposer",
  },
  {
    label: "$(shield) This container is my sandbox…",
    detail: "Says what that risks before it changes anything",
    command: "belay.trustContainer",
  },
  { label: "$(output) Show Log", detail: "What the probe of the sandbox said", command: "belay.showLog" },
];

export async function showStatusMenu(): Promise<void> {
  const picked = await vscode.window.showQuickPick(choices, { title: "Belay: Sandbox Off" });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command);
}
