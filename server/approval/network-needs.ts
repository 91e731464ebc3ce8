// Which hosts a command talks to, as far as its line and its failures tell. For the question to a person: the sandbox
// switches the network on or off, and cannot limit it to a host. Pure.

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
];
const kept =
  /EAI_AGAIN|ENOTFOUND|ENETUNREACH|EHOSTUNREACH|network is unreachable|could ?n[o']t resolve|name ?resolution|temporary failure in name|failed to (?:resolve|lookup)|no route to host|network is down|getaddrinfo/i;

/** Whether the output of a command reads as if it was kept from the network. */
export function wantedNetwork(output: string): boolean {
  return kept.test(output);
}

/** Hosts that the command line names; lower case, each once. */
export function hostsOfScript(script: string): string[] {
  return some(found(script, [url, scpLike]));
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
