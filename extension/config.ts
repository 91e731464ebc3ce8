// The settings table: VS Code settings and the configuration keys of the server they stand for. Secrets are not settings.
import * as vscode from "vscode";

/** One row a setting; package.json has the same ones, with their words. `key` null: the server does not know of it. */
export const settings = [
  { setting: "belay.model", key: "model" },
  { setting: "belay.modelProvider", key: "model_provider" },
  { setting: "belay.approvalPolicy", key: "approval_policy" },
  { setting: "belay.sandboxMode", key: "sandbox_mode" },
  { setting: "belay.edits", key: "edits" },
  { setting: "belay.terminals", key: null },
] as const satisfies readonly { setting: `belay.${string}`; key: string | null }[];

/** What the user set, by the server's keys. What nobody set is left out: config.toml decides it. */
export function userConfig(): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration();
  const set = settings.flatMap(({ setting, key }) => {
    const value = configuration.get<unknown>(setting);
    // Null is the default of every setting of the server and says "not set".
    return key === null || value === null || value === undefined || value === "" ? [] : [[key, value] as const];
  });
  return Object.fromEntries(set);
}

/** Whether the terminal of a running command opens by itself. */
export function opensTerminals(): boolean {
  return vscode.workspace.getConfiguration().get<string>("belay.terminals") !== "onDemand";
}

/** Tells when one of the server's changed. */
export function onConfigChanged(changed: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (settings.some(({ setting, key }) => key !== null && event.affectsConfiguration(setting))) changed();
  });
}
