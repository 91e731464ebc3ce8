// (command, resolved policy) -> the argv of macOS's own sandbox that enforces it. Pure. What it writes has never met a
// Mac: it follows what is documented and what others report of the profile language.
import { basename, dirname } from "node:path";
import { isInside } from "../util/inside.ts";
import { withoutLoaderVariables } from "./environment.ts";
import type { Command, Program } from "./linux.ts";
import type { RestrictedPolicy } from "./policy.ts";

export const seatbeltHelper = "/usr/bin/sandbox-exec";

// An inherited descriptor is a way past every rule. The bash of macOS cannot close one by a number in a variable.
const closeAndExec = [
  "/bin/bash",
  "-p",
  "-c",
  'for ((fd = 3; fd < 256; fd++)); do eval "exec $fd>&-"; done; ulimit -c 0; exec -- "$@"',
  "belay",
];

/** `policy.privateTmp` is the command's $TMPDIR; nothing can stand in for /tmp itself here. */
export function macosSandbox(command: Command, policy: RestrictedPolicy): Program {
  const parameters = parametersOf(policy);
  const definitions = Object.entries(parameters).flatMap(([name, paths]) =>
    paths.map((path, index) => `-D${name}_${index}=${path}`),
  );
  const tmp = policy.privateTmp;
  return {
    file: seatbeltHelper,
    args: ["-p", seatbeltProfile(policy), ...definitions, "--", ...closeAndExec, ...command.argv],
    cwd: command.cwd,
    env: { ...withoutLoaderVariables(command.env), ...(tmp === null ? {} : { TMPDIR: tmp, TMP: tmp, TEMP: tmp }) },
  };
}

/** Later rules win over earlier ones. What no rule allows is denied: Apple events and most services among it. */
export function seatbeltProfile(policy: RestrictedPolicy): string {
  const { WRITABLE, PROTECTED, PINNED, DENIED } = parametersOf(policy);
  const lines = [
    ...base,
    ...rule("allow file-write*", subpaths("WRITABLE", WRITABLE)),
    ...rule("deny file-write*", [...subpaths("PROTECTED", PROTECTED), ...PROTECTED.map(anyCase)]),
    // A folder that is moved away takes along what lies in it, and another can be put in its place.
    ...rule("deny file-write-unlink", parameterNames("PINNED", PINNED).map(literal)),
    ...rule("deny file-read* file-write*", subpaths("DENIED", DENIED)),
    ...(policy.networkAccess ? network : []),
  ];
  return `${lines.join("\n")}\n`;
}

const base = [
  "(version 1)",
  "(deny default)",
  "(allow process-exec process-fork)",
  "(allow signal process-info* (target same-sandbox))",
  "(allow sysctl-read)",
  "(allow pseudo-tty)",
  "(allow ipc-posix-sem)",
  '(allow ipc-posix-shm-read* (ipc-posix-name "apple.shm.notification_center"))',
  "(allow mach-lookup",
  '  (global-name "com.apple.bsd.dirhelper")',
  '  (global-name "com.apple.system.logger")',
  '  (global-name "com.apple.system.notification_center")',
  '  (global-name "com.apple.system.opendirectoryd.libinfo")',
  '  (global-name "com.apple.system.opendirectoryd.membership"))',
  "(allow file-read*)",
  "(allow file-write* file-ioctl",
  '  (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/ptmx") (literal "/dev/dtracehelper")',
  '  (regex #"^/dev/ttys[0-9]+$"))',
];

// Not to sockets in the file system, behind which services of the host listen; names are looked up through one of them.
const network = [
  "(allow network-outbound network-inbound network-bind (local ip) (remote ip))",
  "(allow system-socket)",
  '(allow network-outbound (literal "/private/var/run/mDNSResponder"))',
  "(allow mach-lookup",
  '  (global-name "com.apple.SystemConfiguration.DNSConfiguration")',
  '  (global-name "com.apple.SystemConfiguration.configd")',
  '  (global-name "com.apple.networkd")',
  '  (global-name "com.apple.trustd.agent"))',
];

function parametersOf(policy: RestrictedPolicy) {
  const tmp = policy.privateTmp === null ? [] : [policy.privateTmp];
  const guarded = [...policy.protectedPaths, ...policy.placeholders].sort();
  return {
    WRITABLE: [...policy.writableRoots, ...tmp],
    PROTECTED: guarded,
    PINNED: pinned(policy.writableRoots, [...guarded, ...policy.deniedPaths.map(({ path }) => path)]),
    DENIED: policy.deniedPaths.map(({ path }) => path),
  };
}

/** The roots, what is guarded in them, and every folder on the way. */
function pinned(roots: readonly string[], guarded: readonly string[]): string[] {
  const found = new Set(roots);
  for (const path of [...roots, ...guarded]) {
    const root = roots.find((each) => isInside(each, path));
    if (root === undefined) continue;
    for (let at = path; at !== root; at = dirname(at)) found.add(at);
  }
  return [...found].sort();
}

function rule(what: string, filters: readonly string[]): string[] {
  return filters.length === 0 ? [] : [`(${what}`, ...filters.map((filter) => `  ${filter}`), ")"];
}

function subpaths(name: string, paths: readonly string[]): string[] {
  return parameterNames(name, paths).map((each) => `(subpath (param "${each}"))`);
}

function parameterNames(name: string, paths: readonly string[]): string[] {
  return paths.map((_, index) => `${name}_${index}`);
}

function literal(name: string): string {
  return `(literal (param "${name}"))`;
}

/** Most Macs take .GIT for .git, also where neither exists yet. What is not plain in a path matches any character. */
function anyCase(path: string): string {
  const plain = (text: string) => text.replaceAll(/[^\w/-]/g, (character) => (character === "." ? "[.]" : "."));
  const name = plain(basename(path)).replaceAll(
    /[a-z]/gi,
    (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`,
  );
  return `(regex #"^${plain(dirname(path))}/${name}(/|$)")`;
}
