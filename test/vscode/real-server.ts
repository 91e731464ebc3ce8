// The extension with the real server, whose model plays written scenes.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs } from "../support/vscode/deadline.ts";
import { belay, theExtension } from "./belay.ts";

export interface Scene {
  prompt: string;
  steps: { text?: string; calls?: { name: string; arguments?: object; input?: string[] }[] }[];
}

/** Nothing needs approval. `config`: more lines of config.toml, before its tables. */
export async function withRealServer(
  scenes: readonly Scene[],
  body: (api: TestApi) => Promise<void>,
  config: readonly string[] = [],
): Promise<void> {
  const home = process.env["BELAY_HOME"];
  assert.ok(home, "the tests need a BELAY_HOME of their own");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const script = join(home, "scenes.json");
  writeFileSync(script, JSON.stringify({ name: "scenes", scenes }));
  const file = join(home, "config.toml");
  const lines = ['model_provider = "scripted"', 'approval_policy = "never"', 'sandbox_mode = "danger-full-access"'];
  const provider = ["[model_providers.scripted]", `script = ${JSON.stringify(script)}`, ""];
  writeFileSync(file, [...lines, ...config, ...provider].join("\n"));
  const api = await belay();
  try {
    await api.useServer({
      module: join(theExtension().extensionPath, "dist", "belay.mjs"),
      startTimeoutMs: patienceMs,
    });
    await body(api);
  } finally {
    await api.ctx.server.stop();
    rmSync(file);
  }
}
