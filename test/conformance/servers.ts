// The two servers that are compared, each with a home and a workspace of its own and the same scripted model.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ensureNativeCodex, nativeHome } from "../support/native-codex.ts";
import type { ResponsesApi } from "../support/responses-api.ts";
import { compileCache, root } from "../support/test-server.ts";
import { Peer } from "./peer.ts";

export type ServerName = "ours" | "native";

/** Where one server lives. Several processes may be started in it, one after the other or side by side. */
export interface Place extends Disposable {
  readonly home: string;
  readonly workspace: string;
  start(): Peer;
}

export interface PlaceOptions {
  /** Files of the workspace. */
  readonly files?: Readonly<Record<string, string>>;
  /** More lines for config.toml, before the tables. */
  readonly config?: string;
  /** Configuration by `-c`, such as "features.x=true". */
  readonly overrides?: readonly string[];
}

export async function place(name: ServerName, api: ResponsesApi, options: PlaceOptions = {}): Promise<Place> {
  // Not in /tmp, which is writable, and so another case, under the sandbox of both.
  const base = mkdtempSync(join(homedir(), ".belay-conformance-"));
  const [home, workspace] = [join(base, "home"), join(base, "workspace")];
  for (const [file, text] of Object.entries({ "README.md": "# A project\n", ...options.files })) {
    mkdirSync(join(workspace, file, ".."), { recursive: true });
    writeFileSync(join(workspace, file), text);
  }
  const { overrides = [] } = options;
  const { argv, env } = await launcher[name](home, api.url, options.config ?? "");
  const { BELAY_HOME: _, CODEX_HOME: __, OPENAI_API_KEY: ___, ...inherited } = process.env;
  return {
    home,
    workspace,
    start: () =>
      new Peer({
        argv: [...argv, ...overrides.flatMap((one) => ["-c", one])],
        cwd: workspace,
        // The original runs commands in a login shell: what a person's profile does is no part of the comparison.
        env: { ...inherited, HOME: base, ...env },
      }),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }),
  };
}

type Launcher = (
  home: string,
  baseUrl: string,
  config: string,
) => Promise<{ argv: string[]; env: Record<string, string> }>;

const launcher: Record<ServerName, Launcher> = {
  async ours(home, baseUrl, config) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "config.toml"), ourConfig(baseUrl, config));
    return {
      argv: [process.execPath, join(root, "server/main.ts"), "app-server"],
      env: { BELAY_HOME: home, NODE_COMPILE_CACHE: compileCache },
    };
  },
  async native(home, baseUrl, config) {
    const { binary } = await ensureNativeCodex();
    return { argv: [binary, "app-server"], env: nativeHome(home, { baseUrl, config }) };
  },
};

// The names are those that the original's home uses, so that answers which carry them have the same words.
function ourConfig(baseUrl: string, config: string): string {
  return `model = "gpt-5.5"
model_provider = "mock"
${config}

[model_providers.mock]
name = "mock"
base_url = ${JSON.stringify(baseUrl)}
request_max_retries = 0
stream_max_retries = 0
`;
}
