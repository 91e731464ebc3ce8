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

/**
 * VS Code makes proxies and certificates work inside the extension host only. The server is a program of its own and
 * has to be told. `knownFlags`: what this Node understands (`process.allowedNodeEnvironmentFlags`); older ones lack these.
 */
export function launchOf(module: string, network: NetworkSettings, knownFlags: ReadonlySet<string>): Launch {
  const env: Record<string, string> = {};
  const variables = { http_proxy: network.proxy, https_proxy: network.proxy, no_proxy: network.noProxy.join(",") };
  for (const [name, value] of Object.entries(variables)) {
    // Both spellings: programs differ in which of the two they prefer.
    if (value !== "") Object.assign(env, { [name]: value, [name.toUpperCase()]: value });
  }
  const wanted = ["--use-env-proxy", ...(network.usesSystemCertificates ? ["--use-system-ca"] : [])];
  return { module, args: ["editor"], execArgv: wanted.filter((flag) => knownFlags.has(flag)), env };
}
