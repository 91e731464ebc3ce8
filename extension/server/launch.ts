// How the server is started: program, arguments, environment. Pure; VS Code's settings come in as values.

export interface Launch {
  module: string;
  args: string[];
  execArgv: string[];
  /** On top of the extension host's own environment. */
  env: Record<string, string>;
}

/** VS Code's network settings, as far as a program outside the extension host must be told of them. */
export interface NetworkSettings {
  /** `http.proxy`; empty when not set. */
  proxy: string;
  /** `http.noProxy`. */
  noProxy: readonly string[];
  /** `http.systemCertificates`. */
  usesSystemCertificates: boolean;
}

export interface LaunchFacts {
  /** Absolute path of the server's bundle. */
  module: string;
  /** `vscode.env.appRoot`: the server finds VS Code's own terminals below it. */
  editorRoot: string;
  network: NetworkSettings;
  /** What this Node understands (`process.allowedNodeEnvironmentFlags`); older ones lack these. */
  knownFlags: ReadonlySet<string>;
}

/**
 * VS Code makes proxies and certificates work inside the extension host only. The server is a program of its own and
 * has to be told.
 */
export function launchOf({ module, editorRoot, network, knownFlags }: LaunchFacts): Launch {
  const env: Record<string, string> = { BELAY_VSCODE_APP_ROOT: editorRoot };
  const variables = { http_proxy: network.proxy, https_proxy: network.proxy, no_proxy: network.noProxy.join(",") };
  for (const [name, value] of Object.entries(variables)) {
    // Both spellings: programs differ in which of the two they prefer.
    if (value !== "") Object.assign(env, { [name]: value, [name.toUpperCase()]: value });
  }
  const wanted = ["--use-env-proxy", ...(network.usesSystemCertificates ? ["--use-system-ca"] : [])];
  return { module, args: ["editor"], execArgv: wanted.filter((flag) => knownFlags.has(flag)), env };
}
