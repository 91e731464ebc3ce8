// The provider's API key: asked for once, kept in VS Code's secret storage, handed to the server when it starts.
import * as vscode from "vscode";
import * as z from "zod";
import type { EditorOptions } from "../server/protocol/editor.ts";
import { userConfig } from "./config.ts";
import type { Ctx } from "./ctx.ts";

const SECRET = "belay.apiKey";
const DEFAULT_PROVIDER = "openai";
const StoredKey = z.object({ provider: z.string(), key: z.string() });

type Window = Pick<typeof vscode.window, "showInputBox"> & { showInformationMessage(sentence: string): unknown };

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

/** Asks for nothing but the key: a box that shows what is typed would be where people paste it. */
export async function setApiKey(ctx: Ctx, window: Window = vscode.window): Promise<void> {
  const provider = await providerInUse(ctx);
  const typed = await window.showInputBox({
    title: `API Key for ${provider}`,
    prompt: "Kept in VS Code's secret storage. Leave it empty to remove the stored key.",
    password: true,
    ignoreFocusOut: true,
  });
  if (typed === undefined) return;
  const key = typed.trim();
  if (key === "") await ctx.extension.secrets.delete(SECRET);
  else await ctx.extension.secrets.store(SECRET, JSON.stringify({ provider, key }));
  window.showInformationMessage(
    key === ""
      ? "The stored API key was removed."
      : `The API key for ${provider} is stored. Belay uses it from now on.`,
  );
  // The server takes the key when it starts, and the panel reads its models again then.
  await ctx.server.restart();
}

/** Whose key is meant: the running server knows, else the settings say. The scripted model has none. */
async function providerInUse({ server, log }: Ctx): Promise<string> {
  const { state } = server;
  if (state.kind !== "running") return configuredProvider();
  try {
    const { data } = await state.client.request("model/list", {});
    const [model] = data;
    return model === undefined || model.scripted ? DEFAULT_PROVIDER : model.modelProvider;
  } catch (error) {
    log.warn("The server does not say which model provider is in use.", error);
    return configuredProvider();
  }
}

function configuredProvider(): string {
  const configured = userConfig()["model_provider"];
  return typeof configured === "string" ? configured : DEFAULT_PROVIDER;
}
