// The provider's API key: asked for once, kept in VS Code's secret storage, handed to the server when it starts.
import * as vscode from "vscode";
import * as z from "zod";
import type { EditorOptions } from "../server/protocol/editor.ts";
import { userConfig } from "./config.ts";
import type { Ctx } from "./ctx.ts";

const SECRET = "belay.apiKey";
const StoredKey = z.object({ provider: z.string(), key: z.string() });

/** The stored key; undefined without one, and where the system's keyring does not answer. */
export async function readApiKey(
  secrets: vscode.SecretStorage,
  log: vscode.LogOutputChannel,
): Promise<EditorOptions["apiKey"]> {
  try {
    const stored = await secrets.get(SECRET);
    return stored === undefined ? undefined : StoredKey.parse(JSON.parse(stored));
  } catch (error) {
    log.warn(
      "The stored API key cannot be read; Belay goes on without it. Set it again with Belay: Set API Key.",
      error,
    );
    return undefined;
  }
}

export async function setApiKey(ctx: Ctx): Promise<void> {
  const title = "Set API Key";
  const configured = userConfig()["model_provider"];
  const provider = await vscode.window.showInputBox({
    title,
    prompt: "The model provider the key is for, by its name in config.toml",
    value: typeof configured === "string" ? configured : "openai",
    validateInput: (text) => (text.trim() === "" ? "Name a provider." : null),
    ignoreFocusOut: true,
  });
  if (provider === undefined) return;
  const key = await vscode.window.showInputBox({
    title,
    prompt: `The API key for ${provider}. Kept in VS Code's secret storage; leave it empty to remove the stored one`,
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  if (key.trim() === "") await ctx.extension.secrets.delete(SECRET);
  else await ctx.extension.secrets.store(SECRET, JSON.stringify({ provider: provider.trim(), key: key.trim() }));
  await ctx.server.restart();
}
