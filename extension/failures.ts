// Tells a person what went wrong: a sentence, and a way on. The same failure told twice shows as one message.
import * as vscode from "vscode";
import { type ServerProcess, ServerUnavailable } from "./server/server-process.ts";

export interface FailureContext {
  readonly server: ServerProcess;
  readonly log: vscode.LogOutputChannel;
}

const RESTART = "Restart";
const SHOW_LOG = "Show Log";

/** Does not wait for the person: the message stays until it is read. */
export function showFailure({ server, log }: FailureContext, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  // VS Code replaces a message by an equal one, buttons included: so a dead server has the same ones everywhere.
  const isServerDown = error instanceof ServerUnavailable && server.state.kind === "failed";
  const choices = isServerDown ? [RESTART, SHOW_LOG] : [SHOW_LOG];
  void vscode.window.showErrorMessage(reason, ...choices).then((choice) => {
    if (choice === SHOW_LOG) log.show();
    if (choice === RESTART) void vscode.commands.executeCommand("belay.restartServer");
  });
}
