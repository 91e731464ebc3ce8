// Which hosts a command talks to, as far as its line and its failures tell. For the question to a person: the sandbox
// switches the network on or off, and cannot limit it to a host. Pure.

/** Where programs go that are not told where to go. */
const homes: Readonly<Record<string, readonly string[]>> = {
  npm: ["registry.npmjs.org"],
  npx: ["registry.npmjs.org"],
  pnpm: ["registry.npmjs.org"],
  yarn: ["registry.yarnpkg.com"],
  bun: ["registry.npmjs.org"],
  pip: ["pypi.org", "files.pythonhosted.org"],
  pip3: ["pypi.org", "files.pythonhosted.org"],
  uv: ["pypi.org", "files.pythonhosted.org"],
  poetry: ["pypi.org", "files.pythonhosted.org"],
  cargo: ["index.crates.io", "static.crates.io"],
  go: ["proxy.golang.org", "sum.golang.org"],
  gem: ["rubygems.org"],
  bundle: ["rubygems.org"],
  gh: ["api.github.com"],
  rustup: ["static.rust-lang.org"],
  mvn: ["repo.maven.apache.org"],
  composer: ["repo.packagist.org"],
};

const MAX_HOSTS = 8;
const hostName = String.raw`[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*`;
const url = new RegExp(
  String.raw`\b(?:https?|wss?|ftps?|git|ssh)://(?:[^\s/@'"]*@)?(${hostName}|\[[0-9a-f:.]+\])`,
  "gi",
);
const scpLike = new RegExp(String.raw`(?:^|[\s'"])[\w.-]+@(${hostName}):`, "gi");

/** What programs say when they are kept from the network, with the host in it where they name it. */
const complaints = [
  new RegExp(
    String.raw`(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)[ :]+(${hostName})`,
    "gi",
  ),
  new RegExp(String.raw`could ?n[o']t resolve (?:host(?:name)?|proxy)?:?\s*['"]?(${hostName})`, "gi"),
  new RegExp(
    String.raw`(?:failed to (?:resolve|lookup)|unable to resolve|error resolving|lookup)\s+(?:host(?:name)?\s+)?(?:address )?['"]?(${hostName})`,
    "gi",
  ),
  new RegExp(String.raw`unable to access ['"]https?://(?:[^/@'"]*@)?(${hostName})`, "gi"),
  new RegExp(String.raw`host='(${hostName})'`, "gi"),
  new RegExp(String.raw`connect to (${hostName}) port \d+`, "gi"),
  new RegExp(String.raw`ssh: Could not resolve hostname (${hostName})`, "gi"),
];
const kept =
  /EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|network is unreachable|could ?n[o']t resolve|name ?resolution|temporary failure in name|failed to (?:resolve|lookup)|no route to host|network is down|getaddrinfo/i;

/** Whether the output of a command reads as if it was kept from the network. */
export function wantedNetwork(output: string): boolean {
  return kept.test(output);
}

/** Hosts that the command line names or that its programs are known to use; lower case, each once. */
export function hostsOfScript(script: string): string[] {
  const named = [...found(script, [url, scpLike])];
  const known =
    named.length > 0
      ? []
      : script.split(/[\s;&|()]+/).flatMap((word) => (Object.hasOwn(homes, word) ? (homes[word] ?? []) : []));
  return some([...named, ...known]);
}

/** Hosts that the output of a failed command complains about. */
export function hostsOfOutput(output: string): string[] {
  return some(found(output, complaints)).filter((host) => host.includes("."));
}

function found(text: string, patterns: readonly RegExp[]): string[] {
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, host = ""]) => host.toLowerCase()));
}

function some(hosts: readonly string[]): string[] {
  return [...new Set(hosts)].slice(0, MAX_HOSTS);
}
