// The settings table: VS Code settings and the configuration keys of the server they stand for. Secrets are not settings.
import * as vscode from "vscode";

/** One row a setting; package.json has the same ones, with their words. */
export const settings = [
  { setting: "belay.model", key: "model" },
  { setting: "belay.modelProvider", key: "model_provider" },
  { setting: "belay.approvalPolicy", key: "approval_policy" },
  { setting: "belay.sandboxMode", key: "sandbox_mode" },
] as const satisfies readonly { setting: `belay.${string}`; key: string }[];

/** What the user set, by the server's keys. What nobody set is left out: config.toml decides it. */
export function userConfig(): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration();
  const set = settings.flatMap(({ setting, key }) => {
    const value = configuration.get<unknown>(setting);
    // Null is the default of every setting and says "not set".
    return value === null || value === undefined || value === "" ? [] : [[key, value] as const];
  });
  return Object.fromEntries(set);
}

/** Tells when one of ours changed. */
export function onConfigChanged(changed: () => void): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (settings.some(({ setting }) => event.affectsConfiguration(setting))) changed();
  });
}
