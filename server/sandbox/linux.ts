// (command, resolved policy) -> the bubblewrap argv that enforces it. Pure, and holds no state.
import { join } from "node:path";
import { cleanPath, withoutLoaderVariables } from "./environment.ts";
import { isInside } from "../util/inside.ts";
import type { DeniedPath, RestrictedPolicy } from "./policy.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Already filtered by `commandEnvironment`, with what the user or the model added for this command. */
  readonly env: Readonly<Record<string, string>>;
  /** It gets a terminal of its own, made for it alone. */
  readonly terminal?: boolean;
}

/** What to start. `cwd` is where the program itself is started, not what the command inside sees. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its namespace of processes ends with it, and it with us. */
  readonly leavesNothing?: boolean;
}

// --disable-userns: no nested user namespace, in which the mounts below could be undone.
const isolation = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup-try",
  "--disable-userns",
  "--die-with-parent",
  "--cap-drop",
  "ALL",
];

// No controlling terminal, so nothing can be typed into the user's. A terminal made for the command is nobody else's.
const noTerminal = ["--new-session"];

// A terminal passes on three descriptors and no more, so the helper gets its others here, however it is started. They
// are opened by name: a filter that cannot be read ends the start, and nothing is run without.
const withFiles = 'exec 3<"$1" 4>"$2" && shift 2 && exec "$@"';
const filterDescriptor = "3";

// ^C in a terminal goes to the helper as well, which must outlive it; what it runs takes it as usual.
const deafToKeys = "trap '' INT QUIT TSTP; ";
const hearKeys = ["/usr/bin/env", "--default-signal=INT,QUIT,TSTP", "--"];

// The root is bound with all its submounts, so everything that follows is a change to a read-only system.
// /proc/sys belongs to uid 0, and its files ask for the owner and not for a capability: as root it must be read-only.
const base = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"];

// An inherited descriptor is a way past every mount. Bash, because dash cannot close a descriptor above 9;
// -p, so that it reads no start-up file and imports no function. The command arrives as arguments, never as text.
// Descriptor 4 is told that everything stands and the command comes next, as long as nobody else can write to it.
const reportAndExec = [
  "/bin/bash",
  "-p",
  "-c",
  `echo >&4 || exit; for BELAY_FD in /proc/self/fd/*; do BELAY_FD=\${BELAY_FD##*/}; ` +
    '[ "$BELAY_FD" -gt 2 ] && exec {BELAY_FD}>&-; done; unset BELAY_FD; ulimit -c 0; exec -- "$@"',
  "belay",
];

const temporary = { TMPDIR: "/tmp", TMP: "/tmp", TEMP: "/tmp" };

/** What the helper is started with besides its argv. */
export interface LinuxLaunch {
  readonly helper: string;
  /** The file with the seccomp filter. */
  readonly filter: string;
  /** A file that is made, and no longer empty once the command is reached: see `LaunchReport`. */
  readonly report: string;
}

export function linuxSandbox(command: Command, policy: RestrictedPolicy, launch: LinuxLaunch): Program {
  const terminal = command.terminal ?? false;
  return {
    file: "/bin/sh",
    args: [
      ...["-c", (terminal ? deafToKeys : "") + withFiles, "belay", launch.filter, launch.report],
      launch.helper,
      ...isolation,
      ...(terminal ? [] : noTerminal),
      ...(policy.networkAccess ? [] : ["--unshare-net"]),
      ...base,
      ...(policy.privateTmp === null ? ["--perms", "1777", "--tmpfs", "/tmp"] : ["--bind", policy.privateTmp, "/tmp"]),
      // Order matters from here on: a later mount covers an earlier one.
      ...policy.visibleInTmp.flatMap((path) => ["--ro-bind", path, path]),
      // A mount point cannot be renamed, which is what a pinned path is about. Parents sort before their children.
      ...[...policy.writableRoots, ...policy.pinnedPaths].sort().flatMap((path) => ["--bind", path, path]),
      ...[...policy.protectedPaths, ...policy.placeholders].flatMap((path) => ["--ro-bind", path, path]),
      ...policy.deniedPaths.flatMap(deny),
      ...["--chdir", command.cwd],
      ...["--seccomp", filterDescriptor],
      "--",
      ...reportAndExec,
      ...(terminal ? hearKeys : []),
      ...command.argv,
    ],
    cwd: "/",
    // npm must write to its cache, which otherwise lies in the home; other tools only read theirs.
    env: { npm_config_cache: "/tmp/npm-cache", ...withoutLoaderVariables(command.env), ...temporary },
    leavesNothing: true,
  };
}

/**
 * The helper to use, or null. `/usr/bin/bwrap` first, whatever PATH says: Ubuntu's AppArmor profile allows that path
 * only. `executable` gives the real path of an executable file, or null.
 */
export function findHelper(facts: {
  readonly path: string;
  readonly roots: readonly string[];
  readonly executable: (path: string) => string | null;
}): string | null {
  const onPath = cleanPath(facts.path, facts.roots)
    .split(":")
    .map((directory) => join(directory, "bwrap"));
  const found = ["/usr/bin/bwrap", ...onPath].find((candidate) => {
    const real = facts.executable(candidate);
    return real !== null && !facts.roots.some((root) => isInside(root, real));
  });
  return found ?? null;
}

// A denied file reads as empty, not as an error: several package managers die on a configuration file that exists and
// cannot be opened. A denied directory is an error, because only a tool that wants credentials opens it.
function deny({ path, kind }: DeniedPath): string[] {
  return kind === "directory"
    ? ["--perms", "0000", "--tmpfs", path, "--remount-ro", path]
    : ["--dev-bind", "/dev/null", path];
}
